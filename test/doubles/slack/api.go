package slack

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// apiError is an answer with "ok": false.
type apiError struct {
	Code     string
	Messages []string // response_metadata.messages
	Needed   string   // the scope that is missing
	Provided string   // the scopes that are there
	Outcome  string   // counted in place of Code
}

// result is what a method adds to "ok": true.
type result map[string]any

// method is one call of the Web API.
type method struct {
	args    []string // the arguments that it knows
	post    bool     // it is no read: GET is refused
	perform func(s *Server, caller installation, args arguments) (result, *apiError)
}

var methods = map[string]method{
	"auth.test":           {perform: (*Server).authTest},
	"chat.postMessage":    {args: postArguments, post: true, perform: (*Server).chatPostMessage},
	"chat.update":         {args: updateArguments, post: true, perform: (*Server).chatUpdate},
	"users.info":          {args: []string{"user", "include_locale"}, perform: (*Server).usersInfo},
	"users.lookupByEmail": {args: []string{"email"}, perform: (*Server).usersLookupByEmail},
	"views.open":          {args: []string{"trigger_id", "view"}, post: true, perform: (*Server).viewsOpen},
	"views.push":          {args: []string{"trigger_id", "view"}, post: true, perform: (*Server).viewsPush},
	"views.update":        {args: []string{"view_id", "external_id", "hash", "view"}, post: true, perform: (*Server).viewsUpdate},
}

// installation is who calls: the workspaces that the token works for.
type installation []Workspace

func (i installation) covers(teamID string) bool {
	return slices.ContainsFunc(i, func(w Workspace) bool { return w.TeamID == teamID })
}

func (s *Server) serveMethod(w http.ResponseWriter, r *http.Request, name string) {
	m, known := methods[name]
	if !known {
		s.log.Add("unknown method", "unknown_method")
		writeError(w, &apiError{Code: "unknown_method"})
		return
	}
	outcome := s.faults.Serve(w, r, name, apiWording{}, func(w http.ResponseWriter, r *http.Request) string {
		answer, failure := s.call(r, m)
		if failure != nil {
			writeError(w, failure)
			return cmp.Or(failure.Outcome, failure.Code)
		}
		answer["ok"] = true
		warnAboutCharset(r, answer)
		writeJSON(w, http.StatusOK, answer)
		return "ok"
	})
	s.log.Add(name, outcome)
}

func (s *Server) call(r *http.Request, m method) (result, *apiError) {
	if r.Method != http.MethodPost && (m.post || r.Method != http.MethodGet) {
		return nil, &apiError{Code: "insecure_request"}
	}
	args, failure := parseArguments(r)
	if failure != nil {
		return nil, failure
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	caller, failure := s.authenticate(r, args)
	if failure != nil {
		return nil, failure
	}
	if failure := checkTeam(caller, args); failure != nil {
		return nil, failure
	}
	for name := range args.values {
		if !slices.Contains(m.args, name) {
			return nil, invalidArguments("[ERROR] unknown argument: " + name)
		}
	}
	return m.perform(s, caller, args)
}

// checkTeam takes the team_id that callers may add to any call: tokens of an organisation need it for some, and Bolt sends
// it with all.
func checkTeam(caller installation, args arguments) *apiError {
	teamID, failure := args.text("team_id")
	if failure != nil {
		return failure
	}
	if teamID != "" && !caller.covers(teamID) {
		return wrongTeam("team_access_not_granted")
	}
	delete(args.values, "team_id")
	return nil
}

// authenticate finds the installation of the token: in the Authorization header, or in a form's "token".
func (s *Server) authenticate(r *http.Request, args arguments) (installation, *apiError) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if scheme != "Bearer" && args.isForm {
		token, _ = args.text("token")
	}
	if args.isForm {
		delete(args.values, "token")
	}
	if token == "" {
		return nil, &apiError{Code: "not_authed"}
	}
	if code := s.dead[token]; code != "" {
		return nil, &apiError{Code: code}
	}
	var caller installation
	for _, w := range s.workspaces {
		if w.Token == token {
			caller = append(caller, w)
		}
	}
	if caller == nil {
		return nil, &apiError{Code: "invalid_auth"}
	}
	return caller, nil
}

// arguments of a call, as JSON values; a form's are JSON strings.
type arguments struct {
	values map[string]json.RawMessage
	isForm bool
}

func parseArguments(r *http.Request) (arguments, *apiError) {
	if r.Method == http.MethodGet {
		return formArguments(r.URL.Query()), nil
	}
	if r.URL.RawQuery != "" {
		return arguments{}, invalidArguments("[ERROR] arguments in the URL of a POST")
	}
	contentType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return arguments{}, &apiError{Code: "missing_post_type"}
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return arguments{}, &apiError{Code: "request_timeout"}
	}
	switch contentType {
	case formType:
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return arguments{}, &apiError{Code: "invalid_form_data"}
		}
		return formArguments(form), nil
	case jsonType:
		args := arguments{}
		if !json.Valid(body) {
			return arguments{}, &apiError{Code: "invalid_json"}
		}
		if json.Unmarshal(body, &args.values) != nil || args.values == nil {
			return arguments{}, &apiError{Code: "json_not_object"}
		}
		return args, nil
	default:
		return arguments{}, &apiError{Code: "invalid_post_type"}
	}
}

func formArguments(form url.Values) arguments {
	args := arguments{values: map[string]json.RawMessage{}, isForm: true}
	for name, values := range form {
		args.values[name] = encoded(values[0])
	}
	return args
}

// text is a string argument; "" where it is absent.
func (a arguments) text(name string) (string, *apiError) {
	raw, ok := a.values[name]
	if !ok {
		return "", nil
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return "", invalidArguments("[ERROR] must be a string [json-pointer:/" + name + "]")
	}
	return s, nil
}

// object is an argument that is an object, or the same as a JSON-encoded string.
func (a arguments) object(name string) (json.RawMessage, *apiError) {
	raw, ok := a.values[name]
	if !ok {
		return nil, invalidArguments("[ERROR] missing required field: " + name)
	}
	raw = unwrapped(raw)
	if trimmed := bytes.TrimSpace(raw); len(trimmed) == 0 || trimmed[0] != '{' || !json.Valid(raw) {
		return nil, invalidArguments("[ERROR] must be an object [json-pointer:/" + name + "]")
	}
	return raw, nil
}

// unwrapped is JSON that may come within a JSON string, as it does in forms.
func unwrapped(raw json.RawMessage) json.RawMessage {
	var within string
	if json.Unmarshal(raw, &within) == nil {
		return json.RawMessage(within)
	}
	return raw
}

// texts are string arguments, in the order of their names.
func (a arguments) texts(names ...string) ([]string, *apiError) {
	values := make([]string, len(names))
	for i, name := range names {
		value, failure := a.text(name)
		if failure != nil {
			return nil, failure
		}
		values[i] = value
	}
	return values, nil
}

func invalidArguments(messages ...string) *apiError {
	return &apiError{Code: "invalid_arguments", Messages: messages}
}

// wrongTeam is an answer to a token used beyond its workspace: Slack's, but counted apart.
func wrongTeam(code string) *apiError {
	return &apiError{Code: code, Outcome: "wrong_team"}
}

// warnAboutCharset does what Slack does when JSON comes without a charset.
func warnAboutCharset(r *http.Request, answer result) {
	contentType, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || contentType != jsonType || params["charset"] != "" {
		return
	}
	answer["warning"] = "missing_charset"
	answer["response_metadata"] = map[string]any{"warnings": []string{"missing_charset"}}
}

func writeError(w http.ResponseWriter, e *apiError) {
	answer := result{"ok": false, "error": e.Code}
	if e.Needed != "" {
		answer["needed"], answer["provided"] = e.Needed, e.Provided
	}
	if e.Messages != nil {
		answer["response_metadata"] = map[string]any{"messages": e.Messages}
	}
	writeJSON(w, http.StatusOK, answer)
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	body := encoded(value)
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// apiWording words faults as the Web API does.
type apiWording struct{}

func (apiWording) WriteError(w http.ResponseWriter, code string) {
	writeError(w, &apiError{Code: code})
}

// WriteRateLimited: https://docs.slack.dev/apis/web-api/rate-limits
func (apiWording) WriteRateLimited(w http.ResponseWriter, retryAfterSeconds int) {
	w.Header().Set("Retry-After", strconv.Itoa(retryAfterSeconds))
	writeJSON(w, http.StatusTooManyRequests, result{"ok": false, "error": "ratelimited"})
}

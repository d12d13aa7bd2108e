package fathom

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/followup-dev/followup-operator/test/doubles/calls"
	"github.com/followup-dev/followup-operator/test/doubles/fault"
)

// The operations under which calls fail and are counted.
const (
	ListMeetings    = "list_meetings"
	GetSummary      = "get_summary"
	GetTranscript   = "get_transcript"
	ListTeams       = "list_teams"
	ListTeamMembers = "list_team_members"
	CreateWebhook   = "create_webhook"
	DeleteWebhook   = "delete_webhook"
)

const maxBody = 1 << 16

// operation is one call of the API.
type operation struct {
	name, pattern string
	heavy         func(url.Values) bool
	perform       func(*Server, *user, *http.Request) (answer, *refusal)
}

var operations = []operation{
	{ListMeetings, "GET /external/v1/meetings", withContent, (*Server).listMeetings},
	{GetSummary, "GET /external/v1/recordings/{id}/summary", always, (*Server).getSummary},
	{GetTranscript, "GET /external/v1/recordings/{id}/transcript", always, (*Server).getTranscript},
	{ListTeams, "GET /external/v1/teams", never, (*Server).listTeams},
	{ListTeamMembers, "GET /external/v1/team_members", never, (*Server).listTeamMembers},
	{CreateWebhook, "POST /external/v1/webhooks", never, (*Server).createWebhook},
	{DeleteWebhook, "DELETE /external/v1/webhooks/{id}", never, (*Server).deleteWebhook},
}

func always(url.Values) bool { return true }
func never(url.Values) bool  { return false }

// withContent: https://developers.fathom.ai/api-overview#rate-limiting
func withContent(query url.Values) bool {
	return query.Get("include_summary") == "true" || query.Get("include_transcript") == "true"
}

// Server is the double. It serves the API under /external/v1/.
type Server struct {
	now    func() time.Time
	client *http.Client
	faults fault.Set
	log    calls.Log
	mux    *http.ServeMux

	mu       sync.Mutex
	users    map[string]*user // by key
	webhooks []*webhook
	pending  []callback
}

// user is whose key it is.
type user struct {
	meetings     []Meeting // newest first
	teams        []Team
	calls, heavy window
	asked        map[int64]int // calls for the content of a recording
}

// answer is what an operation answers when it succeeds; no value is an empty body.
type answer struct {
	status int
	value  any
}

// refusal is what it answers when it does not. Fathom does not specify the bodies of its errors.
type refusal struct {
	status  int
	message string
}

func badRequest(message string) *refusal { return &refusal{http.StatusBadRequest, message} }

// outcomes are the names under which refusals are counted.
var outcomes = map[int]string{
	http.StatusBadRequest: "bad_request", http.StatusUnauthorized: "unauthorized", http.StatusNotFound: "not_found",
	http.StatusTooManyRequests: "rate_limited",
}

// New returns a double for the configuration, or says what is wrong with it.
func New(c Config) (*Server, error) {
	if err := c.validate(); err != nil {
		return nil, fmt.Errorf("fathom double: %w", err)
	}
	s := &Server{now: c.Now, client: c.Client, mux: http.NewServeMux(), users: map[string]*user{}}
	if s.now == nil {
		s.now = time.Now
	}
	if s.client == nil {
		s.client = &http.Client{Timeout: deliveryTimeout}
	}
	for _, k := range c.Keys {
		meetings := slices.Clone(k.Meetings)
		slices.SortStableFunc(meetings, func(a, b Meeting) int { return b.createdAt().Compare(a.createdAt()) })
		s.users[k.Key] = &user{
			meetings: meetings, teams: k.Teams, calls: window{limit: rateLimit}, heavy: window{limit: heavyLimit}, asked: map[int64]int{},
		}
	}
	for _, op := range operations {
		s.mux.HandleFunc(op.pattern, func(w http.ResponseWriter, r *http.Request) {
			s.log.Add(op.name, s.faults.Serve(w, r, op.name, wording{}, func(w http.ResponseWriter, r *http.Request) string {
				return s.serve(w, r, op)
			}))
		})
	}
	s.mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { writeError(w, http.StatusNotFound, "not found") })
	return s, nil
}

// Fail queues a fault for an operation, such as ListMeetings.
func (s *Server) Fail(name string, f fault.Fault) error {
	if !slices.ContainsFunc(operations, func(op operation) bool { return op.name == name }) {
		return fmt.Errorf("fathom double: operation %q is unknown", name)
	}
	return s.faults.Add(name, f)
}

// ClearFaults forgets the faults that have not struck yet.
func (s *Server) ClearFaults() { s.faults.Clear() }

// Calls counts the calls received, by operation and outcome: "ok", "bad_request", "unauthorized", "not_found",
// "rate_limited", or "fault:" and its kind.
func (s *Server) Calls() calls.Counts { return s.log.Counts() }

// ResetCalls starts the counts again.
func (s *Server) ResetCalls() { s.log.Reset() }

// ServeHTTP answers as api.fathom.ai does.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		writeError(w, http.StatusRequestEntityTooLarge, "body too large")
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	s.mux.ServeHTTP(w, r)
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request, op operation) (outcome string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	given, failure := s.admitted(w, r, op)
	if failure == nil {
		var done answer
		if done, failure = op.perform(s, given, r); failure == nil {
			writeJSON(w, done.status, done.value)
			return "ok"
		}
	}
	writeError(w, failure.status, failure.message)
	return outcomes[failure.status]
}

// admitted finds whose key it is and counts the call against their limits.
func (s *Server) admitted(w http.ResponseWriter, r *http.Request, op operation) (*user, *refusal) {
	u, known := s.users[r.Header.Get("X-Api-Key")]
	if !known || r.Header.Get("Authorization") != "" { // a key sent as a bearer token is a known mistake
		return nil, &refusal{http.StatusUnauthorized, "unauthorized"}
	}
	if !u.admit(w.Header(), op.heavy(r.URL.Query()), s.now()) {
		return nil, &refusal{http.StatusTooManyRequests, "rate limit exceeded"}
	}
	return u, nil
}

func (s *Server) listMeetings(u *user, r *http.Request) (answer, *refusal) {
	q, err := parseQuery(r.URL.RawQuery)
	if err != nil {
		return answer{}, badRequest(err.Error())
	}
	matching := slices.DeleteFunc(slices.Clone(u.meetings), func(m Meeting) bool { return !q.matches(m) })
	return paged(matching, q.page, func(m Meeting) map[string]any { return m.describeWith(q.include) })
}

func writeError(w http.ResponseWriter, status int, message string) {
	writeJSON(w, status, map[string]string{"error": message})
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	if value == nil {
		w.WriteHeader(status)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(encoded(value))
}

// encoded is a value that the double has made itself, as JSON.
func encoded(value any) []byte {
	body, err := json.Marshal(value)
	if err != nil {
		panic(errors.Join(errors.New("fathom double: a value that cannot be encoded"), err))
	}
	return body
}

// wording words faults as Fathom does; a code is an HTTP status.
type wording struct{}

func (wording) WriteError(w http.ResponseWriter, code string) {
	status, err := strconv.Atoi(code)
	if err != nil || http.StatusText(status) == "" {
		status = http.StatusInternalServerError
	}
	writeError(w, status, cmp.Or(http.StatusText(status), code))
}

// WriteRateLimited uses RateLimit-Reset, the header that Fathom documents; there is no Retry-After.
func (wording) WriteRateLimited(w http.ResponseWriter, retryAfterSeconds int) {
	writeLimits(w.Header(), rateLimit, 0, retryAfterSeconds)
	writeError(w, http.StatusTooManyRequests, "rate limit exceeded")
}

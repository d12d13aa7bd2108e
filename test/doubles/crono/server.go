package crono

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/followup-dev/followup-operator/test/doubles/calls"
	"github.com/followup-dev/followup-operator/test/doubles/fault"
)

// The operations under which calls fail and are counted.
const (
	ListUsers      = "list_users"
	ListAccounts   = "list_accounts"
	GetAccount     = "get_account"
	SearchAccounts = "search_accounts"
	SearchContacts = "search_contacts"
	SearchDeals    = "search_deals"
	UpdateDeal     = "update_deal"
	CreateNote     = "create_note"
	SearchNotes    = "search_notes"
	CreateTask     = "create_task"
	SearchTasks    = "search_tasks"
	ListPipelines  = "list_pipelines"
)

// The codes of fault.Error. Any other is an HTTP status, with ASP.NET's ProblemDetails.
const (
	// NotSuccess is HTTP 200 that says nothing was done.
	NotSuccess = "not_success"
	// KeysRefused is the same, for the keys.
	KeysRefused = "keys_refused"
)

const maxBody = 1 << 20

// operation is one call of the API.
type operation struct {
	name, pattern string
	query         []string // its parameters
	body          *body    // nil for none
	perform       func(*Server, *workspace, input) (any, *refusal)
}

// input is what a call was given, as far as the double knows it.
type input struct {
	id     string // of the path
	query  map[string]string
	values values // of the body
}

var operations = []operation{
	{ListUsers, "GET /api/v1/Users", paging, nil, (*Server).listUsers},
	{ListAccounts, "GET /api/v1/Accounts", slices.Concat(paging, accountIncludes, []string{"search"}), nil, (*Server).listAccounts},
	{GetAccount, "GET /api/v1/Accounts/{id}", accountIncludes, nil, (*Server).getAccount},
	{SearchAccounts, "POST /api/v1/Accounts/search", nil, &accountSearch, (*Server).searchAccounts},
	{SearchContacts, "POST /api/v1/Prospects/search", nil, &contactSearch, (*Server).searchContacts},
	{SearchDeals, "POST /api/v1/Opportunities/search", nil, &dealSearch, (*Server).searchDeals},
	{UpdateDeal, "PATCH /api/v1/Opportunities", nil, &dealUpdate, (*Server).updateDeal},
	{CreateNote, "POST /api/v1/Notes", nil, &noteCreate, (*Server).createNote},
	{SearchNotes, "POST /api/v1/Notes/search", nil, &noteSearch, (*Server).searchNotes},
	{CreateTask, "POST /api/v1/Tasks", nil, &taskCreate, (*Server).createTask},
	{SearchTasks, "POST /api/v1/Tasks/search", []string{"withopportunities"}, &taskSearch, (*Server).searchTasks},
	{ListPipelines, "GET /api/v1/Pipelines", nil, nil, (*Server).listPipelines},
}

// Server is the double. It serves the API under /api/v1/.
type Server struct {
	now    func() time.Time
	faults fault.Set
	log    calls.Log
	mux    *http.ServeMux

	mu         sync.Mutex
	workspaces map[string]*workspace // by public key
}

// refusal is why a call is not done.
type refusal struct {
	status int
	fields map[string]string // what is wrong, by property
	said   string            // HTTP 200: the error in the envelope
}

func badRequest(field, problem string) *refusal {
	return &refusal{status: http.StatusBadRequest, fields: map[string]string{field: problem}}
}

func notSuccess(said string) *refusal { return &refusal{status: http.StatusOK, said: said} }

// outcomes are the names under which refusals are counted.
var outcomes = map[int]string{
	http.StatusOK: NotSuccess, http.StatusBadRequest: "bad_request", http.StatusUnauthorized: "unauthorized", http.StatusNotFound: "not_found",
	http.StatusNotAcceptable: "not_acceptable", http.StatusUnsupportedMediaType: "unsupported_media_type",
}

// New returns a double for the configuration, or says what is wrong with it.
func New(c Config) (*Server, error) {
	if err := c.validate(); err != nil {
		return nil, fmt.Errorf("crono double: %w", err)
	}
	s := &Server{now: c.Now, mux: http.NewServeMux(), workspaces: map[string]*workspace{}}
	if s.now == nil {
		s.now = time.Now
	}
	for _, w := range c.Workspaces {
		w.Accounts, w.Contacts, w.Deals = slices.Clone(w.Accounts), slices.Clone(w.Contacts), slices.Clone(w.Deals)
		s.workspaces[w.PublicKey] = &workspace{Workspace: w}
	}
	for _, op := range operations {
		s.mux.HandleFunc(op.pattern, func(w http.ResponseWriter, r *http.Request) {
			s.log.Add(op.name, s.faults.Serve(w, r, op.name, wording{}, func(w http.ResponseWriter, r *http.Request) string {
				return s.serve(w, r, op)
			}))
		})
	}
	s.mux.HandleFunc("GET /api/v1/Opportunities/{id}", http.NotFound) // so that a deal's ID in the path is 405 for other methods
	return s, nil
}

// Fail queues a fault for an operation, such as CreateNote.
func (s *Server) Fail(name string, f fault.Fault) error {
	if !slices.ContainsFunc(operations, func(op operation) bool { return op.name == name }) {
		return fmt.Errorf("crono double: operation %q is unknown", name)
	}
	return s.faults.Add(name, f)
}

// ClearFaults forgets the faults that have not struck yet.
func (s *Server) ClearFaults() { s.faults.Clear() }

// Calls counts the calls received, by operation and outcome: "ok", "not_success", "bad_request", "unauthorized", "not_found",
// "not_acceptable", "unsupported_media_type", or "fault:" and its kind.
func (s *Server) Calls() calls.Counts { return s.log.Counts() }

// ResetCalls starts the counts again.
func (s *Server) ResetCalls() { s.log.Reset() }

// ServeHTTP answers as ext.crono.one does.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		writeProblem(w, &refusal{status: http.StatusRequestEntityTooLarge})
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(raw))
	s.mux.ServeHTTP(w, r)
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request, op operation) (outcome string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, failure := s.admitted(r)
	var given input
	if failure == nil {
		given, failure = op.read(r)
	}
	var data any
	if failure == nil {
		data, failure = op.perform(s, found, given)
	}
	if failure != nil {
		writeProblem(w, failure)
		return outcomes[failure.status]
	}
	writeJSON(w, http.StatusOK, map[string]any{"data": data, "isSuccess": true, "errors": []string{}})
	return "ok"
}

// admitted finds whose keys they are.
func (s *Server) admitted(r *http.Request) (*workspace, *refusal) {
	found, known := s.workspaces[r.Header.Get("X-Api-Key")]
	if !known || found.PrivateKey != r.Header.Get("X-Api-Secret") || r.Header.Get("Authorization") != "" {
		return nil, &refusal{status: http.StatusUnauthorized}
	}
	return found, nil
}

func (op operation) read(r *http.Request) (input, *refusal) {
	if r.Header.Get("Accept") != "application/json" {
		return input{}, &refusal{status: http.StatusNotAcceptable}
	}
	given := input{id: r.PathValue("id"), query: map[string]string{}}
	for name, v := range r.URL.Query() {
		name = strings.ToLower(name)
		if _, twice := given.query[name]; twice || len(v) != 1 || !slices.Contains(op.query, name) {
			return input{}, badRequest(name, "unknown parameter, or given twice")
		}
		given.query[name] = v[0]
	}
	raw, _ := io.ReadAll(r.Body) // ServeHTTP has read it
	if op.body == nil {
		if len(raw) > 0 {
			return input{}, badRequest("$", "a body is not expected")
		}
		return given, nil
	}
	if mediaType, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); mediaType != "application/json" {
		return input{}, &refusal{status: http.StatusUnsupportedMediaType}
	}
	var failure *refusal
	given.values, failure = op.body.read(raw)
	return given, failure
}

func writeProblem(w http.ResponseWriter, r *refusal) {
	if r.status == http.StatusOK {
		writeJSON(w, r.status, map[string]any{"data": nil, "isSuccess": false, "errors": []string{r.said}})
		return
	}
	problem := map[string]any{
		"type":  "https://tools.ietf.org/html/rfc9110#section-15.5",
		"title": http.StatusText(r.status), "status": r.status, "traceId": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00",
	}
	if len(r.fields) > 0 {
		fields := map[string][]string{}
		for field, said := range r.fields {
			fields[field] = []string{said}
		}
		problem["title"], problem["errors"] = "One or more validation errors occurred.", fields
	}
	w.Header().Set("Content-Type", "application/problem+json; charset=utf-8")
	w.WriteHeader(r.status)
	_, _ = w.Write(encoded(problem))
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(encoded(value))
}

// encoded is a value that the double has made itself, as JSON.
func encoded(value any) []byte {
	raw, err := json.Marshal(value)
	if err != nil {
		panic(errors.Join(errors.New("crono double: a value that cannot be encoded"), err))
	}
	return raw
}

// wording words faults as Crono does.
type wording struct{}

func (wording) WriteError(w http.ResponseWriter, code string) {
	switch status, err := strconv.Atoi(code); {
	case code == KeysRefused:
		writeProblem(w, notSuccess("Unauthorized: the API key is not valid"))
	case err != nil || http.StatusText(status) == "":
		writeProblem(w, notSuccess("Something went wrong"))
	case status == http.StatusBadRequest:
		writeProblem(w, badRequest("Data.Description", "The Description field is required."))
	default:
		writeProblem(w, &refusal{status: status})
	}
}

func (wording) WriteRateLimited(w http.ResponseWriter, retryAfterSeconds int) {
	if retryAfterSeconds > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(retryAfterSeconds))
	}
	writeProblem(w, &refusal{status: http.StatusTooManyRequests})
}

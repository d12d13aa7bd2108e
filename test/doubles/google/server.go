package google

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/followup-dev/followup-operator/test/doubles/calls"
	"github.com/followup-dev/followup-operator/test/doubles/fault"
)

// The operations under which calls fail and are counted.
const (
	Token       = "token"
	CreateDraft = "create_draft"
	ListDrafts  = "list_drafts"
	GetDraft    = "get_draft"
	DeleteDraft = "delete_draft"
	InsertEvent = "insert_event"
	GetEvent    = "get_event"
	PatchEvent  = "patch_event"
	DeleteEvent = "delete_event"
)

const maxBody = 4 << 20

// operation is one call of an API, with the scope that its token has to have and the parameters that it takes.
type operation struct {
	name, pattern string
	scope         string
	parameters    []string
	perform       func(*Server, *user, *http.Request) (answer, *refusal)
}

var (
	drafts = "/gmail/v1/users/{mailbox}/drafts"
	events = "/calendar/v3/calendars/{calendar}/events"

	operations = []operation{
		{CreateDraft, "POST " + drafts, ScopeCompose, nil, (*Server).createDraft},
		{ListDrafts, "GET " + drafts, ScopeCompose, []string{"maxResults", "pageToken", "q"}, (*Server).listDrafts},
		{GetDraft, "GET " + drafts + "/{id}", ScopeCompose, []string{"format"}, (*Server).getDraft},
		{DeleteDraft, "DELETE " + drafts + "/{id}", ScopeCompose, nil, (*Server).deleteDraft},
		{InsertEvent, "POST " + events, ScopeEvents, []string{"conferenceDataVersion", "sendUpdates"}, (*Server).insertEvent},
		{GetEvent, "GET " + events + "/{id}", ScopeEvents, nil, (*Server).getEvent},
		{PatchEvent, "PATCH " + events + "/{id}", ScopeEvents, []string{"conferenceDataVersion", "sendUpdates"}, (*Server).patchEvent},
		{DeleteEvent, "DELETE " + events + "/{id}", ScopeEvents, []string{"sendUpdates"}, (*Server).deleteEvent},
	}
)

// Server is the double.
type Server struct {
	config Config
	now    func() time.Time
	faults fault.Set
	log    calls.Log
	mux    *http.ServeMux

	mu          sync.Mutex
	users       map[string]*user  // by e-mail address
	access      map[string]*grant // by access token
	refresh     map[string]*grant // by refresh token
	invitations []Invitation
	made        int // drafts
}

// user is one of Config's, with what has been made.
type user struct {
	email  string
	drafts []*draft // newest first
	events []*event // oldest first
}

// New returns a double for the configuration, or says what is wrong with it.
func New(c Config) (*Server, error) {
	if err := c.validate(); err != nil {
		return nil, fmt.Errorf("google double: %w", err)
	}
	s := &Server{
		config: c, now: c.Now, mux: http.NewServeMux(),
		users: map[string]*user{}, access: map[string]*grant{}, refresh: map[string]*grant{},
	}
	if s.now == nil {
		s.now = time.Now
	}
	for _, u := range c.Users {
		s.users[u.Email] = &user{email: u.Email}
		if u.Consent.RefreshToken != "" {
			s.refresh[u.Consent.RefreshToken] = consented(s.users[u.Email], u.Consent)
		}
	}
	for _, op := range operations {
		s.mux.HandleFunc(op.pattern, s.counted(op.name, wording{}, func(w http.ResponseWriter, r *http.Request) string { return s.serve(w, r, op) }))
	}
	s.mux.HandleFunc("POST /token", s.counted(Token, tokenWording{}, s.serveToken))
	s.mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { notFound().write(w) })
	return s, nil
}

func (s *Server) counted(name string, vendor fault.Wording, next fault.Handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.log.Add(name, s.faults.Serve(w, r, name, vendor, next))
	}
}

// Fail queues a fault for an operation, such as CreateDraft. The code of fault.Error is a reason, such as
// rateLimitExceeded, or an error of the token endpoint, such as invalid_grant.
func (s *Server) Fail(name string, f fault.Fault) error {
	if name != Token && !slices.ContainsFunc(operations, func(op operation) bool { return op.name == name }) {
		return fmt.Errorf("google double: operation %q is unknown", name)
	}
	return s.faults.Add(name, f)
}

// ClearFaults forgets the faults that have not struck yet.
func (s *Server) ClearFaults() { s.faults.Clear() }

// Calls counts the calls received, by operation and outcome: "ok", the reason of an error, or "fault:" and its kind.
func (s *Server) Calls() calls.Counts { return s.log.Counts() }

// ResetCalls starts the counts again.
func (s *Server) ResetCalls() { s.log.Reset() }

// ServeHTTP answers as Google does.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		(&refusal{http.StatusRequestEntityTooLarge, "global", "uploadTooLarge", "Request too large"}).write(w)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	s.mux.ServeHTTP(w, r)
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request, op operation) (outcome string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	given, failure := s.admitted(r, op)
	if failure == nil {
		var done answer
		if done, failure = op.perform(s, given, r); failure == nil {
			writeJSON(w, done.status, done.value)
			return "ok"
		}
	}
	failure.write(w)
	return failure.reason
}

// admitted finds whose token it is, and whether it is good for the operation.
func (s *Server) admitted(r *http.Request, op operation) (*user, *refusal) {
	g, failure := s.bearer(r)
	if failure != nil {
		return nil, failure
	}
	if !slices.Contains(g.scopes, op.scope) {
		return nil, reasons["insufficientPermissions"]
	}
	for name, given := range r.URL.Query() {
		known := append([]string{"alt", "prettyPrint"}, op.parameters...)
		if !slices.Contains(known, name) || len(given) > 1 {
			return nil, invalid(fmt.Sprintf("Invalid parameter %q: unknown, or given twice", name))
		}
	}
	if mailbox := r.PathValue("mailbox"); mailbox != "" && mailbox != "me" && mailbox != g.user.email {
		return nil, &refusal{http.StatusForbidden, "global", "forbidden", "Delegation denied for " + g.user.email}
	}
	if calendar := r.PathValue("calendar"); calendar != "" && calendar != "primary" && calendar != g.user.email {
		return nil, notFound()
	}
	return g.user, nil
}

// ofUser finds a user for a test that looks at what was received.
func (s *Server) ofUser(email string) (*user, error) {
	u, known := s.users[email]
	if !known {
		return nil, errors.New("google double: the user is not in the configuration")
	}
	return u, nil
}

package slack

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/followup-dev/followup-operator/test/doubles/calls"
	"github.com/followup-dev/followup-operator/test/doubles/fault"
)

// Limits of the platform.
const (
	ackTimeout       = 3 * time.Second
	triggerLifetime  = 3 * time.Second
	hookLifetime     = 30 * time.Minute
	hookUses         = 5
	maxBody          = 1 << 20
	maxView          = 250 << 10
	responseURLCalls = "response_url" // the operation under which response_urls fail and are counted
)

// Server is the double. It serves the Web API under /api/ and response_urls under /commands/ and /actions/.
type Server struct {
	app    App
	client *http.Client
	now    func() time.Time
	faults fault.Set
	log    calls.Log

	mu         sync.Mutex
	workspaces []Workspace
	dead       map[string]string // tokens that work no more, and the error that they meet
	hooksURL   string
	serial     int64
	requests   []*Request
	triggers   map[string]*trigger
	hooks      map[string]*hook // by path
	views      []*view
	posts      []*post
	deliveries []*delivery
}

// New returns a double for the configuration, or says what is wrong with it.
func New(c Config) (*Server, error) {
	if err := c.validate(); err != nil {
		return nil, fmt.Errorf("slack double: %w", err)
	}
	s := &Server{
		app: c.App, workspaces: slices.Clone(c.Workspaces), hooksURL: c.HooksURL, client: c.Client, now: c.Now,
		dead: map[string]string{}, triggers: map[string]*trigger{}, hooks: map[string]*hook{},
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.client == nil {
		s.client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	return s, nil
}

// SetHooksURL says where response_urls made from now on lead: the double's own address, as the app reaches it.
func (s *Server) SetHooksURL(base string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hooksURL = base
}

// Fail queues a fault for an operation: a Web API method, or "response_url".
func (s *Server) Fail(operation string, f fault.Fault) error {
	if _, known := methods[operation]; !known && operation != responseURLCalls {
		return fmt.Errorf("slack double: operation %q is unknown", operation)
	}
	return s.faults.Add(operation, f)
}

// ClearFaults forgets the faults that have not struck yet.
func (s *Server) ClearFaults() { s.faults.Clear() }

// Calls counts the calls received, by Web API method or "response_url", and outcome: "ok", Slack's error code,
// "wrong_team", or "fault:" and its kind.
func (s *Server) Calls() calls.Counts { return s.log.Counts() }

// ResetCalls starts the counts again.
func (s *Server) ResetCalls() { s.log.Reset() }

// ServeHTTP answers as slack.com/api/ and hooks.slack.com do.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		writeError(w, &apiError{Code: "request_timeout"})
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	switch method, isAPI := strings.CutPrefix(r.URL.Path, "/api/"); {
	case isAPI:
		s.serveMethod(w, r, method)
	case strings.HasPrefix(r.URL.Path, "/commands/"), strings.HasPrefix(r.URL.Path, "/actions/"):
		s.log.Add(responseURLCalls, s.faults.Serve(w, r, responseURLCalls, hookWording{}, s.serveHook))
	default:
		http.NotFound(w, r)
	}
}

// workspace wants the lock held, as all unexported methods do that don't take it themselves.
func (s *Server) workspace(teamID string) (Workspace, bool) {
	for _, w := range s.workspaces {
		if w.TeamID == teamID {
			return w, true
		}
	}
	return Workspace{}, false
}

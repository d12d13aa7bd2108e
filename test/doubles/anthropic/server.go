package anthropic

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/followup-dev/followup-operator/test/doubles/calls"
	"github.com/followup-dev/followup-operator/test/doubles/fault"
)

// The operations under which calls fail and are counted.
const (
	Messages    = "messages"
	CountTokens = "count_tokens"
	GetModel    = "get_model"
)

// maxBody: https://platform.claude.com/docs/en/api/errors#request-size-limits
const maxBody = 32 << 20

// versions that the API serves: https://platform.claude.com/docs/en/api/versioning
var versions = []string{"2023-06-01", "2026-10-21"}

// operation is one call of the API.
type operation struct {
	name, pattern string
	perform       func(*Server, *account, *Request) (any, *refusal)
}

var operations = []operation{
	{Messages, "POST /v1/messages", (*Server).message},
	{CountTokens, "POST /v1/messages/count_tokens", (*Server).count},
}

// Server is the double.
type Server struct {
	now     func() time.Time
	models  []string
	context int
	faults  fault.Set
	log     calls.Log
	mux     *http.ServeMux

	mu       sync.Mutex
	accounts map[string]*account // by key
	replies  []Reply
	requests []Request
}

// New returns a double for the configuration, or says what is wrong with it.
func New(c Config) (*Server, error) {
	if err := c.validate(); err != nil {
		return nil, fmt.Errorf("anthropic double: %w", err)
	}
	s := &Server{
		now: c.Now, models: c.Models, context: cmp.Or(c.ContextTokens, 1_000_000), replies: slices.Clone(c.Replies),
		mux: http.NewServeMux(), accounts: map[string]*account{},
	}
	if s.now == nil {
		s.now = time.Now
	}
	for _, key := range c.Keys {
		s.accounts[key] = &account{limit: cmp.Or(c.RequestsPerMinute, 1000), cached: map[string]time.Time{}}
	}
	for _, op := range operations {
		s.mux.HandleFunc(op.pattern, func(w http.ResponseWriter, r *http.Request) {
			s.log.Add(op.name, s.faults.Serve(w, r, op.name, wording{s.now}, func(w http.ResponseWriter, r *http.Request) string {
				return s.serve(w, r, op)
			}))
		})
	}
	s.mux.HandleFunc("GET /v1/models/{model}", func(w http.ResponseWriter, r *http.Request) {
		s.log.Add(GetModel, s.faults.Serve(w, r, GetModel, wording{s.now}, s.serveModel))
	})
	s.mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		writeError(w, &refusal{kind: notFound, message: "Not Found"})
	})
	return s, nil
}

// Fail queues a fault for an operation, such as Messages. The code of a fault.Error is the type of an error, such as
// "overloaded_error", or "enforced_spend_limit_reached" or "contract_spend_limit_reached".
func (s *Server) Fail(name string, f fault.Fault) error {
	if name != GetModel && !slices.ContainsFunc(operations, func(op operation) bool { return op.name == name }) {
		return fmt.Errorf("anthropic double: operation %q is unknown", name)
	}
	return s.faults.Add(name, f)
}

// ClearFaults forgets the faults that have not struck yet.
func (s *Server) ClearFaults() { s.faults.Clear() }

// Calls counts the calls received, by operation and outcome: "ok", the type of an error, or "fault:" and its kind.
func (s *Server) Calls() calls.Counts { return s.log.Counts() }

// ResetCalls starts the counts again.
func (s *Server) ResetCalls() { s.log.Reset() }

// Reply puts replies before all others.
func (s *Server) Reply(replies ...Reply) error {
	for i, r := range replies {
		if err := r.validate(); err != nil {
			return fmt.Errorf("anthropic double: reply %d: %w", i+1, err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.replies = slices.Concat(replies, s.replies)
	return nil
}

// Requests returns the messages that were answered, oldest first.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// ServeHTTP answers as api.anthropic.com does.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("request-id", newID("req_"))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		writeError(w, &refusal{kind: tooLarge, message: "Request exceeds the maximum size"})
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	s.mux.ServeHTTP(w, r)
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request, op operation) (outcome string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	given, failure := s.admitted(w, r)
	if failure == nil {
		var request *Request
		if request, failure = s.read(r, op); failure == nil {
			var answer any
			if answer, failure = op.perform(s, given, request); failure == nil {
				writeJSON(w, http.StatusOK, answer)
				return "ok"
			}
		}
	}
	writeError(w, failure)
	return failure.kind.name
}

// admitted finds whose key it is and counts the call against their limit.
func (s *Server) admitted(w http.ResponseWriter, r *http.Request) (*account, *refusal) {
	key := r.Header.Get("X-Api-Key")
	if bearer, found := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); found && key == "" {
		key = bearer
	}
	given, known := s.accounts[key]
	if !known {
		return nil, &refusal{kind: authentication, message: "invalid x-api-key"}
	}
	if !given.admit(w.Header(), s.now()) {
		return nil, &refusal{kind: rateLimit, message: "This request would exceed your organization's rate limit"}
	}
	return given, nil
}

func (s *Server) read(r *http.Request, op operation) (*Request, *refusal) {
	if version := r.Header.Get("Anthropic-Version"); !slices.Contains(versions, version) {
		return nil, invalid("anthropic-version: %q is not a valid version", version)
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return nil, invalid("content-type: want application/json")
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, invalid("body: not readable")
	}
	request, err := parse(body, op.name == CountTokens)
	if err != nil {
		return nil, invalid("%s", err)
	}
	if s.models != nil && !slices.Contains(s.models, request.Model) {
		return nil, &refusal{kind: notFound, message: "model: " + request.Model}
	}
	if n := request.tokens(); n > s.context {
		return nil, invalid("prompt is too long: %d tokens > %d maximum", n, s.context)
	}
	return request, nil
}

func (s *Server) count(_ *account, r *Request) (any, *refusal) {
	return map[string]int{"input_tokens": r.tokens()}, nil
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(encoded(value))
}

// encoded is a value that the double has made itself, as JSON.
func encoded(value any) []byte {
	body, err := json.Marshal(value)
	if err != nil {
		panic(errors.Join(errors.New("anthropic double: a value that cannot be encoded"), err))
	}
	return body
}

func newID(prefix string) string { return prefix + rand.Text()[:24] }

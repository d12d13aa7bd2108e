package fathom

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/followup-dev/followup-operator/test/doubles/calls"
	"github.com/followup-dev/followup-operator/test/doubles/fault"
)

const (
	// ListMeetings is the operation under which calls fail and are counted.
	ListMeetings = "list_meetings"

	pageSize    = 10
	rateLimit   = 60 // calls in a window, per user
	rateWindow  = time.Minute
	maxBody     = 1 << 16
	meetingPath = "/external/v1/meetings"
)

// Server is the double. It serves the API under /external/v1/.
type Server struct {
	now      func() time.Time
	meetings map[string][]Meeting // by key; newest first
	faults   fault.Set
	log      calls.Log

	mu      sync.Mutex
	windows map[string]*window // by key
}

// window counts a user's calls of one minute.
type window struct {
	started time.Time
	used    int
}

// New returns a double for the configuration, or says what is wrong with it.
func New(c Config) (*Server, error) {
	if err := c.validate(); err != nil {
		return nil, fmt.Errorf("fathom double: %w", err)
	}
	s := &Server{now: c.Now, meetings: map[string][]Meeting{}, windows: map[string]*window{}}
	if s.now == nil {
		s.now = time.Now
	}
	for _, k := range c.Keys {
		meetings := slices.Clone(k.Meetings)
		slices.SortStableFunc(meetings, func(a, b Meeting) int { return b.createdAt().Compare(a.createdAt()) })
		s.meetings[k.Key] = meetings
	}
	return s, nil
}

// Fail queues a fault for an operation: ListMeetings.
func (s *Server) Fail(operation string, f fault.Fault) error {
	if operation != ListMeetings {
		return fmt.Errorf("fathom double: operation %q is unknown", operation)
	}
	return s.faults.Add(operation, f)
}

// ClearFaults forgets the faults that have not struck yet.
func (s *Server) ClearFaults() { s.faults.Clear() }

// Calls counts the calls received, by outcome: "ok", "bad_request", "unauthorized", "rate_limited", or "fault:" and its
// kind.
func (s *Server) Calls() calls.Counts { return s.log.Counts() }

// ResetCalls starts the counts again.
func (s *Server) ResetCalls() { s.log.Reset() }

// ServeHTTP answers as api.fathom.ai does.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if _, err := io.Copy(io.Discard, http.MaxBytesReader(w, r.Body, maxBody)); err != nil {
		writeError(w, http.StatusRequestEntityTooLarge, "body too large")
		return
	}
	if r.URL.Path != meetingPath {
		writeError(w, http.StatusNotFound, "not found")
		return
	}
	s.log.Add(ListMeetings, s.faults.Serve(w, r, ListMeetings, wording{}, s.listMeetings))
}

func (s *Server) listMeetings(w http.ResponseWriter, r *http.Request) (outcome string) {
	if r.Method != http.MethodGet {
		writeError(w, http.StatusMethodNotAllowed, "method not allowed")
		return "bad_request"
	}
	key := r.Header.Get("X-Api-Key")
	meetings, known := s.meetings[key]
	if !known || r.Header.Get("Authorization") != "" { // a key sent as a bearer token is a known mistake
		writeError(w, http.StatusUnauthorized, "unauthorized")
		return "unauthorized"
	}
	if !s.admit(w, key) {
		writeError(w, http.StatusTooManyRequests, "rate limit exceeded")
		return "rate_limited"
	}
	q, err := parseQuery(r.URL.RawQuery)
	if err != nil {
		writeError(w, http.StatusBadRequest, err.Error())
		return "bad_request"
	}
	matching := slices.DeleteFunc(slices.Clone(meetings), func(m Meeting) bool { return !q.matches(m) })
	start := (q.page - 1) * pageSize
	if start > 0 && start >= len(matching) {
		writeError(w, http.StatusBadRequest, "cursor: invalid")
		return "bad_request"
	}
	writePage(w, matching[start:min(start+pageSize, len(matching))], q.next(len(matching)))
	return "ok"
}

// admit counts a call against the user's window and writes the headers of
// https://developers.fathom.ai/api-overview#rate-limiting.
func (s *Server) admit(w http.ResponseWriter, key string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	current := s.windows[key]
	if current == nil || now.Sub(current.started) >= rateWindow {
		current = &window{started: now}
		s.windows[key] = current
	}
	admitted := current.used < rateLimit
	if admitted {
		current.used++
	}
	reset := current.started.Add(rateWindow).Sub(now)
	writeLimits(w, rateLimit-current.used, int((reset+time.Second-1)/time.Second))
	return admitted
}

func writeLimits(w http.ResponseWriter, remaining, resetSeconds int) {
	w.Header().Set("RateLimit-Limit", strconv.Itoa(rateLimit))
	w.Header().Set("RateLimit-Remaining", strconv.Itoa(remaining))
	w.Header().Set("RateLimit-Reset", strconv.Itoa(resetSeconds))
}

func writePage(w http.ResponseWriter, meetings []Meeting, next *string) {
	items := make([]map[string]any, len(meetings))
	for i, m := range meetings {
		items[i] = m.describe()
	}
	writeJSON(w, http.StatusOK, map[string]any{"limit": pageSize, "next_cursor": next, "items": items})
}

// writeError: Fathom does not specify the bodies of its errors.
func writeError(w http.ResponseWriter, status int, message string) {
	writeJSON(w, status, map[string]string{"error": message})
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	body, err := json.Marshal(value)
	if err != nil {
		panic(errors.Join(errors.New("fathom double: an answer that cannot be encoded"), err))
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body)
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
	writeLimits(w, 0, retryAfterSeconds)
	writeError(w, http.StatusTooManyRequests, "rate limit exceeded")
}

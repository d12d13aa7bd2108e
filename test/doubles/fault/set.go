package fault

import (
	"io"
	"net/http"
	"sync"
)

// Wording writes the answers whose shape is the vendor's own.
type Wording interface {
	WriteError(w http.ResponseWriter, code string)
	WriteRateLimited(w http.ResponseWriter, retryAfterSeconds int)
}

// Handler does the work of one operation and says how it ended, for the count of calls.
type Handler func(w http.ResponseWriter, r *http.Request) (outcome string)

// Set holds the faults that wait for calls. The zero value is empty; it is safe for concurrent use.
type Set struct {
	mu      sync.Mutex
	waiting map[string][]Fault // by operation, in the order in which they strike
}

// Add queues a fault behind those that already wait for the operation.
func (s *Set) Add(operation string, f Fault) error {
	if err := f.Validate(); err != nil {
		return err
	}
	if f.Times == 0 {
		f.Times = 1
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waiting == nil {
		s.waiting = make(map[string][]Fault)
	}
	s.waiting[operation] = append(s.waiting[operation], f)
	return nil
}

// Clear forgets all faults.
func (s *Set) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting = nil
}

// Serve answers one call of the operation: with the fault that waits for it, else with next.
// The outcome of a fault is "fault:" and its kind.
//
// The caller has read the request's body: only then does net/http notice that a client of Hang has left.
func (s *Set) Serve(w http.ResponseWriter, r *http.Request, operation string, vendor Wording, next Handler) (outcome string) {
	f, ok := s.take(operation)
	if !ok {
		return next(w, r)
	}
	switch f.Kind {
	case Status:
		w.WriteHeader(f.Status)
		_, _ = io.WriteString(w, f.Body)
	case Error:
		vendor.WriteError(w, f.Code)
	case RateLimited:
		vendor.WriteRateLimited(w, f.RetryAfter)
	case Hang:
		<-r.Context().Done()
	case Drop:
		drop(w)
	case DropAfter:
		next(discard{http.Header{}}, r)
		drop(w)
	case HTML:
		writePage(w, f.Status)
	}
	return "fault:" + string(f.Kind)
}

func (s *Set) take(operation string) (Fault, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	queue := s.waiting[operation]
	if len(queue) == 0 {
		return Fault{}, false
	}
	f := queue[0]
	if f.Times == Always {
		return f, true
	}
	queue[0].Times--
	if queue[0].Times == 0 {
		s.waiting[operation] = queue[1:]
	}
	return f, true
}

// drop closes the connection without an answer.
func drop(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // HTTP/2, or a recorder: net/http's own way to cut an answer short
	}
	_ = conn.Close()
}

func writePage(w http.ResponseWriter, status int) {
	if status == 0 {
		status = http.StatusServiceUnavailable
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, "<!DOCTYPE html>\n<html><head><title>Service unavailable</title></head>"+
		"<body><h1>Service unavailable</h1><p>The edge could not reach the origin.</p></body></html>\n")
}

// discard takes an answer that no client will see.
type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}

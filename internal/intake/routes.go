package intake

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync/atomic"
)

// Readiness says whether new requests should be sent to this process. The zero value is not draining.
type Readiness struct {
	draining atomic.Bool
	checks   []func() error
}

// NewReadiness is ready when each check returns nil, and until Drain.
func NewReadiness(checks ...func() error) *Readiness { return &Readiness{checks: checks} }

// Drain ends readiness for good; requests that still come are served.
func (r *Readiness) Drain() { r.draining.Store(true) }

// Routes are the paths of the public port.
func Routes(slack http.Handler, ready *Readiness) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST /slack/commands", ready.closing(slack))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", ready.serve)
	return mux
}

func (r *Readiness) serve(w http.ResponseWriter, _ *http.Request) {
	if r.draining.Load() {
		http.Error(w, "draining", http.StatusServiceUnavailable)
		return
	}
	for _, check := range r.checks {
		if err := check(); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
	}
	fmt.Fprintln(w, "ok")
}

// closing has callers reconnect, elsewhere, while draining: a connection that they keep would be closed under their
// next request.
func (r *Readiness) closing(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if r.draining.Load() {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, req)
	})
}

// logPanic leaves out the panic's own text: it could quote a request.
func logPanic(log *slog.Logger, value any) {
	log.Error("request panicked", "type", fmt.Sprintf("%T", value), "stack", string(debug.Stack()))
}

package intake

import (
	"fmt"
	"net/http"
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

// Routes are the paths of the public port. Commands have their URL in Slack, and so do interactions, which are clicks,
// shortcuts, searches and forms, and events; Fathom's webhook has one for each tenant.
func Routes(slack *Handler, ready *Readiness) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST /slack/commands", ready.closing(slack.on(readCommand)))
	mux.Handle("POST /slack/interactions", ready.closing(slack.on(readInteraction)))
	mux.Handle("POST /slack/events", ready.closing(slack.on(readEvent)))
	mux.Handle("POST /fathom/webhooks/{tenant}", ready.closing(http.HandlerFunc(slack.recorded)))
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

package jobs

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// wakeup turns any number of requests into notifications at least a while apart; the first goes at once.
type wakeup struct {
	pending chan struct{} // holds one
	apart   time.Duration
	notify  func(ctx context.Context, name string) error
	missed  string // what becomes of one that could not be sent, for the log
	log     *slog.Logger

	mu    sync.Mutex
	names map[string]bool // such as the queues that are to be looked at
}

func (w *wakeup) request(name string) {
	w.mu.Lock()
	if w.names == nil {
		w.names = map[string]bool{}
	}
	w.names[name] = true
	w.mu.Unlock()
	select {
	case w.pending <- struct{}{}:
	default: // one that is not sent yet serves this commit too
	}
}

func (w *wakeup) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.pending:
		}
		for name := range w.taken() {
			w.send(ctx, name)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(w.apart):
		}
	}
}

func (w *wakeup) taken() map[string]bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	names := w.names
	w.names = nil
	return names
}

func (w *wakeup) send(ctx context.Context, name string) {
	limited, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if err := w.notify(limited, name); err != nil && ctx.Err() == nil {
		w.log.Warn("not notified", "then", w.missed, "error", err)
	}
}

package jobs

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// wakeup turns any number of requests into notifications at least the time coalesce apart; the first goes at once.
type wakeup struct {
	pending chan struct{} // holds one
	notify  func(ctx context.Context, queue string) error
	log     *slog.Logger

	mu     sync.Mutex
	queues map[string]bool // that are to be notified
}

func (w *wakeup) request(queue string) {
	w.mu.Lock()
	if w.queues == nil {
		w.queues = map[string]bool{}
	}
	w.queues[queue] = true
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
		for queue := range w.taken() {
			w.send(ctx, queue)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(coalesce):
		}
	}
}

func (w *wakeup) taken() map[string]bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	queues := w.queues
	w.queues = nil
	return queues
}

func (w *wakeup) send(ctx context.Context, queue string) {
	limited, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if err := w.notify(limited, queue); err != nil && ctx.Err() == nil {
		w.log.Warn("workers not notified, they will find the job by polling", "error", err)
	}
}

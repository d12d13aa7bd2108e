package jobs

import (
	"context"
	"log/slog"
	"time"
)

// wakeup turns any number of requests into notifications at least the time coalesce apart; the first goes at once.
type wakeup struct {
	pending chan struct{} // holds one
	notify  func(context.Context) error
	log     *slog.Logger
}

func (w *wakeup) request() {
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
		w.send(ctx)
		select {
		case <-ctx.Done():
			return
		case <-time.After(coalesce):
		}
	}
}

func (w *wakeup) send(ctx context.Context) {
	limited, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if err := w.notify(limited); err != nil && ctx.Err() == nil {
		w.log.Warn("workers not notified, they will find the job by polling", "error", err)
	}
}

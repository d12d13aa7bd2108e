package followup

import (
	"context"
	"slices"
	"strings"
	"time"
)

// looks are when we look again for what Fathom has not written down yet, since it was asked for: 1, 2, 5, 10 and 30 minutes
// after one another.
var looks = []time.Duration{1 * time.Minute, 3 * time.Minute, 8 * time.Minute, 18 * time.Minute, 48 * time.Minute}

// giveUp is how long a vendor may be too busy for texts that a user asked for.
const giveUp = time.Hour

// tellTime is kept of a run's time for telling how it ended.
const tellTime = 10 * time.Second

// spare bounds calls to vendors so that there is time to tell the user of one that hangs.
func spare(ctx context.Context) (context.Context, context.CancelFunc) {
	if deadline, ok := ctx.Deadline(); ok {
		return context.WithDeadline(ctx, deadline.Add(-tellTime))
	}
	return context.WithCancel(ctx)
}

// await says when we look again, or that there is nothing.
func (r *preparation) await(ctx context.Context) error {
	elapsed := r.Now().Sub(r.req.AskedAt)
	i := slices.IndexFunc(looks, func(at time.Duration) bool { return at > elapsed })
	if i < 0 {
		return &Problem{Reason: NothingSaid}
	}
	r.card.Progress, r.card.Until = NotYet, r.req.AskedAt.Add(looks[i])
	if err := r.show(ctx, r.card); err != nil {
		return err
	}
	return &Later{At: r.card.Until}
}

// tell puts a problem on the card. Who asked us to wait is asked again, which the user need not see to.
func (r *preparation) tell(ctx context.Context, problem Problem) error {
	wait := problem.busy() && r.Now().Sub(r.req.AskedAt) < giveUp
	r.card.Progress, r.card.Problem = "", &problem
	if wait {
		r.card.Until = r.after(problem.RetryAfter)
	}
	if err := r.show(ctx, r.card); err != nil || !wait {
		return err
	}
	return &Later{At: r.card.Until}
}

// hasWords says that somebody said something.
func (r Recording) hasWords() bool {
	return slices.ContainsFunc(r.Lines, func(l Line) bool { return strings.TrimSpace(l.Text) != "" })
}

package followup

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/followup-dev/followup-operator/internal/crm"
	"github.com/followup-dev/followup-operator/internal/outcome"
)

// finishTime is for keeping what was done although the run is being stopped.
const finishTime = 5 * time.Second

// actionLife is how long a vendor may be too busy for an action; then its user has to ask again.
const actionLife = 24 * time.Hour

// verdict is how a run at an action ended.
type verdict struct {
	state  ActionState
	made   Artefact
	reason Reason
	until  time.Time // when it is tried again, if its vendor said when
	// problem is what is to be told beside the reason, or nil.
	problem *Problem
	err     error // what the run ends with once the user was told
}

// perform does the action, unless it is found done. Each end of a call that leaves it open whether it was done is followed by
// a look, at once if that helps, else in the next run.
func (a *Actor) perform(ctx context.Context, d *deed, sent bool) verdict {
	calling, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	p, err := a.performer(calling, d)
	if err != nil {
		return a.judge(d, err, sent)
	}
	if sent {
		made, found, err := p.look(calling)
		if err != nil {
			return a.judge(d, err, true)
		}
		if found {
			return verdict{state: Done, made: made}
		}
	}
	if err := a.charge(calling, d.action); err != nil {
		return a.judge(d, err, sent)
	}
	made, err := p.do(calling)
	if err == nil {
		return verdict{state: Done, made: made}
	}
	if leftOpen(err) {
		return a.lookAfter(ctx, d, p, err)
	}
	return a.judge(d, err, false)
}

// charge takes what the action uses of the tenant's plan: once, however often it is tried.
func (a *Actor) charge(ctx context.Context, action Action) error {
	if vendor := action.Kind.vendor(); vendor != atCRM {
		return nil
	}
	return a.Quotas.Charge(ctx, CRMWrites, action.Key)
}

// leftOpen says that a call may have done it all the same. It may, unless its failure says otherwise.
func leftOpen(err error) bool {
	switch problem, ok := errors.AsType[*Problem](err); {
	case outcome.ClassOf(err) != "":
		return outcome.ClassOf(err) == outcome.UnknownOutcome
	case ok:
		return problem.passes() && !problem.busy()
	default:
		return !errors.Is(err, crm.ErrNotFound)
	}
}

// lookAfter is for when cause leaves open whether it was done.
func (a *Actor) lookAfter(ctx context.Context, d *deed, p performer, cause error) verdict {
	looking, cancel := context.WithTimeout(ctx, finishTime)
	defer cancel()
	made, found, err := p.look(looking)
	switch {
	case errors.Is(err, errNoLook):
		return a.judge(d, err, true)
	case err == nil && found:
		return verdict{state: Done, made: made}
	default: // what is not found yet may be later
		return a.judge(d, cause, true)
	}
}

// judge says what comes of an action that failed. sent is whether it may have been done all the same.
func (a *Actor) judge(d *deed, err error, sent bool) verdict {
	waits, ends := Planned, Failed
	if sent {
		waits, ends = Unknown, Unknown
	}
	if errors.Is(err, errNoLook) {
		return verdict{state: Unknown, reason: NotSure}
	}
	err = d.action.Kind.vendor().explain(err)
	problem, ok := errors.AsType[*Problem](err)
	if !ok {
		problem = &Problem{Reason: Internal}
	}
	switch {
	case problem.busy() && a.Now().Sub(d.req.AskedAt) < actionLife:
		until := a.after(problem.RetryAfter)
		return verdict{state: waits, reason: problem.Reason, until: until, err: &Later{At: until}}
	case (!ok || problem.passes() && !problem.busy()) && !d.req.Final:
		return verdict{state: waits, reason: problem.Reason, err: &unfinished{err}}
	case problem.Limit != nil:
		return verdict{state: ends, reason: problem.Reason, problem: problem}
	default:
		return verdict{state: ends, reason: problem.Reason}
	}
}

// unfinished is an error that is worth another run, and that the card tells of already. It does not unwrap: a Problem in it
// would be told again.
type unfinished struct{ cause error }

func (u *unfinished) Error() string { return "the action is not done yet: " + u.cause.Error() }

// conclude keeps a verdict and tells it. That something was done is kept even if the run is being stopped.
func (a *Actor) conclude(ctx context.Context, d *deed, v verdict) error {
	if ctx.Err() != nil && v.state != Done {
		return ctx.Err() // the next run looks
	}
	keeping, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishTime)
	defer cancel()
	if err := a.Ledger.Finish(keeping, d.action.ID, v.state, v.made, v.reason); err != nil {
		return fmt.Errorf("keep how the action ended: %w", err)
	}
	d.action.State, d.action.Artefact, d.action.Reason, d.until = v.state, v.made, v.reason, v.until
	d.problem = v.problem
	if err := a.tell(ctx, d); err != nil {
		return err
	}
	return v.err
}

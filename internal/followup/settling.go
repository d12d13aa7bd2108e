package followup

import (
	"context"
	"errors"
	"fmt"
)

// undo takes back what was done. An action that changed since the click is another than the one that was meant.
func (a *Actor) undo(ctx context.Context, d *deed) error {
	if d.action.State != Done || d.late(d.action) {
		return a.tell(ctx, d)
	}
	err := a.takeBack(ctx, d)
	if errors.Is(err, errNoUndo) {
		return &Problem{Reason: CannotUndo}
	}
	err = d.action.Kind.vendor().explain(err)
	problem, ok := errors.AsType[*Problem](err)
	switch {
	case err == nil:
		return a.conclude(ctx, d, verdict{state: Undone, made: d.action.Artefact})
	case ok && problem.passes() && !problem.busy() && !d.req.Final:
		return &unfinished{err}
	default:
		return err
	}
}

func (a *Actor) takeBack(ctx context.Context, d *deed) error {
	calling, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	p, err := a.performer(calling, d)
	if err != nil {
		return err
	}
	return p.undo(calling, d.action.Artefact)
}

// settle keeps what the user saw at the vendor. What is not there can be done again.
func (a *Actor) settle(ctx context.Context, d *deed) error {
	if d.action.State != Unknown || d.late(d.action) {
		return a.tell(ctx, d)
	}
	switch d.req.Verb {
	case VerbWasDone:
		return a.conclude(ctx, d, verdict{state: Done})
	case VerbWasNotDone:
		return a.conclude(ctx, d, verdict{state: Failed, reason: d.action.Kind.vendor().down})
	default:
		return fmt.Errorf("there is no such verb: %d bytes", len(d.req.Verb))
	}
}

package followup

import "context"

// tell shows how the action ended: on the session's card, or where there is none in words.
func (a *Actor) tell(ctx context.Context, d *deed) error {
	if d.session == nil {
		return a.Board.Told(ctx, d.action, a.Offices.Has(ctx, Viewer{SlackUserID: d.req.SlackUserID}), d.until, d.problem)
	}
	card, err := a.cardOf(ctx, *d.session)
	if err != nil {
		return err
	}
	card.Until, card.Problem = d.until, d.problem
	return a.show(ctx, card)
}

// tellActing shows that it is being done. Without a card there is nothing to see but the end.
func (a *Actor) tellActing(ctx context.Context, d *deed) error {
	if d.session == nil {
		return nil
	}
	card, err := a.cardOf(ctx, *d.session)
	if err != nil {
		return err
	}
	card.Progress = Acting
	return a.show(ctx, card)
}

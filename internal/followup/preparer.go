package followup

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// Preparer has the texts of a meeting written, and keeps them. The model is asked once for each revision, unless a run dies
// between its answer and the next write: what is kept is never written again.
type Preparer struct {
	Workbench

	Content Content
	Writer  Writer
}

// PrepareRequest asks for the first texts of the meeting at Pick, or for the revision after From of a session.
type PrepareRequest struct {
	SlackUserID string
	Key         string // the same for each run of the click, and no other's
	Pick        Position
	SessionID   uuid.UUID
	From        int // the revision that the user saw, 0 for a Pick
	Wishes      Wishes
	AskedAt     time.Time // when the user clicked
	Final       bool      // no other run follows, so that the user must hear of an error
}

// Prepare returns nil when the user has seen how it ended, *Later, or an error that is worth another run.
func (p *Preparer) Prepare(ctx context.Context, tenant tenancy.Tenant, req PrepareRequest) error {
	run := &preparation{Preparer: p, tenant: tenant, req: req}
	err := run.prepare(ctx)
	problem, ok := errors.AsType[*Problem](err)
	switch {
	case ok && run.card == nil && problem.passes() && !req.Final:
		return err // there is no card to say it on yet
	case !ok || run.card == nil || ctx.Err() != nil:
		return p.end(ctx, err, req.Final)
	case problem.passes() && !problem.busy() && !req.Final:
		return err
	}
	return p.end(ctx, run.tell(ctx, *problem), req.Final)
}

// preparation is one run of a Preparer.
type preparation struct {
	*Preparer

	tenant tenancy.Tenant
	req    PrepareRequest
	card   *Card // nil before the session is known
}

func (r *preparation) prepare(ctx context.Context) error {
	at, err := r.position(ctx)
	if err != nil {
		return err
	}
	session, err := r.open(ctx, at)
	if err != nil {
		return err
	}
	if r.card, err = r.cardOf(ctx, session); err != nil {
		return err
	}
	if session.Revision <= r.req.From {
		if err := r.write(ctx); err != nil {
			return err
		}
	}
	return r.finish(ctx)
}

// finish shows the session as it is by now: writing takes a minute, in which its user may have done more.
func (r *preparation) finish(ctx context.Context) error {
	session, err := r.session(ctx, r.card.Session.ID, r.req.SlackUserID)
	if err != nil {
		return err
	}
	if err := r.match(ctx, &session); err != nil {
		return err
	}
	if r.card, err = r.cardOf(ctx, session); err != nil {
		return err
	}
	return r.show(ctx, r.card)
}

// position is where the meeting stands at Fathom.
func (r *preparation) position(ctx context.Context) (Position, error) {
	if r.req.SessionID == uuid.Nil {
		return r.req.Pick, nil
	}
	session, err := r.session(ctx, r.req.SessionID, r.req.SlackUserID)
	if err != nil {
		return Position{}, err
	}
	r.card, err = r.cardOf(ctx, session)
	return session.Meeting.Position(), err
}

// open finds the session, if the user may see the meeting: judged by what Fathom says of it now.
func (r *preparation) open(ctx context.Context, at Position) (Session, error) {
	viewer, err := r.whois().viewer(ctx, r.tenant.Visibility, r.req.SlackUserID)
	if err != nil {
		return Session{}, err
	}
	viewer, err = r.whois().refreshed(ctx, viewer) // everyone sees all, but the e-mail still is not to go to its sender
	if err != nil {
		return Session{}, err
	}
	asking, cancel := spare(ctx)
	defer cancel()
	meeting, err := r.Content.Find(asking, at)
	if err != nil {
		return Session{}, fmt.Errorf("find the meeting: %w", atFathom.explain(err))
	}
	if !viewer.sees(r.tenant.Visibility)(meeting) {
		return Session{}, &Problem{Reason: MeetingGone}
	}
	session, err := r.Sheets.Open(ctx, viewer, meeting)
	if err != nil {
		return Session{}, fmt.Errorf("open the session: %w", err)
	}
	return session, nil
}

// write makes the next revision.
func (r *preparation) write(ctx context.Context) error {
	brief, err := r.brief(ctx)
	if err != nil {
		return err
	}
	if err := r.Quotas.Charge(ctx, MeetingsProcessed, r.req.Key); err != nil {
		return err
	}
	r.card.Progress = Writing
	if err := r.show(ctx, r.card); err != nil {
		return err
	}
	writing, cancel := spare(ctx)
	defer cancel()
	texts, model, err := r.Writer.Write(writing, brief)
	if err != nil {
		return fmt.Errorf("have the texts written: %w", atWriter.explain(err))
	}
	written := Revision{Number: r.req.From + 1, Model: model, Texts: Checked(texts, brief), CreatedAt: r.Now()}
	return r.keep(ctx, written)
}

// keep makes texts the next revision. Those that the user had written anew are not lost to an edit that took their number
// meanwhile: they come after it.
func (r *preparation) keep(ctx context.Context, written Revision) error {
	for range maxRebased {
		kept, err := r.Sheets.AddRevision(ctx, r.card.Session.ID, written)
		if err != nil {
			return fmt.Errorf("keep the texts: %w", err)
		}
		if r.req.From == 0 || !kept.Edited {
			return nil
		}
		written.Number++
	}
	return fmt.Errorf("keep the texts: %d revisions came in between", maxRebased)
}

// maxRebased bounds how many edits may come in between.
const maxRebased = 10

// brief gathers what the texts are written from.
func (r *preparation) brief(ctx context.Context) (Brief, error) {
	session := r.card.Session
	r.card.Progress = Reading
	if err := r.show(ctx, r.card); err != nil {
		return Brief{}, err
	}
	brief := Brief{
		Meeting: session.Meeting, Viewer: session.Viewer, Recipients: session.Recipients(),
		NoteLocale: r.tenant.Locale, Zone: zoneOf(r.tenant), Now: r.Now(), MaxNote: maxNote(r.card.Has),
	}
	if r.req.From > 0 {
		previous, err := r.Sheets.Revision(ctx, session.ID, r.req.From)
		if err != nil {
			return Brief{}, gone(err)
		}
		brief.Previous = &previous.Texts
	}
	var err error
	if brief.Wishes, err = r.wishes(ctx); err != nil {
		return Brief{}, err
	}
	reading, cancel := spare(ctx)
	defer cancel()
	brief.Recording, err = r.Content.Read(reading, session.Meeting.RecordingID)
	if errors.Is(err, ErrNotWritten) {
		return Brief{}, r.await(ctx)
	}
	if err != nil {
		return Brief{}, fmt.Errorf("read what was said: %w", atFathom.explain(err))
	}
	if !brief.Recording.hasWords() {
		return Brief{}, &Problem{Reason: NothingSaid}
	}
	return brief, nil
}

// wishes are the user's, with their usual tone. A tone that they name is their usual one from now on.
func (r *preparation) wishes(ctx context.Context) (Wishes, error) {
	wishes := r.req.Wishes
	if wishes.Tone != "" {
		if err := r.Sheets.SetTone(ctx, r.req.SlackUserID, wishes.Tone); err != nil {
			return Wishes{}, fmt.Errorf("remember the tone: %w", err)
		}
		return wishes, nil
	}
	var err error
	if wishes.Tone, err = r.Sheets.Tone(ctx, r.req.SlackUserID); err != nil {
		return Wishes{}, fmt.Errorf("recall the tone: %w", err)
	}
	return wishes, nil
}

// match finds the account at the CRM, if it can be found without asking the user. A CRM that fails is in nobody's way.
func (r *preparation) match(ctx context.Context, session *Session) error {
	if session.Account != nil || r.card.Has.CRM == nil {
		return nil
	}
	asking, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	c, err := r.Offices.CRM(asking)
	if err != nil {
		return nil
	}
	match, _, err := r.matcher().Match(asking, c, *session)
	if err != nil || match == nil {
		return nil
	}
	if err := r.Sheets.SetAccount(ctx, session.ID, *match); err != nil {
		return fmt.Errorf("keep the account: %w", err)
	}
	session.Account = match
	return nil
}

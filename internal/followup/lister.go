package followup

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// patience is for asking Slack and Fathom; telling the user must still fit into the job's 30 s.
const patience = 18 * time.Second

// Screen is where one user sees the course of one request. A *Problem as error means that it is no use to go on.
type Screen interface {
	// Loading shows that something is being done. It must be the first call: Slack gives 3 s to open something.
	Loading(context.Context) error
	// Meetings shows a page of the list. List.Cut, if not nil, is to be said beside it.
	Meetings(context.Context, List) error
	// Meeting shows the one that was asked for. viewerEmail is the user's address, "" if everyone sees all.
	Meeting(ctx context.Context, meeting Meeting, viewerEmail string) error
	Problem(context.Context, Problem) error
}

// MeetingSource is where recordings come from. Its errors are a *Problem, or worth another run.
type MeetingSource interface {
	// Page returns recordings made in that span, newest first but for the order within a page. An empty cursor asks for
	// the first page, an empty next ends the last.
	Page(ctx context.Context, span Span, cursor string) (page []Meeting, next string, err error)
}

// Span is from when to when recordings were created, in whole seconds; zero is open. Fathom does not say whether the
// very seconds are in it.
type Span struct{ After, Before time.Time }

// Sessions keep what was shown: Fathom cannot be asked for a single meeting later.
type Sessions interface {
	SaveListed(ctx context.Context, viewer Viewer, meetings []Meeting) error
}

// Request is one user's wish to see their meetings.
type Request struct {
	SlackUserID string
	// Key is the request's own, the same for each of its runs.
	Key string
	// Final means that no other run follows, so that the user must hear of an error.
	Final bool
	// Before asks for the meetings older than this, zero for the newest.
	Before Position
	// Pick, if not zero, asks for this one meeting.
	Pick Position
}

// Lister shows a Slack user their meetings.
type Lister struct {
	Screen   Screen
	Source   MeetingSource
	People   People
	Profiles Profiles
	Sessions Sessions
	Quotas   Quotas
	Now      func() time.Time
}

// List shows a page of the meetings that the user may see, or the one they picked, or what is in the way. A picked
// meeting that is gone, or that the user may not see now, is the Problem MeetingGone.
func (l *Lister) List(ctx context.Context, tenant tenancy.Tenant, req Request) error {
	show, err := l.prepare(ctx, tenant, req)
	if err == nil {
		return show(ctx)
	}
	if problem, ok := errors.AsType[*Problem](err); ok {
		return l.Screen.Problem(ctx, *problem)
	}
	if req.Final {
		return errors.Join(err, l.Screen.Problem(ctx, Problem{Reason: Internal}))
	}
	return err
}

func (l *Lister) prepare(ctx context.Context, tenant tenancy.Tenant, req Request) (show func(context.Context) error, err error) {
	if err := l.Screen.Loading(ctx); err != nil {
		return nil, fmt.Errorf("show that it is loading: %w", err)
	}
	if err := l.Quotas.Charge(ctx, Requests, req.Key); err != nil {
		return nil, err
	}
	viewer, found, err := l.ask(ctx, tenant.Visibility, req)
	if ctx.Err() != nil {
		return nil, ctx.Err() // we are being stopped, which is not the user's to hear
	}
	if err != nil {
		return nil, err
	}
	if err := l.Sessions.SaveListed(ctx, viewer, found.Meetings); err != nil {
		return nil, fmt.Errorf("save listed meetings: %w", err)
	}
	if !req.Pick.IsZero() {
		return func(ctx context.Context) error { return l.Screen.Meeting(ctx, found.Meetings[0], found.Email) }, nil
	}
	return func(ctx context.Context) error { return l.Screen.Meetings(ctx, found) }, nil
}

// ask finds a page, or a page of the one meeting that was picked.
func (l *Lister) ask(ctx context.Context, visibility tenancy.Visibility, req Request) (Viewer, List, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	viewer, err := whois{l.People, l.Profiles, l.Now}.viewer(ctx, visibility, req.SlackUserID)
	if err != nil {
		return Viewer{}, List{}, err
	}
	sees := viewer.sees(visibility)
	list := List{Visibility: visibility, Newest: req.Before.IsZero()}
	if visibility != tenancy.Everyone {
		list.Email = viewer.Email
	}
	if !req.Pick.IsZero() {
		meeting, err := l.pick(ctx, req.Pick, sees)
		list.Meetings = []Meeting{meeting}
		return viewer, list, err
	}
	r := reading{source: l.Source, before: req.Before}
	if err := r.read(ctx, sees); err != nil {
		return Viewer{}, List{}, fmt.Errorf("list meetings: %w", err)
	}
	r.fill(&list, sees)
	return viewer, list, nil
}

package followup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/followup-dev/followup-operator/internal/tenancy"
)

const (
	// Window is how far back meetings are listed.
	Window = 14 * 24 * time.Hour
	// maxPages bounds the calls that one list takes of Fathom's 60 a minute.
	maxPages  = 5
	maxListed = 20
	// patience is for asking Slack and Fathom; telling the user must still fit into the job's 30 s.
	patience = 18 * time.Second
)

// Screen is where one user sees the course of one request. A *Problem as error means that it is no use to go on.
type Screen interface {
	// Loading shows that something is being done. It must be the first call: Slack gives 3 s to open something.
	Loading(context.Context) error
	Meetings(context.Context, List) error
	Problem(context.Context, Problem) error
}

// MeetingSource is where recordings come from. Its errors are a *Problem, or worth another run.
type MeetingSource interface {
	// Page returns recordings made since then. An empty cursor asks for the first page, an empty next ends the last.
	Page(ctx context.Context, since time.Time, cursor string) (page []Meeting, next string, err error)
}

// Sessions keep what was shown: Fathom cannot be asked for a single meeting later.
type Sessions interface {
	SaveListed(ctx context.Context, viewer Viewer, meetings []Meeting) error
}

// Request is one user's wish to see their meetings.
type Request struct {
	SlackUserID string
	// Final means that no other run follows, so that the user must hear of an error.
	Final bool
}

// Lister shows a Slack user their recent meetings.
type Lister struct {
	Screen   Screen
	Source   MeetingSource
	People   People
	Profiles Profiles
	Sessions Sessions
	Now      func() time.Time
}

// List shows the meetings of the last 14 days that the user may see, or what is in the way.
func (l *Lister) List(ctx context.Context, tenant tenancy.Tenant, req Request) error {
	list, err := l.prepare(ctx, tenant, req)
	if err == nil {
		return l.Screen.Meetings(ctx, list)
	}
	if problem, ok := errors.AsType[*Problem](err); ok {
		return l.Screen.Problem(ctx, *problem)
	}
	if req.Final {
		return errors.Join(err, l.Screen.Problem(ctx, Problem{Reason: Internal}))
	}
	return err
}

func (l *Lister) prepare(ctx context.Context, tenant tenancy.Tenant, req Request) (List, error) {
	if err := l.Screen.Loading(ctx); err != nil {
		return List{}, fmt.Errorf("show that it is loading: %w", err)
	}
	viewer, list, err := l.ask(ctx, tenant.Visibility, req.SlackUserID)
	if ctx.Err() != nil {
		return List{}, ctx.Err() // we are being stopped, which is not the user's to hear
	}
	if err != nil {
		return List{}, err
	}
	if err := l.Sessions.SaveListed(ctx, viewer, list.Meetings); err != nil {
		return List{}, fmt.Errorf("save listed meetings: %w", err)
	}
	return list, nil
}

func (l *Lister) ask(ctx context.Context, visibility tenancy.Visibility, slackUserID string) (Viewer, List, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	viewer, err := l.viewer(ctx, visibility, slackUserID)
	if err != nil {
		return Viewer{}, List{}, err
	}
	list, err := l.recent(ctx, visibility, viewer.Email)
	if err != nil {
		return Viewer{}, List{}, fmt.Errorf("list meetings: %w", err)
	}
	return viewer, list, nil
}

// recent reads what the key sees and keeps what the user may see.
func (l *Lister) recent(ctx context.Context, visibility tenancy.Visibility, email string) (List, error) {
	recordings, older, err := l.recordings(ctx)
	if err != nil {
		return List{}, err
	}
	list := List{Visibility: visibility, Recordings: len(recordings), Older: older, Meetings: recordings}
	if visibility != tenancy.Everyone {
		list.Email = email
		list.Meetings = slices.DeleteFunc(recordings, func(m Meeting) bool { return !m.concerns(email) })
	}
	slices.SortFunc(list.Meetings, func(a, b Meeting) int {
		return cmp.Or(b.Start.Compare(a.Start), cmp.Compare(b.RecordingID, a.RecordingID))
	})
	list.Dropped = max(0, len(list.Meetings)-maxListed)
	list.Meetings = list.Meetings[:len(list.Meetings)-list.Dropped]
	return list, nil
}

// recordings reads up to maxPages; older says whether there were more. A recording that ends while we page moves the
// others on by one, so the same one may come twice.
func (l *Lister) recordings(ctx context.Context) (all []Meeting, older bool, err error) {
	since, cursor, seen := l.Now().Add(-Window), "", map[string]bool{}
	for range maxPages {
		page, next, err := l.Source.Page(ctx, since, cursor)
		if err != nil {
			return nil, false, err
		}
		for _, m := range page {
			if m.RecordingID != "" && !seen[m.RecordingID] {
				seen[m.RecordingID] = true
				all = append(all, m)
			}
		}
		if next == "" {
			return all, false, nil
		}
		cursor = next
	}
	return all, true, nil
}

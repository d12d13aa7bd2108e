package followup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/followup-dev/followup-operator/internal/outcome"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// Announcements keep which of a tenant's recordings somebody was told of.
type Announcements interface {
	// First keeps that a recording is announced: true for the first who says so.
	First(ctx context.Context, recordingID string, createdAt time.Time) (bool, error)
	// Forget takes back what First kept: nobody was told after all.
	Forget(ctx context.Context, recordingID string) error
	// Since is from when on recordings are looked for: six hours before the last that was kept, but not before Since was
	// first called, with which polling begins.
	Since(ctx context.Context) (time.Time, error)
}

// Colleagues find Slack users by their address.
type Colleagues interface {
	// ByEmail returns the Slack user ID of an address's owner, or ErrUnknownViewer.
	ByEmail(ctx context.Context, email string) (slackUserID string, err error)
}

// Announcer tells whoever recorded a meeting, and nobody else, that it can be followed up: once for each recording,
// whether Fathom's webhook or a poll finds it first.
//
// A recording is kept as announced before the message is sent, so that two who find it at the same time don't both send
// one. It is forgotten again if the message was certainly not sent: then the next run, or a poll within six hours, tries
// again. A process that dies in between leaves a recording that nobody was told of, and that is in the list as any other;
// that is better than to be told twice.
type Announcer struct {
	Content       Content
	Source        MeetingSource
	Announcements Announcements
	Colleagues    Colleagues
	Board         Board
	Now           func() time.Time
}

const (
	// maxPolled bounds the pages of one poll; with Fathom's 10 recordings a page, that is more than a busy day.
	maxPolled = 30
	// pollPause is until the next try when Fathom asks to wait and does not say how long.
	pollPause = time.Minute
	// forgetTime is for taking back what was kept, even when the run is being stopped.
	forgetTime = 5 * time.Second
)

// Announce announces the recording that Fathom's webhook told of. It returns nil also when there is nobody to be told, or
// when asking again would not help; *Later; or an error that is worth another run.
func (a *Announcer) Announce(ctx context.Context, _ tenancy.Tenant, at Position) error {
	meeting, err := a.Content.Find(ctx, at)
	if err != nil {
		return a.ending(fmt.Errorf("find the recording to announce: %w", err))
	}
	return a.ending(a.tell(ctx, meeting))
}

// Poll announces the recordings since the last that no webhook told of, oldest first: a poll that is cut short goes on
// where it ended.
func (a *Announcer) Poll(ctx context.Context, _ tenancy.Tenant) error {
	since, err := a.Announcements.Since(ctx)
	if err != nil {
		return fmt.Errorf("find out where to poll from: %w", err)
	}
	found, err := a.read(ctx, since)
	if err != nil {
		return a.ending(fmt.Errorf("poll recordings: %w", err))
	}
	var failed error
	for _, meeting := range found {
		err := a.tell(ctx, meeting)
		if hopeless(err) || ctx.Err() != nil {
			return a.ending(err)
		}
		failed = errors.Join(failed, err) // one that can't be announced is in nobody's way
	}
	return failed
}

// hopeless says that the next recording would fare no better.
func hopeless(err error) bool {
	_, problem := errors.AsType[*Problem](err)
	return problem || slices.Contains([]outcome.Class{outcome.Throttled, outcome.Unauthorized}, outcome.ClassOf(err))
}

// read returns the recordings of the last pages, oldest first.
func (a *Announcer) read(ctx context.Context, since time.Time) ([]Meeting, error) {
	var found []Meeting
	cursor := ""
	for range maxPolled {
		page, next, err := a.Source.Page(ctx, Span{After: since}, cursor)
		if err != nil {
			return nil, err
		}
		found = append(found, page...)
		if next == "" {
			break
		}
		cursor = next
	}
	found = slices.DeleteFunc(found, func(m Meeting) bool { return !m.Position().valid() || m.CreatedAt.Before(since) })
	slices.SortFunc(found, func(x, y Meeting) int { return y.Position().compare(x.Position()) })
	return found, nil
}

// tell announces a recording to who recorded it, unless that was done or they are not in Slack.
func (a *Announcer) tell(ctx context.Context, meeting Meeting) error {
	first, err := a.Announcements.First(ctx, meeting.RecordingID, meeting.CreatedAt)
	if err != nil {
		return fmt.Errorf("keep that a recording is announced: %w", err)
	}
	if !first {
		return nil
	}
	err = a.send(ctx, meeting)
	if err == nil || outcome.ClassOf(err) == outcome.UnknownOutcome {
		return nil // the message may be there
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), forgetTime)
	defer cancel()
	if failed := a.Announcements.Forget(ctx, meeting.RecordingID); failed != nil {
		err = errors.Join(err, fmt.Errorf("forget that a recording is announced: %w", failed))
	}
	return err
}

func (a *Announcer) send(ctx context.Context, meeting Meeting) error {
	if meeting.RecordedBy.Email == "" {
		return nil
	}
	recorder, err := a.Colleagues.ByEmail(ctx, meeting.RecordedBy.Email)
	if errors.Is(err, ErrUnknownViewer) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find the recorder in Slack: %w", err)
	}
	if err := a.Board.Announce(ctx, recorder, meeting); err != nil {
		return fmt.Errorf("announce a recording: %w", err)
	}
	return nil
}

// ending makes of an error what it means for a run that nobody waits for: what a person has to set right first is not
// worth another one, and comes to their notice when they list their meetings.
func (a *Announcer) ending(err error) error {
	problem, ok := errors.AsType[*Problem](err)
	switch class := outcome.ClassOf(err); {
	case class == outcome.Throttled:
		return a.later(outcome.RetryAfterOf(err))
	case class == outcome.Unauthorized:
		return nil
	case !ok:
		return err
	case problem.Reason == FathomBusy:
		return a.later(problem.RetryAfter)
	case problem.passes(), problem.Reason == SlackDown:
		return err
	default:
		return nil
	}
}

func (a *Announcer) later(wait time.Duration) error {
	if wait <= 0 {
		wait = pollPause
	}
	return &Later{At: a.Now().Add(wait)}
}

package followup

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// profileLife is how long a profile is taken for current: who leaves a mailbox to a colleague leaves its meetings, too.
const profileLife = 24 * time.Hour

// ErrUnknownViewer means that a user was never seen before.
var ErrUnknownViewer = errors.New("viewer is not known yet")

// Viewer is a Slack user as we keep them.
type Viewer struct {
	ID          uuid.UUID
	SlackUserID string
	Profile
	// RefreshedAt is when Slack was last asked for the profile, zero for never.
	RefreshedAt time.Time
}

// Profile is what Slack tells about a user.
type Profile struct {
	Name  string
	Email string // "" when Slack does not show it
}

// stale says that the address is not known, or may be somebody else's by now.
func (v Viewer) stale(now time.Time) bool {
	return v.Email == "" || now.Sub(v.RefreshedAt) >= profileLife
}

// sees says which meetings are for the viewer to see.
func (v Viewer) sees(visibility tenancy.Visibility) func(Meeting) bool {
	if visibility == tenancy.Everyone {
		return func(Meeting) bool { return true }
	}
	return func(m Meeting) bool { return m.concerns(v.Email) }
}

// People keeps the viewers of one tenant.
type People interface {
	// Find returns a viewer, or ErrUnknownViewer.
	Find(ctx context.Context, slackUserID string) (Viewer, error)
	// Save writes a viewer by their Slack user ID, and returns them with their ID.
	Save(ctx context.Context, viewer Viewer) (Viewer, error)
}

// Profiles asks Slack. Its errors are a *Problem, or worth another run.
type Profiles interface {
	Profile(ctx context.Context, slackUserID string) (Profile, error)
}

// whois finds out who a user is.
type whois struct {
	people   People
	profiles Profiles
	now      func() time.Time
}

// viewer finds out who asks, to decide what they see. Where everyone sees everything, nobody's address is needed for that,
// so Slack is not asked for it. Elsewhere an address that is not known, or not to be current, decides nothing: by the time
// somebody else may have it, and would see its former owner's meetings.
func (w whois) viewer(ctx context.Context, visibility tenancy.Visibility, slackUserID string) (Viewer, error) {
	viewer, err := w.people.Find(ctx, slackUserID)
	unknown := errors.Is(err, ErrUnknownViewer)
	if err != nil && !unknown {
		return Viewer{}, fmt.Errorf("find viewer: %w", err)
	}
	viewer.SlackUserID = slackUserID
	stale := visibility != tenancy.Everyone && viewer.stale(w.now())
	if stale {
		viewer.Profile, err = w.profiles.Profile(ctx, slackUserID)
		if err != nil {
			return Viewer{}, fmt.Errorf("ask Slack who it is: %w", err)
		}
		viewer.RefreshedAt = w.now()
	}
	if stale || unknown {
		viewer, err = w.people.Save(ctx, viewer)
		if err != nil {
			return Viewer{}, fmt.Errorf("save viewer: %w", err)
		}
	}
	if visibility != tenancy.Everyone && viewer.Email == "" {
		return Viewer{}, &Problem{Reason: EmailHidden}
	}
	return viewer, nil
}

// refreshed returns the viewer as Slack knows them now, for work on what they may see anyhow. Slack failing is no reason not
// to do it: then they are as we knew them.
func (w whois) refreshed(ctx context.Context, viewer Viewer) (Viewer, error) {
	if !viewer.stale(w.now()) {
		return viewer, nil
	}
	profile, err := w.profiles.Profile(ctx, viewer.SlackUserID)
	if err != nil {
		return viewer, nil //nolint:nilerr // as said above
	}
	viewer.Profile, viewer.RefreshedAt = profile, w.now()
	viewer, err = w.people.Save(ctx, viewer)
	if err != nil {
		return Viewer{}, fmt.Errorf("save viewer: %w", err)
	}
	return viewer, nil
}

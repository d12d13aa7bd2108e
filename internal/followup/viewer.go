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

// viewer finds out who asks. Where everyone sees everything, nobody's address is needed, so Slack is not asked for it.
func (l *Lister) viewer(ctx context.Context, visibility tenancy.Visibility, slackUserID string) (Viewer, error) {
	viewer, err := l.People.Find(ctx, slackUserID)
	unknown := errors.Is(err, ErrUnknownViewer)
	if err != nil && !unknown {
		return Viewer{}, fmt.Errorf("find viewer: %w", err)
	}
	viewer.SlackUserID = slackUserID
	stale := visibility != tenancy.Everyone && viewer.stale(l.Now())
	if stale {
		viewer.Profile, err = l.Profiles.Profile(ctx, slackUserID)
		if err != nil {
			return Viewer{}, fmt.Errorf("ask Slack who it is: %w", err)
		}
		viewer.RefreshedAt = l.Now()
	}
	if stale || unknown {
		viewer, err = l.People.Save(ctx, viewer)
		if err != nil {
			return Viewer{}, fmt.Errorf("save viewer: %w", err)
		}
	}
	if visibility != tenancy.Everyone && viewer.Email == "" {
		return Viewer{}, &Problem{Reason: EmailHidden}
	}
	return viewer, nil
}

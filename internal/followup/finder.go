package followup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/followup-dev/followup-operator/internal/tenancy"
)

const (
	// FindTime is how long a search may take at most: Slack drops suggestions that take more than 3 s.
	FindTime = 1500 * time.Millisecond
	// enoughTime is how long a search that has something to look into waits for more: each takes the place of another.
	enoughTime = 700 * time.Millisecond
	// maxFound is how many suggestions Slack takes.
	maxFound = 100
)

// Recent are the tenant's recordings of late, read from Fathom not long ago. It has no error: if Fathom can't be asked,
// or not before Wait ends, it is what was read before, perhaps nothing.
type Recent interface {
	Recent(ctx context.Context) []Meeting
}

// Wait bounds how long a search waits for Fathom: as long as it may take, or less if it has some meetings anyhow.
func Wait(ctx context.Context, some bool) (context.Context, context.CancelFunc) {
	if some {
		return context.WithTimeout(ctx, enoughTime)
	}
	return context.WithCancel(ctx)
}

// Shown are the meetings that a viewer was shown before, newest first. Their participants are as they were then: an
// address, or a name where there was none.
type Shown interface {
	Shown(ctx context.Context, viewer Viewer) ([]Meeting, error)
}

// Finder searches a user's meetings while the user types.
//
// What it gives is decided by the address that we have for the user, whom it does not ask Slack for: there is no time.
// A user whose address is not known, or was not asked for within profileLife, finds nothing until they list their
// meetings, except where everyone sees all. Meetings shown before are held to the same rule as recordings. So neither
// whoever took an address over, nor a user of a workspace that once showed everything to everyone, finds what they may
// not see now. One thing is left: who was taken off an invitation still finds the title they were shown, while the
// recording is not among the recent ones. They can't pick it: a Lister judges by what Fathom says then.
type Finder struct {
	Recent Recent
	People People
	Shown  Shown
	Now    func() time.Time
}

// Find returns the meetings that the user may see and that have each of the typed words in their title, or in the name,
// address or company of a participant: newest first, at most 100. It takes FindTime at most.
func (f *Finder) Find(ctx context.Context, tenant tenancy.Tenant, slackUserID, typed string) ([]Meeting, error) {
	ctx, cancel := context.WithTimeout(ctx, FindTime)
	defer cancel()
	viewer, err := f.People.Find(ctx, slackUserID)
	unknown := errors.Is(err, ErrUnknownViewer)
	if err != nil && !unknown {
		return nil, fmt.Errorf("find viewer: %w", err)
	}
	if tenant.Visibility != tenancy.Everyone && (unknown || viewer.stale(f.Now())) {
		return nil, nil
	}
	var shown []Meeting
	if !unknown {
		if shown, err = f.Shown.Shown(ctx, viewer); err != nil {
			return nil, fmt.Errorf("find meetings shown before: %w", err)
		}
	}
	waiting, enough := Wait(ctx, len(shown) > 0)
	defer enough()
	all := merge(f.Recent.Recent(waiting), shown)
	sees, matches := viewer.sees(tenant.Visibility), matcher(typed)
	found := slices.DeleteFunc(all, func(m Meeting) bool { return !m.Position().valid() || !sees(m) || !matches(m) })
	slices.SortFunc(found, newestFirst)
	return found[:min(len(found), maxFound)], nil
}

// merge takes each meeting once, as it is in recent if it is there: who sees it is judged by that.
func merge(recent, shown []Meeting) []Meeting {
	all, seen := make([]Meeting, 0, len(recent)+len(shown)), map[string]bool{}
	for _, m := range slices.Concat(recent, shown) {
		if !seen[m.RecordingID] {
			seen[m.RecordingID] = true
			all = append(all, m)
		}
	}
	return all
}

package adapters

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/followup-dev/followup-operator/internal/followup"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

const (
	// recentPages are read for a search, at most once in recentLife, by each process: with two replicas of the webhook, 10 of
	// a key's 60 calls a minute.
	recentPages = 5
	recentLife  = time.Minute
	// recentKept is how long what was read is searched while Fathom can't be asked.
	recentKept = 10 * time.Minute
	// recentPause is until Fathom is asked again after it failed and did not say when.
	recentPause = 10 * time.Second
	// recentTime bounds one reading. It goes on when the user who caused it is not waiting any more.
	recentTime = 20 * time.Second
	// maxTenants are remembered: see kept.
	maxTenants = 256
)

var errPanicked = errors.New("panicked")

// recent is one tenant's recordings of late, as followup.Recent.
type recent struct {
	of     *Adapters
	tenant tenancy.Tenant
}

// Recent implements followup.Recent. Recordings are kept for the key that saw them: a tenant whose key is replaced or
// taken away has none until its new key is asked.
func (r recent) Recent(ctx context.Context) []followup.Meeting {
	client, key := r.of.fathom(ctx, r.tenant)
	if client == nil {
		return nil
	}
	all, now := &r.of.recents, r.of.Now
	name := r.tenant.ID.String() + key
	known := all.known(name, now())
	if !all.due(name, now()) {
		return known
	}
	source := recordings{fathom: client, log: r.of.log(r.tenant)}
	read := all.flights.DoChan(name, func() (any, error) { return nil, all.fly(ctx, name, source, now) })
	waiting, cancel := followup.Wait(ctx, len(known) > 0)
	defer cancel()
	select {
	case <-read:
	case <-waiting.Done():
	}
	return all.known(name, now())
}

// recents remembers what keys saw. Of many tenants it forgets those who searched longest ago.
type recents struct {
	flights singleflight.Group

	mu    sync.Mutex
	byKey map[string]*remembered
}

// remembered is what one key saw. A reading that is not complete, yet or because Fathom failed, stands before the last
// complete one.
type remembered struct {
	complete, partial reading
	due               time.Time // not to be read again before
	used              time.Time
}

type reading struct {
	meetings []followup.Meeting // never changed
	at       time.Time
}

func (r reading) known(now time.Time) []followup.Meeting {
	if now.Sub(r.at) >= recentKept {
		return nil
	}
	return r.meetings
}

func (r *recents) due(name string, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	seen := r.byKey[name]
	return seen == nil || !now.Before(seen.due)
}

func (r *recents) known(name string, now time.Time) []followup.Meeting {
	r.mu.Lock()
	defer r.mu.Unlock()
	seen := r.byKey[name]
	if seen == nil {
		return nil
	}
	seen.used = now
	return slices.Concat(seen.partial.known(now), seen.complete.known(now))
}

// fly reads, as long as it takes, for all who wait. A panic is one more way to fail: nobody else would catch it there, and it
// would end the process. Its text is left out: it could quote what was read.
func (r *recents) fly(ctx context.Context, name string, source recordings, now func() time.Time) (err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recentTime)
	defer cancel()
	defer func() {
		if value := recover(); value != nil {
			source.log.Error("reading for a search panicked", "type", fmt.Sprintf("%T", value), "stack", string(debug.Stack()))
			err = errPanicked
		}
		if err != nil {
			r.note(name, now(), func(seen *remembered) { seen.failed(err, now()) })
		}
	}()
	return r.read(ctx, name, source, now)
}

// read asks for some pages, each of which can be searched as soon as it is there.
func (r *recents) read(ctx context.Context, name string, source followup.MeetingSource, now func() time.Time) error {
	var all kept
	var so reading
	cursor := ""
	for range recentPages {
		page, next, err := source.Page(ctx, followup.Span{}, cursor)
		if err != nil {
			return err
		}
		all.add(page)
		so = reading{meetings: slices.Clone(all.meetings), at: now()}
		r.note(name, now(), func(seen *remembered) { seen.partial = so })
		if next == "" {
			break
		}
		cursor = next
	}
	r.note(name, now(), func(seen *remembered) {
		*seen = remembered{complete: so, due: now().Add(recentLife)}
	})
	return nil
}

// failed keeps what is known, except of a key that is refused: what it saw is not ours to show any more.
func (m *remembered) failed(err error, now time.Time) {
	m.due = now.Add(recentPause)
	problem, ok := errors.AsType[*followup.Problem](err)
	if !ok {
		return
	}
	if problem.RetryAfter > 0 {
		m.due = now.Add(problem.RetryAfter)
	}
	if problem.Reason == followup.FathomKeyRefused {
		m.complete, m.partial = reading{}, reading{}
	}
}

// stale says that nothing would be missed.
func (m *remembered) stale(now time.Time) bool {
	return !now.Before(m.due) && len(m.complete.known(now)) == 0 && len(m.partial.known(now)) == 0
}

// note changes what is known of a key, and makes room for it: what is too old to be searched goes with each note.
func (r *recents) note(name string, now time.Time, change func(*remembered)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	maps.DeleteFunc(r.byKey, func(_ string, seen *remembered) bool { return seen.stale(now) })
	seen := r.byKey[name]
	if seen == nil {
		r.makeRoom()
		seen = &remembered{}
		r.byKey[name] = seen
	}
	change(seen)
	seen.used = now
}

func (r *recents) makeRoom() {
	if r.byKey == nil {
		r.byKey = map[string]*remembered{}
	}
	if len(r.byKey) < maxTenants {
		return
	}
	var oldest string
	for name, seen := range r.byKey {
		if oldest == "" || seen.used.Before(r.byKey[oldest].used) {
			oldest = name
		}
	}
	delete(r.byKey, oldest)
}

package directory

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/followup-dev/followup-operator/internal/store"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// Workspace is where a request of Slack comes from.
type Workspace struct {
	TeamID       string
	EnterpriseID string
	OrgInstall   bool // the app is installed in the whole organisation; TeamID is merely where it was used
}

// Directory is the tenants of one Slack app. Lookups are safe from any goroutine, and before Run.
type Directory struct {
	db  *store.DB
	app store.App
	log *slog.Logger
	now func() time.Time
	// sweepEvery is the time between full loads, the safety net under the listener.
	sweepEvery time.Duration

	changed func(tenancy.ID) // see OnChange

	tenants   snapshot
	loading   chan struct{}             // held while the database is read into tenants, so that old never replaces new
	loaded    atomic.Pointer[time.Time] // when the last load began: it has all that was committed before
	listening atomic.Bool               // changes arrive, and those before are loaded
	heard     atomic.Pointer[time.Time] // when the listener was last known to be connected
}

// maxSilence is how long the listener may not be heard of before lookups go to the database.
const maxSilence = 5 * time.Second

// New makes an empty directory of the app's tenants; Run fills it.
func New(db *store.DB, app store.App, log *slog.Logger) *Directory {
	d := &Directory{
		db: db, app: app, log: log, now: time.Now, sweepEvery: 30 * time.Second, loading: make(chan struct{}, 1),
		changed: func(tenancy.ID) {},
	}
	d.tenants.replace(nil)
	d.mark(&d.heard)
	return d
}

// OnChange has f told of each tenant that was added, changed or dropped, once the directory says so, and of uuid.Nil when any may
// have been. It is to be called before Run; f must not block.
func (d *Directory) OnChange(f func(tenancy.ID)) { d.changed = f }

// Lookup returns the tenant of a workspace, or tenancy.ErrNotFound. Any other error means that it can't be told now; beside
// it is the tenant that was last known, if any, with which its people can be told so, and nothing else be done.
func (d *Directory) Lookup(ctx context.Context, w Workspace) (tenancy.Tenant, error) {
	asked := d.now()
	tenant, found := d.tenants.find(w)
	if d.current() {
		return tenant, notFoundUnless(found)
	}
	if found {
		current, err := d.db.TenantDirectoryEntry(ctx, d.app, tenant.ID)
		if err == nil {
			return current, nil
		}
		if !errors.Is(err, tenancy.ErrNotFound) {
			return tenant, err
		}
	}
	// Unknown, or replaced by another tenant of the same workspace.
	if err := d.loadSince(ctx, asked); err != nil {
		return tenancy.Tenant{}, err
	}
	tenant, found = d.tenants.find(w)
	return tenant, notFoundUnless(found)
}

// ByID returns a tenant, or tenancy.ErrNotFound. A tenant that another process knew a moment before this one is found.
func (d *Directory) ByID(ctx context.Context, id tenancy.ID) (tenancy.Tenant, error) {
	if tenant, found := d.tenants.byID(id); found && d.current() {
		return tenant, nil
	}
	return d.db.TenantDirectoryEntry(ctx, d.app, id)
}

// All returns the tenants of the snapshot, in no order.
func (d *Directory) All() []tenancy.Tenant { return d.tenants.all() }

// Loaded says that the first snapshot is in.
func (d *Directory) Loaded() bool { return d.loaded.Load() != nil }

// Len is the number of tenants in the snapshot.
func (d *Directory) Len() int { return d.tenants.len() }

// Age is how long ago the listener was last known to be connected; over 5 s, lookups go to the database.
func (d *Directory) Age() time.Duration { return d.now().Sub(*d.heard.Load()) }

// current says that the snapshot can be relied on.
func (d *Directory) current() bool { return d.listening.Load() && d.Age() <= maxSilence }

func (d *Directory) mark(at *atomic.Pointer[time.Time]) {
	now := d.now()
	at.Store(&now)
}

// loadSince replaces the snapshot, unless one that began after asked is in already.
func (d *Directory) loadSince(ctx context.Context, asked time.Time) error {
	unlock, err := d.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if last := d.loaded.Load(); last != nil && last.After(asked) {
		return nil
	}
	began := d.now()
	tenants, err := d.db.TenantDirectory(ctx, d.app)
	if err != nil {
		return fmt.Errorf("load the tenants: %w", err)
	}
	d.tenants.replace(tenants)
	d.loaded.Store(&began)
	return nil
}

// refresh replaces one tenant, or drops it.
func (d *Directory) refresh(ctx context.Context, id tenancy.ID) error {
	unlock, err := d.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	tenant, err := d.db.TenantDirectoryEntry(ctx, d.app, id)
	switch {
	case errors.Is(err, tenancy.ErrNotFound):
		d.tenants.drop(id)
	case err != nil:
		return fmt.Errorf("refresh tenant %s: %w", id, err)
	default:
		d.tenants.put(tenant)
	}
	return nil
}

func (d *Directory) lock(ctx context.Context) (unlock func(), err error) {
	select {
	case d.loading <- struct{}{}:
		return func() { <-d.loading }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for the tenants to load: %w", ctx.Err())
	}
}

func notFoundUnless(found bool) error {
	if found {
		return nil
	}
	return tenancy.ErrNotFound
}

package jobs

import (
	"context"
	"log/slog"
	"time"

	"github.com/followup-dev/followup-operator/internal/store"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// healthApart is the least time between two notifications of one tenant.
const healthApart = 500 * time.Millisecond

// HealthTeller tells the operator of which tenants' credentials or connections something new is known, after that is committed:
// commits that notify queue for each other.
type HealthTeller struct {
	appID  string
	wakeup *wakeup
}

// NewHealthTeller tells with the worker's pool.
func NewHealthTeller(db *store.DB, appID string, log *slog.Logger) *HealthTeller {
	return &HealthTeller{appID: appID, wakeup: &wakeup{
		pending: make(chan struct{}, 1),
		apart:   healthApart,
		missed:  "the operator looks every ten minutes",
		log:     log,
		notify:  func(ctx context.Context, payload string) error { return db.Notify(ctx, store.HealthChannel, payload) },
	}}
}

// Tell tells of a tenant soon; it never blocks.
func (h *HealthTeller) Tell(id tenancy.ID) { h.wakeup.request(h.appID + "/" + id.String()) }

// Run tells until ctx ends.
func (h *HealthTeller) Run(ctx context.Context) { h.wakeup.run(ctx) }

package adapters

import (
	"context"
	"log/slog"
	"time"

	"github.com/followup-dev/followup-operator/internal/store"
)

// gate is the store as vendorhttp.Gate, for what belongs to one tenant: its keys, and the limits that come with them.
type gate struct {
	rows *store.Tenant
	log  *slog.Logger
}

// ClosedUntil implements vendorhttp.Gate.
func (g gate) ClosedUntil(ctx context.Context, vendor string) (time.Time, error) {
	until, err := g.rows.GateClosedUntil(ctx, vendor)
	if err != nil {
		g.log.WarnContext(ctx, "gate not readable, so it is open", "vendor", vendor, "error", err)
	}
	return until, err
}

// Close implements vendorhttp.Gate.
func (g gate) Close(ctx context.Context, vendor string, until time.Time) error {
	err := g.rows.CloseGate(ctx, vendor, until)
	if err != nil {
		g.log.WarnContext(ctx, "gate not closed for others", "vendor", vendor, "error", err)
		return err
	}
	g.log.InfoContext(ctx, "vendor wants no calls", "vendor", vendor, "until", until)
	return nil
}

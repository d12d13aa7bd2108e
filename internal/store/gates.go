package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

const gateClosedUntil = `-- name: gateClosedUntil
SELECT closed_until FROM vendor_gates WHERE tenant_id = @tenant_id AND vendor = @vendor AND closed_until > now()`

// GateClosedUntil says until when a vendor wants no calls from the tenant, the zero time if it takes them.
func (t *Tenant) GateClosedUntil(ctx context.Context, vendor string) (time.Time, error) {
	var until time.Time
	batch := t.newBatch()
	batch.Queue(gateClosedUntil, pgx.StrictNamedArgs{"tenant_id": t.id, "vendor": vendor}).
		QueryRow(func(row pgx.Row) error { return row.Scan(&until) })
	err := t.db.pool.SendBatch(ctx, batch).Close()
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return time.Time{}, fmt.Errorf("gate: %w", err)
	}
	return until, nil
}

// What a vendor says is believed for a day: a slip of its clock would close the gate for good.
const closeGate = `-- name: closeGate
INSERT INTO vendor_gates AS g (tenant_id, vendor, closed_until)
VALUES (@tenant_id, @vendor, least(@until::timestamptz, now() + interval '1 day'))
ON CONFLICT (tenant_id, vendor) DO UPDATE SET closed_until = excluded.closed_until WHERE g.closed_until < excluded.closed_until`

// CloseGate keeps that a vendor wants no calls from the tenant before that time, for a day at most. A gate that is closed
// for longer stays so.
func (t *Tenant) CloseGate(ctx context.Context, vendor string, until time.Time) error {
	return t.send(ctx, "close gate", closeGate, pgx.StrictNamedArgs{"tenant_id": t.id, "vendor": vendor, "until": until})
}

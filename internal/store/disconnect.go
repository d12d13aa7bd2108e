package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// Why Slack ended an installation: the types of its events that say so. They come in any order, each perhaps more than once,
// and perhaps after another installation.
//
// Source: https://docs.slack.dev/reference/events/app_uninstalled, https://docs.slack.dev/reference/events/tokens_revoked,
// and https://github.com/slackapi/bolt-js/issues/1558
const (
	AppUninstalled = "app_uninstalled"
	TokensRevoked  = "tokens_revoked"
)

// SlackEvent says that Slack ended the app's installation in a workspace.
type SlackEvent struct {
	Key    string    // event_id, the same for each repetition
	Reason string    // AppUninstalled or TokensRevoked
	At     time.Time // event_time, in whole seconds
}

// EventVerdict says what became of an event.
type EventVerdict string

const (
	EventDisconnected EventVerdict = "disconnected" // the tenant is disconnected, by this event or one before
	EventDuplicate    EventVerdict = "duplicate"    // seen before
	EventOutdated     EventVerdict = "outdated"     // of an earlier installation than the present one
)

// disconnect keeps an event's key for three days: Slack repeats an event hourly for up to 24 hours. An installation within
// the second of the event came before it, as far as can be told.
//
// Source: "Delayed Events" of https://docs.slack.dev/apis/events-api
const disconnect = `-- name: disconnect
WITH runtime AS (
    SELECT tenant_id, @at::timestamptz < date_trunc('second', slack_installed_at) AS outdated
    FROM tenant_runtime
    WHERE tenant_id = @tenant_id
    FOR NO KEY UPDATE
), delivery AS (
    INSERT INTO deliveries (tenant_id, delivery_key, expires_at)
    SELECT tenant_id, @key, now() + interval '3 days' FROM runtime
    ON CONFLICT (tenant_id, delivery_key) DO NOTHING
    RETURNING tenant_id
), audit AS (
    INSERT INTO audit_logs (tenant_id, event_type, event_category, actor_slack_id)
    SELECT tenant_id, @event_type, 'integration', '' FROM delivery
), marked AS (
    UPDATE tenant_runtime r
    SET slack_disconnected_at = @at, slack_disconnect_reason = @reason
    FROM runtime JOIN delivery USING (tenant_id)
    WHERE r.tenant_id = runtime.tenant_id AND NOT outdated AND slack_disconnected_at IS NULL
    RETURNING r.tenant_id
), told AS (
    SELECT count(pg_notify(channel, slack_app_id || '/' || tenant_id))
    FROM marked, tenant_app(tenant_id), unnest(@channels::text[]) AS channel
)
SELECT NOT EXISTS (SELECT FROM delivery) AS duplicate, outdated FROM runtime, told`

// Disconnect marks the tenant as one whose installation Slack ended, and tells the webhooks and the operator if that is new.
// Each event is recorded once; that it is repeated, or older than the installation, changes nothing else. It works for held
// and limited tenants. tenancy.ErrNotFound: there is no such tenant.
func (t *Tenant) Disconnect(ctx context.Context, e SlackEvent) (EventVerdict, error) {
	var duplicate, outdated bool
	batch := t.newBatch()
	batch.Queue(disconnect, pgx.StrictNamedArgs{
		"tenant_id":  t.id,
		"key":        "event:" + e.Key,
		"at":         e.At,
		"reason":     e.Reason,
		"event_type": "slack." + e.Reason,
		"channels":   []string{tenantsChannel, disconnectionsChannel},
	}).QueryRow(func(row pgx.Row) error { return row.Scan(&duplicate, &outdated) })
	err := t.db.pool.SendBatch(ctx, batch).Close()
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return "", tenancy.ErrNotFound
	case err != nil:
		return "", fmt.Errorf("disconnect: %w", err)
	case duplicate:
		return EventDuplicate, nil
	case outdated:
		return EventOutdated, nil
	default:
		return EventDisconnected, nil
	}
}

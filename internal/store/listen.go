package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// TenantEvents is told of changes to tenants. An error that it returns ends the listening.
type TenantEvents interface {
	// Listening is called once, when no later change can be missed: what is loaded now stays current.
	Listening(ctx context.Context) error
	// Changed is called for each tenant that a notification names.
	Changed(ctx context.Context, id tenancy.ID) error
	// Alive is called when the connection has just been seen to work, at least every four seconds.
	Alive()
}

// Channels of notifications. Payload: <slack app id>/<tenant id>.
const (
	tenantsChannel = "followup_tenants" // added, changed or retired: for the webhooks
	listenTenants  = `-- name: listenTenants
LISTEN followup_tenants`

	disconnectionsChannel = "followup_disconnections" // Slack ended the installation: for the operator
	listenDisconnections  = `-- name: listenDisconnections
LISTEN followup_disconnections`
)

const (
	pingEvery   = 2 * time.Second
	pingTimeout = 2 * time.Second
)

// ListenTenants reports the app's tenants that are added, changed or retired, until ctx ends, events returns an error, or the
// connection, which it has to itself, is lost. It always returns an error; after a lost connection the caller calls again.
func (db *DB) ListenTenants(ctx context.Context, slackAppID string, events TenantEvents) error {
	return db.listen(ctx, listenTenants, slackAppID, events)
}

// ListenDisconnections reports the tenants, of all apps, whose installation Slack says has ended, as DB.ListenTenants does
// changes.
func (c *Control) ListenDisconnections(ctx context.Context, events TenantEvents) error {
	return c.pool.listen(ctx, listenDisconnections, everyApp, events)
}

const everyApp = ""

func (db *DB) listen(ctx context.Context, channel, slackAppID string, events TenantEvents) error {
	conn, err := pgx.ConnectConfig(ctx, db.pool.Config().ConnConfig)
	if err != nil {
		return fmt.Errorf("listen for tenants: %w", err)
	}
	defer hangUp(ctx, conn)
	if _, err := conn.Exec(ctx, channel); err != nil {
		return fmt.Errorf("listen for tenants: %w", err)
	}
	events.Alive()
	if err := events.Listening(ctx); err != nil {
		return err
	}
	for {
		notification, err := awaitNotification(ctx, conn)
		if err != nil {
			return fmt.Errorf("listen for tenants: %w", err)
		}
		events.Alive()
		if notification == nil {
			continue
		}
		app, tenant, _ := strings.Cut(notification.Payload, "/")
		if app != slackAppID && slackAppID != everyApp {
			continue
		}
		id, err := uuid.Parse(tenant)
		if err != nil {
			return fmt.Errorf("listen for tenants: payload %q: %w", notification.Payload, err)
		}
		if err := events.Changed(ctx, id); err != nil {
			return err
		}
	}
}

// awaitNotification returns nil after a quiet while in which the connection proved to be alive: a connection whose other
// end is gone without a word would stay quiet for ever.
func awaitNotification(ctx context.Context, conn *pgx.Conn) (*pgconn.Notification, error) {
	quiet, cancel := context.WithTimeout(ctx, pingEvery)
	defer cancel()
	notification, err := conn.WaitForNotification(quiet)
	if err == nil || quiet.Err() == nil || ctx.Err() != nil {
		return notification, err
	}
	ping, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	return nil, conn.Ping(ping)
}

func hangUp(ctx context.Context, conn *pgx.Conn) {
	goodbye, cancel := context.WithTimeout(context.WithoutCancel(ctx), pingTimeout)
	defer cancel()
	_ = conn.Close(goodbye)
}

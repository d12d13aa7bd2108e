package adapters

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"slices"

	"github.com/google/uuid"

	"github.com/followup-dev/followup-operator/internal/credentials"
	"github.com/followup-dev/followup-operator/internal/crm"
	"github.com/followup-dev/followup-operator/internal/crm/crono"
	"github.com/followup-dev/followup-operator/internal/followup"
	"github.com/followup-dev/followup-operator/internal/outcome"
	"github.com/followup-dev/followup-operator/internal/store"
	"github.com/followup-dev/followup-operator/internal/tenancy"
	"github.com/followup-dev/followup-operator/internal/vendorhttp"
)

// connections is what is kept of a tenant's connections, by *store.Tenant.
type connections interface {
	Connections(ctx context.Context) ([]store.Connection, error)
	MarkConnection(ctx context.Context, id uuid.UUID, health store.ConnectionHealth) error
}

// crmOffice is the CRM half of followup.Offices: of several connections to a CRM, the oldest.
type crmOffice struct {
	credentials credentials.Source
	vendors     *vendorhttp.Client
	cronoURL    string
	connections connections
	tenant      tenancy.Tenant
	log         *slog.Logger
}

// has says what the tenant's CRM can do, nil if it has none.
func (o crmOffice) has(ctx context.Context) *crm.Capabilities {
	connection, err := o.connection(ctx)
	if err != nil {
		o.log.WarnContext(ctx, "connections not readable", "error", err)
	}
	if connection == nil {
		return nil
	}
	capabilities := crono.Capabilities()
	return &capabilities
}

// CRM is that of followup.Offices. Where the keys were refused before, it asks once more: a plan or a role may have been
// the reason.
func (o crmOffice) CRM(ctx context.Context) (followup.CRM, error) {
	connection, err := o.connection(ctx)
	if err != nil {
		return followup.CRM{}, fmt.Errorf("find the CRM's connection: %w", err)
	}
	if connection == nil {
		return followup.CRM{}, &followup.Problem{Reason: followup.CRMNotSetUp}
	}
	keys, digest, err := o.keys(connection.Credentials)
	if err != nil {
		o.log.WarnContext(ctx, "keys of the CRM not readable", "connection", connection.Name, "secret", connection.Credentials, "error", err)
		return followup.CRM{}, &followup.Problem{Reason: followup.CRMNotSetUp}
	}
	pulse := &pulse{connections: o.connections, of: *connection, log: o.log}
	client := crono.New(o.vendors, o.cronoURL, keys).Watched(func(ctx context.Context, err error) {
		if outcome.ClassOf(err) != outcome.Unauthorized {
			pulse.felt(ctx, err)
			return
		}
		o.log.WarnContext(ctx, "CRM refused its keys", "connection", connection.Name)
		pulse.mark(ctx, store.ConnectionHealth{NeedsReauthDigest: digest, ErrorCode: "keys_refused"})
	})
	switch connection.NeedsReauthDigest {
	case "":
	case digest:
		err := client.Ping(ctx)
		if outcome.ClassOf(err) == outcome.Unauthorized {
			return followup.CRM{}, &followup.Problem{Reason: followup.CRMReconnect}
		}
		if err == nil {
			pulse.mark(ctx, store.ConnectionHealth{})
		}
	default: // of keys that were replaced
		pulse.mark(ctx, store.ConnectionHealth{})
	}
	return followup.CRM{CRM: client, ConnectionID: connection.ID}, nil
}

// connection is the one in use, nil if there is none.
func (o crmOffice) connection(ctx context.Context) (*store.Connection, error) {
	all, err := o.connections.Connections(ctx)
	i := slices.IndexFunc(all, func(c store.Connection) bool { return c.Provider == "crono" })
	if err != nil || i < 0 {
		return nil, err
	}
	return &all[i], nil
}

// keys returns the pair, and a digest that tells it from another.
func (o crmOffice) keys(ref tenancy.SecretRef) (credentials.Crono, string, error) {
	raw, err := o.credentials.Get(credentials.OfTenant(o.tenant.Owner), ref)
	if err != nil {
		return credentials.Crono{}, "", err
	}
	digest := sha256.Sum256(raw)
	keys, err := credentials.ParseCrono(raw)
	return keys, hex.EncodeToString(digest[:]), err
}

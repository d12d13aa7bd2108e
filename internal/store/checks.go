package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// Subjects of checks: one credential each. That of a connection is SubjectOf it.
const (
	SubjectSlack  = "slack"
	SubjectFathom = "fathom"
	SubjectAI     = "ai"
)

// SubjectOf is a connection's credential.
func SubjectOf(connection uuid.UUID) string { return "connection:" + connection.String() }

// CheckVerdict is what a provider said of a credential.
type CheckVerdict string

const (
	CheckAccepted       CheckVerdict = "accepted"
	CheckRefused        CheckVerdict = "refused"
	CheckWrongWorkspace CheckVerdict = "wrong_workspace" // Code is the workspace that the bot token is of
	CheckModelNotFound  CheckVerdict = "model_not_found" // Code is the model
	CheckUnavailable    CheckVerdict = "unavailable"     // it said nothing; it is asked again
)

// Check is what is known of one credential. The zero value is that of one that was never tried.
type Check struct {
	Subject   string       `db:"subject"    json:"subject"`
	Digest    string       `db:"digest"     json:"digest"`  // of the credential, see credentials.CheckDigest
	Attempt   string       `db:"attempt"    json:"attempt"` // of that, and of what else the try depended on
	Verdict   CheckVerdict `db:"verdict"    json:"verdict"`
	Code      string       `db:"code"       json:"code"` // in the provider's words, or ours
	CheckedAt time.Time    `db:"checked_at" json:"checked_at"`
}

// An accepted credential is tried again after a day, give or take two hours: not all of them at once.
const (
	checkAgain  = 22 * time.Hour
	checkJitter = 4 * time.Hour
)

// Due says whether this attempt, a digest, is to be made: it was not made yet, had no answer, or was accepted a day ago. What
// was refused stays refused until something changes.
func (c Check) Due(attempt string, now time.Time) bool {
	switch {
	case c.Attempt != attempt, c.Verdict == CheckUnavailable:
		return true
	case c.Verdict != CheckAccepted:
		return false
	default:
		place, _ := strconv.ParseUint(attempt[:min(2, len(attempt))], 16, 8) // the same each day
		return now.Sub(c.CheckedAt) > checkAgain+checkJitter*time.Duration(place)/256
	}
}

const tenantChecks = `-- name: tenantChecks
SELECT subject, digest, attempt, verdict, code, checked_at FROM credential_checks WHERE tenant_id = @tenant_id`

// Checks returns what is known of the tenant's credentials, by subject.
func (t *Tenant) Checks(ctx context.Context) (map[string]Check, error) {
	rows, err := collect[Check](ctx, t, "checks", tenantChecks, pgx.StrictNamedArgs{"tenant_id": t.id})
	if err != nil {
		return nil, err
	}
	return bySubject(rows), nil
}

func bySubject(all []Check) map[string]Check {
	found := make(map[string]Check, len(all))
	for _, check := range all {
		found[check.Subject] = check
	}
	return found
}

// That a provider gives no answer takes nothing from what it said of the same credential before.
const saveCheck = `-- name: saveCheck
INSERT INTO credential_checks AS c (tenant_id, subject, digest, attempt, verdict, code)
VALUES (@tenant_id, @subject, @digest, @attempt, @verdict, @code)
ON CONFLICT (tenant_id, subject) DO UPDATE
SET digest = excluded.digest, attempt = excluded.attempt, verdict = excluded.verdict, code = excluded.code, checked_at = now(),
    changed_at = CASE WHEN (c.digest, c.verdict, c.code) = (excluded.digest, excluded.verdict, excluded.code) THEN c.changed_at ELSE now() END
WHERE excluded.verdict <> 'unavailable' OR c.attempt <> excluded.attempt OR c.verdict = 'unavailable' AND c.code <> excluded.code
RETURNING changed_at = now() AS changed`

// SaveCheck keeps what came of a try, now, and returns whether that says anything new.
func (t *Tenant) SaveCheck(ctx context.Context, check Check) (changed bool, err error) {
	type saved struct {
		Changed bool `db:"changed"`
	}
	row, err := one[saved](ctx, t, t.newBatch(), "save check", saveCheck, pgx.StrictNamedArgs{
		"tenant_id": t.id,
		"subject":   check.Subject,
		"digest":    check.Digest,
		"attempt":   check.Attempt,
		"verdict":   check.Verdict,
		"code":      check.Code,
	})
	if errors.Is(err, ErrNotFound) {
		return false, nil // it stays as it was
	}
	return row.Changed, err
}

// TenantChecks are a tenant's connections, and what is known of all its credentials, by subject.
type TenantChecks struct {
	Connections []Connection // ID, Provider and Credentials alone
	Checks      map[string]Check
}

const appChecks = `-- name: appChecks
SELECT tenant_id, subject, connection_id, provider, credentials, attempt, verdict, checked_at FROM app_checks(@slack_app_id, @namespace)`

// Checks returns those of all tenants of a Slack app that have any, of checks without digest and code.
func (db *DB) Checks(ctx context.Context, app App) (map[tenancy.ID]TenantChecks, error) {
	found := map[tenancy.ID]TenantChecks{}
	var (
		id         tenancy.ID
		connection *uuid.UUID
		of         Connection
		secret     string
		check      Check
	)
	rows, _ := db.pool.Query(ctx, appChecks, pgx.StrictNamedArgs{"slack_app_id": app.ID, "namespace": app.Namespace})
	into := []any{&id, &check.Subject, &connection, &of.Provider, &secret, &check.Attempt, &check.Verdict, &check.CheckedAt}
	_, err := pgx.ForEachRow(rows, into, func() (err error) {
		tenant, known := found[id]
		if !known {
			tenant.Checks = map[string]Check{}
		}
		tenant.Checks[check.Subject] = check
		if connection != nil {
			of.ID = *connection
			if of.Credentials, err = tenancy.ParseSecretRef(secret); err != nil {
				return fmt.Errorf("connection %s: %w", of.ID, err)
			}
			tenant.Connections = append(tenant.Connections, of)
		}
		found[id] = tenant
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("checks of the app: %w", err)
	}
	return found, nil
}

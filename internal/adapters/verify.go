package adapters

import (
	"context"
	"errors"

	"github.com/followup-dev/followup-operator/internal/outcome"
	"github.com/followup-dev/followup-operator/internal/store"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// Trial is a credential that is to be tried at its provider.
type Trial struct {
	Subject string // see store.SubjectSlack and so on
	Attempt string // digest of all that the answer depends on: what was tried once need not be tried again

	digest string // of the credential alone, see credentials.CheckDigest
	try    func(ctx context.Context) error
}

// DueTrials are those of a tenant that store.Check.Due says are to be made. A credential that can't be read is left out: the operator
// says what is wrong with it.
func (a *Adapters) DueTrials(ctx context.Context, tenant tenancy.Tenant, known store.TenantChecks) []Trial {
	var due []Trial
	for _, trial := range a.trials(ctx, tenant, known.Connections) {
		if known.Checks[trial.Subject].Due(trial.Attempt, a.Now()) {
			due = append(due, trial)
		}
	}
	return due
}

// Verify makes a trial that is still due, and keeps what the provider says. An error means that it said nothing, and is to be
// asked again; outcome.RetryAfterOf it says when at the earliest.
func (a *Adapters) Verify(ctx context.Context, tenant tenancy.Tenant, subject, attempt string) error {
	known, err := a.Checks(ctx, tenant)
	if err != nil {
		return err
	}
	for _, trial := range a.DueTrials(ctx, tenant, known) {
		if trial.Subject == subject && trial.Attempt == attempt {
			return a.verify(ctx, tenant, trial, known.Connections)
		}
	}
	return nil // tried meanwhile, or replaced by what has a job of its own
}

// Checks are what is known of one tenant's credentials.
func (a *Adapters) Checks(ctx context.Context, tenant tenancy.Tenant) (store.TenantChecks, error) {
	rows := a.Store.Tenant(tenant.ID)
	connections, err := rows.Connections(ctx)
	if err != nil {
		return store.TenantChecks{}, err
	}
	checks, err := rows.Checks(ctx)
	return store.TenantChecks{Connections: connections, Checks: checks}, err
}

func (a *Adapters) verify(ctx context.Context, tenant tenancy.Tenant, trial Trial, connections []store.Connection) error {
	tried := trial.try(ctx)
	check := store.Check{Subject: trial.Subject, Digest: trial.digest, Attempt: trial.Attempt}
	check.Verdict, check.Code = judge(tried)
	if check.Verdict == "" || ctx.Err() != nil {
		return tried // it did not come to a try
	}
	changed, err := a.Store.Tenant(tenant.ID).SaveCheck(ctx, check)
	if err != nil {
		return err
	}
	a.log(tenant).InfoContext(ctx, "credential tried", "subject", check.Subject, "verdict", check.Verdict, "code", check.Code, "changed", changed)
	if changed {
		a.tell(tenant.ID)
	}
	switch check.Verdict {
	case store.CheckUnavailable:
		return tried
	case store.CheckAccepted:
		return a.welcome(ctx, tenant, trial.Subject, connections)
	default:
		return nil
	}
}

// welcome forgets that a provider refused a connection whose credential it takes now.
func (a *Adapters) welcome(ctx context.Context, tenant tenancy.Tenant, subject string, connections []store.Connection) error {
	for _, connection := range connections {
		if store.SubjectOf(connection.ID) == subject && connection.NeedsReauthDigest != "" {
			rows := told{Tenant: a.Store.Tenant(tenant.ID), tell: func() { a.tell(tenant.ID) }}
			return rows.MarkConnection(ctx, connection.ID, store.ConnectionHealth{})
		}
	}
	return nil
}

// misplacedError is what a credential comes to that its provider takes, but not for what is declared.
type misplacedError struct {
	verdict store.CheckVerdict
	code    string
}

func (e *misplacedError) Error() string { return string(e.verdict) + " " + e.code }

// judge says what the end of a try means. There is no verdict where no provider was asked.
func judge(err error) (verdict store.CheckVerdict, code string) {
	if misplaced, ok := errors.AsType[*misplacedError](err); ok {
		return misplaced.verdict, misplaced.code
	}
	failed, called := errors.AsType[*outcome.Error](err)
	switch {
	case err == nil:
		return store.CheckAccepted, ""
	case !called:
		return "", ""
	case failed.Class == outcome.Unauthorized, failed.Class == outcome.Permanent:
		return store.CheckRefused, codeOf(failed)
	default:
		return store.CheckUnavailable, codeOf(failed)
	}
}

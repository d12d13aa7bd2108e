package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// acmeRow is what Postgres holds of acme: all of it, so that a change of anything shows.
func (s *stack) acmeRow(ctx context.Context) (string, error) {
	return s.psql(ctx, `SELECT to_jsonb(t) FROM followup.tenants t WHERE slack_team_id = '`+ada.team+`'`, "-At")
}

const rivalTenant = `
apiVersion: followup.dev/v1alpha1
kind: Tenant
metadata: {name: rival, namespace: followup}
spec:
  slackAppRef: {name: followup}
  workspace: {teamID: T0123456789, name: Rival}
  plan: free
  slack: {credentials: {secretRef: {name: globex-slack, key: bot_token}}}
  fathom: {credentials: {secretRef: {name: globex-fathom, key: api_key}}}
`

func (s *stack) claimsHold(ctx context.Context) error {
	before, err := s.acmeRow(ctx)
	if err != nil {
		return err
	}
	if err := s.apply(ctx, []byte(rivalTenant)); err != nil {
		return err
	}
	defer func() { _, _ = s.kubectl(ctx, "delete", "tenant", "rival", "-n", appNamespace) }()
	_, err = s.kubectl(ctx, "wait", "tenant/rival", "-n", appNamespace, "--timeout=30s",
		`--for=jsonpath={.status.conditions[?(@.type=="Ready")].reason}=WorkspaceAlreadyClaimed`)
	if err != nil {
		return err
	}
	after, err := s.acmeRow(ctx)
	if err != nil {
		return err
	}
	if before != after {
		return errors.New("the claimed row changed")
	}
	return s.expectMeetings(ctx, ada)
}

func (s *stack) deletionRetains(ctx context.Context) error {
	id, err := s.kubectl(ctx, "get", "tenant", "acme", "-n", appNamespace, "-o", "jsonpath={.status.tenantID}")
	if err != nil {
		return err
	}
	if _, err := s.kubectl(ctx, "delete", "tenant", "acme", "-n", appNamespace, "--timeout=30s"); err != nil {
		return err
	}
	if err := s.eventually(ctx, answerPatience, func() error { return s.expectAnswer(ctx, ada, "isn't set up") }); err != nil {
		return err
	}
	if err := s.applySamples(ctx); err != nil {
		return err
	}
	again, err := s.kubectl(ctx, "get", "tenant", "acme", "-n", appNamespace, "-o", "jsonpath={.status.tenantID}")
	if err != nil {
		return err
	}
	if id != again {
		return fmt.Errorf("the tenant came back as %s, was %s", again, id)
	}
	return s.eventually(ctx, answerPatience, func() error { return s.expectMeetings(ctx, ada) })
}

// reapplyingIsQuiet counts what the operator's login wrote, by Postgres' own statistics of rows.
func (s *stack) reapplyingIsQuiet(ctx context.Context) error {
	before, err := s.rowsWritten(ctx)
	if err != nil {
		return err
	}
	if err := s.applySamples(ctx); err != nil {
		return err
	}
	after, err := s.rowsWritten(ctx)
	if err != nil {
		return err
	}
	if before != after {
		return fmt.Errorf("rows written: %s before, %s after", strings.TrimSpace(before), strings.TrimSpace(after))
	}
	return nil
}

// rowsWritten leaves out account_mappings, whose use workers count: who declares them writes to crm_connections with it.
func (s *stack) rowsWritten(ctx context.Context) (string, error) {
	return s.psql(ctx, `SELECT relname, n_tup_ins, n_tup_upd, n_tup_del FROM pg_stat_user_tables
		WHERE schemaname = 'followup' AND relname IN ('tenants', 'tenant_runtime', 'crm_connections') ORDER BY 1`, "-At")
}

func (s *stack) webhooksStayInTheirNamespace(ctx context.Context) error {
	webhook := "--as=system:serviceaccount:" + appNamespace + ":followup-webhook"
	for _, tc := range []struct{ namespace, verb, resource, want string }{
		{appNamespace, "list", "secrets", "yes"},
		{systemNamespace, "get", "secrets", "no"},
		{appNamespace, "create", "secrets", "no"},
		{appNamespace, "get", "tenants.followup.dev", "no"},
	} {
		answer, err := s.kubectl(ctx, "auth", "can-i", tc.verb, tc.resource, "-n", tc.namespace, webhook)
		answer = strings.TrimSpace(answer)
		if answer == "" && err != nil {
			return err
		}
		if answer != tc.want {
			return fmt.Errorf("may the webhook %s %s in %s: %s, want %s", tc.verb, tc.resource, tc.namespace, answer, tc.want)
		}
	}
	return nil
}

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// hooliTenant is a workspace that is in Slack and declared nowhere, with another's Fathom key.
const hooliTenant = `
apiVersion: v1
kind: Secret
metadata: {name: hooli, namespace: followup, labels: {followup.dev/tenant: hooli}}
stringData: {bot_token: xoxb-hooli-demo-token, api_key: globex-demo-fathom-key}
---
apiVersion: followup.dev/v1alpha1
kind: Tenant
metadata: {name: hooli, namespace: followup}
spec:
  slackAppRef: {name: followup}
  workspace: {teamID: T5555555555, name: Hooli}
  plan: free
  deletionPolicy: Erase
  slack: {credentials: {secretRef: {name: hooli, key: bot_token}}}
  fathom: {credentials: {secretRef: {name: hooli, key: api_key}}}
`

func (s *stack) credentialsAreTried(ctx context.Context) error {
	for _, kind := range []string{"tenant", "crmconnection"} {
		if _, err := s.kubectl(ctx, "wait", "-n", appNamespace, "--for=condition=Verified", "--timeout=1m", "--all", kind); err != nil {
			return err
		}
	}
	return nil
}

// erasureLeavesNothing but that something was erased, and what was done without who did it.
func (s *stack) erasureLeavesNothing(ctx context.Context) error {
	if err := s.apply(ctx, []byte(hooliTenant)); err != nil {
		return err
	}
	if _, err := s.kubectl(ctx, "wait", "tenant/hooli", "-n", appNamespace, "--for=condition=Ready", "--timeout=30s"); err != nil {
		return err
	}
	if err := s.eventually(ctx, answerPatience, func() error { return s.expectMeetings(ctx, gavin) }); err != nil {
		return err
	}
	id, err := s.kubectl(ctx, "get", "tenant", "hooli", "-n", appNamespace, "-o", "jsonpath={.status.tenantID}")
	if err != nil {
		return err
	}
	if _, err := s.kubectl(ctx, "delete", "tenant/hooli", "secret/hooli", "-n", appNamespace, "--timeout=1m"); err != nil {
		return err
	}
	left, err := s.psql(ctx, `SELECT
		(SELECT count(*) FROM followup.tenants WHERE id = '`+id+`') + (SELECT count(*) FROM followup.users WHERE tenant_id = '`+id+`')
		+ (SELECT count(*) FROM followup.deliveries WHERE tenant_id = '`+id+`') + (SELECT count(*) FROM river.river_job WHERE args ->> 'tenant_id' = '`+id+`')
		+ (SELECT count(*) FROM followup.audit_logs WHERE tenant_id = '`+id+`' AND actor_slack_id <> ''),
		(SELECT count(*) FROM followup.tenant_tombstones WHERE tenant_id = '`+id+`')`, "-At")
	if err != nil || strings.TrimSpace(left) != "0|1" {
		return errors.Join(err, fmt.Errorf("rows left, and tombstones: %s, want 0|1", strings.TrimSpace(left)))
	}
	return s.eventually(ctx, answerPatience, func() error { return s.expectAnswer(ctx, gavin, "isn't set up") })
}

// quotasAreTold has Acme use up the day's requests.
func (s *stack) quotasAreTold(ctx context.Context) error {
	if err := s.patchTenant(ctx, `{"limits":[{"resource":"api_calls","period":"Day","limit":1}]}`); err != nil {
		return err
	}
	err := s.eventually(ctx, answerPatience, func() error {
		request, err := s.ask(ctx, ada, "/meetings")
		if err != nil {
			return err
		}
		shown, _ := json.Marshal(request)
		if !strings.Contains(string(shown), "limit") {
			return fmt.Errorf("%s is told nothing of a limit:\n%s", ada.name, request)
		}
		return nil
	})
	return errors.Join(err, s.patchTenant(ctx, `{"limits":null}`))
}

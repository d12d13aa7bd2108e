package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/followup-dev/followup-operator/hack/progress"
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

// plugin runs kubectl followup, and returns what it prints and its exit code.
func (s *stack) plugin(ctx context.Context, stdin string, args ...string) (output string, code int, err error) {
	cmd := exec.CommandContext(ctx, filepath.Join(s.root, "bin", "demo", "kubectl-followup"), append(args, "-n", appNamespace)...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + filepath.Dir(s.cluster.Kubeconfig()), "KUBECONFIG=" + s.cluster.Kubeconfig()}
	cmd.Stdin = strings.NewReader(stdin)
	var said, complained bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &complained
	err = cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		code, err = exit.ExitCode(), nil
	}
	if err != nil || code == 1 {
		return "", code, fmt.Errorf("kubectl followup %s: %w\n%s", args[0], errors.Join(err, errors.New("exit code 1")), progress.Tail(complained.Bytes(), 10))
	}
	return said.String(), code, nil
}

// plansAreKept also sees that a plan alone changes nothing.
func (s *stack) plansAreKept(ctx context.Context) error {
	output, code, err := s.plugin(ctx, hooliTenant, "plan", "-f", "-", "--operator-namespace", systemNamespace, "-o", "json")
	if err != nil {
		return err
	}
	if code != 2 || !json.Valid([]byte(output)) || !strings.Contains(output, "slack_team_name") {
		return fmt.Errorf("plan ended with %d and said %s", code, progress.Tail([]byte(output), 20))
	}
	rows, err := s.psql(ctx, `SELECT count(*) FROM followup.tenants WHERE slack_team_id = '`+gavin.team+`'`, "-At")
	if err != nil || strings.TrimSpace(rows) != "0" {
		return errors.Join(err, fmt.Errorf("%s rows of what was only planned", strings.TrimSpace(rows)))
	}
	objects, err := s.kubectl(ctx, "get", "tenant,secret", "-n", appNamespace, "-o", "name")
	if err != nil || strings.Contains(objects, "hooli") {
		return errors.Join(err, errors.New("what was only planned exists"))
	}
	return nil
}

// driftIsRepaired asks the operator to look now; by itself it looks every ten minutes.
func (s *stack) driftIsRepaired(ctx context.Context) error {
	before, err := s.acmeRow(ctx)
	if err != nil {
		return err
	}
	if _, err := s.psql(ctx, `UPDATE followup.tenants SET timezone = 'Asia/Tokyo' WHERE slack_team_id = '`+ada.team+`'`); err != nil {
		return err
	}
	if _, _, err := s.plugin(ctx, "", "reconcile", "acme"); err != nil {
		return err
	}
	after, err := s.acmeRow(ctx)
	if err != nil {
		return err
	}
	if !strings.Contains(after, `"timezone": "Europe/Rome"`) {
		return fmt.Errorf("the row is now %s, was %s", after, before)
	}
	message, err := s.kubectl(ctx, "get", "tenant", "acme", "-n", appNamespace, "-o",
		`jsonpath={.status.conditions[?(@.type=="DatabaseSynced")].message}`)
	if err != nil || !strings.Contains(message, "timezone") {
		return errors.Join(err, fmt.Errorf("DatabaseSynced says %q, not what differed", message))
	}
	return nil
}

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

package main

import (
	"errors"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/followup-dev/followup-operator/internal/credentials"
	"github.com/followup-dev/followup-operator/internal/tenancy"
	"github.com/followup-dev/followup-operator/test/logs"
	"github.com/followup-dev/followup-operator/test/postgres"
)

// labelled is a credentials.Source that knows whose Secret it has.
type labelled struct {
	owner credentials.Owner
	value string // "" is no Secret
}

func (l *labelled) Get(owner credentials.Owner, ref tenancy.SecretRef) ([]byte, error) {
	if owner != l.owner || l.value == "" {
		return nil, &credentials.MissingError{Ref: ref, Problem: "no such Secret"}
	}
	return []byte(l.value), nil
}

func TestSigningSecretsAreTheAppsLastGoodOnes(t *testing.T) {
	source, log := &labelled{owner: credentials.OfSlackApp("followup")}, &logs.Buffer{}
	now := time.Now()
	app := &signing{
		now: func() time.Time { return now }, source: source, owner: credentials.OfSlackApp("followup"), ref: tenancy.SecretRef{Name: "slack", Key: "signing"},
		log: slog.New(slog.NewJSONHandler(log, nil)),
	}
	for _, step := range []struct {
		name, value string
		owner       credentials.Owner
		want        string // "" is not configured
		logged      int    // lines so far, though each is asked for three times
	}{
		{"no Secret yet", "", source.owner, "", 1},
		{"a Tenant's", "planted", credentials.OfTenant("followup"), "", 1},
		{"another app's", "planted", credentials.OfSlackApp("other"), "", 1},
		{"its own", "first", source.owner, "first", 2},
		{"rotated", "second", source.owner, "second", 2},
		{"deleted", "", source.owner, "second", 3},
		{"of no shape", `{"planted": "x"}`, source.owner, "second", 4},
		{"repaired", "third", source.owner, "third", 5},
		{"relabelled", "planted", credentials.OfTenant("followup"), "third", 6},
	} {
		source.value, source.owner = step.value, step.owner
		if before := app.good; before != nil {
			now = now.Add(signingAge - 1)
			if secrets, _ := app.secrets(); secrets[0] != before[0] {
				t.Errorf("%s: the source was asked again within %v", step.name, signingAge)
			}
		}
		now = now.Add(1)
		for range 3 {
			secrets, err := app.secrets()
			if ready := app.ready(); (ready == nil) != (step.want != "") {
				t.Errorf("%s: ready = %v", step.name, ready)
			}
			if step.want == "" {
				if !errors.Is(err, errNotConfigured) || secrets != nil {
					t.Errorf("%s: %d secrets, error = %v; want %v", step.name, len(secrets), err, errNotConfigured)
				}
				continue
			}
			if err != nil || len(secrets) != 1 || secrets[0].Reveal() != step.want {
				t.Errorf("%s: %d secrets, error = %v; want %q", step.name, len(secrets), err, step.want)
			}
		}
		if lines := strings.Count(log.String(), "\n"); lines != step.logged {
			t.Errorf("%s: %d lines logged, want %d:\n%s", step.name, lines, step.logged, log)
		}
	}
	if strings.Contains(log.String(), "planted") || !strings.Contains(log.String(), "slack/signing") {
		t.Errorf("the log shall name the Secret and no value:\n%s", log)
	}
}

func TestALostSigningSecretStopsNothing(t *testing.T) {
	b := start(t, addTenant(t, postgres.New(t)), patient)
	b.awaitReady(t)
	file := filepath.Join(b.files, "app", "credentials")
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if status, body := get(b.url("/readyz")); status != http.StatusOK {
		t.Errorf("/readyz without the Secret = %d %q, want 200: the last good one is used", status, body)
	}
	if sent := b.send(t); sent.Ack.Status != http.StatusOK || sent.Ack.Body != "" {
		t.Errorf("ack %+v, want an empty 200", sent.Ack)
	}
}

// The public port tells nobody the names of Secrets.
func TestReadinessBeforeASigningSecret(t *testing.T) {
	b := startWith(t, postgres.New(t), patient, "--signing-secret-ref=late/credentials")
	eventually(t, "mention of the Secret in the log", func() bool {
		_, _ = get(b.url("/readyz"))
		return strings.Contains(b.log.String(), "late/credentials")
	})
	if status, body := get(b.url("/readyz")); status != http.StatusServiceUnavailable || body != "not configured\n" {
		t.Errorf("/readyz = %d %q, want 503 that names nothing", status, body)
	}
	write(t, filepath.Join(b.files, "late", "credentials"), signingSecret)
	b.awaitReady(t)
}

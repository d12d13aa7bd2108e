package adapters

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/followup-dev/followup-operator/internal/credentials"
	"github.com/followup-dev/followup-operator/internal/google"
	"github.com/followup-dev/followup-operator/internal/outcome"
	"github.com/followup-dev/followup-operator/internal/slackapi"
	"github.com/followup-dev/followup-operator/internal/store"
	"github.com/followup-dev/followup-operator/internal/tenancy"
	"github.com/followup-dev/followup-operator/internal/vendorhttp"
	"github.com/followup-dev/followup-operator/test/doubles/anthropic"
	"github.com/followup-dev/followup-operator/test/doubles/crono"
	"github.com/followup-dev/followup-operator/test/doubles/fathom"
	double "github.com/followup-dev/followup-operator/test/doubles/slack"
)

// providers are Slack, Fathom, Anthropic and Crono, with one customer each, whose credentials are "good".
func providers(t *testing.T, secrets vault) *Adapters {
	t.Helper()
	slack, err := double.New(double.Config{
		App:        double.App{ID: "A1", SigningSecret: "s"},
		Workspaces: []double.Workspace{{TeamID: "T1", Name: "Acme", Token: "xoxb-good"}, {TeamID: "T2", Name: "Hooli", Token: "xoxb-other"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	fathoms, err := fathom.New(fathom.Config{Keys: []fathom.Key{{Key: "good"}}})
	if err != nil {
		t.Fatal(err)
	}
	models, err := anthropic.New(anthropic.Config{Keys: []string{"good"}, Models: []string{"claude-1"}})
	if err != nil {
		t.Fatal(err)
	}
	cronos, err := crono.New(crono.Config{Workspaces: []crono.Workspace{{PublicKey: "cpk_1", PrivateKey: "csk_1"}}})
	if err != nil {
		t.Fatal(err)
	}
	serve := func(h http.Handler) string {
		server := httptest.NewServer(h)
		t.Cleanup(server.Close)
		return server.URL
	}
	vendors := vendorhttp.New(nil, func(outcome.Call) {})
	slackURL := serve(slack)
	api, err := slackapi.New(vendors, slackURL+"/api/", slackURL, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return &Adapters{
		Credentials: secrets, Slack: api, Vendors: vendors, Now: time.Now, Log: slog.New(slog.DiscardHandler), AIModel: "claude-1",
		FathomURL: serve(fathoms) + "/external/v1", AIURL: serve(models), CronoURL: serve(cronos) + "/api/v1",
		Google: google.URLs{Gmail: "http://127.0.0.1:1", Calendar: "http://127.0.0.1:1", Token: "http://127.0.0.1:1"},
		gate:   func(tenancy.Tenant) vendorhttp.Gate { return open{} },
	}
}

func TestProvidersJudgeCredentials(t *testing.T) {
	crm := connection(1, "crono")
	ofCRM := store.SubjectOf(crm.ID)
	declared := tenancy.Tenant{
		Owner: "acme", Workspace: tenancy.Workspace{TeamID: "T1"},
		SlackToken: tenancy.SecretRef{Name: "slack"}, FathomKey: tenancy.SecretRef{Name: "fathom"}, AIKey: tenancy.SecretRef{Name: "ai"},
	}
	tests := map[string]struct {
		secrets vault
		change  func(*Adapters, *tenancy.Tenant)
		want    map[string]string
	}{
		"all are taken": {
			vault{"slack": "xoxb-good", "fathom": "good", "ai": "good", "secret-1": goodKeys}, nil,
			map[string]string{"slack": "accepted ", "fathom": "accepted ", "ai": "accepted ", ofCRM: "accepted "},
		},
		"none is": {
			vault{"slack": "xoxb-bad", "fathom": "bad", "ai": "bad", "secret-1": badKeys}, nil,
			map[string]string{"slack": "refused invalid_auth", "fathom": "refused http_401", "ai": "refused authentication_error", ofCRM: "refused http_401"},
		},
		"another workspace's": {vault{"slack": "xoxb-other"}, nil, map[string]string{"slack": "wrong_workspace T2"}},
		"a workspace's for an organisation": {
			vault{"slack": "xoxb-good"}, func(_ *Adapters, t *tenancy.Tenant) { t.Workspace = tenancy.Workspace{EnterpriseID: "E1"} },
			map[string]string{"slack": "wrong_workspace T1"},
		},
		"no such model": {
			vault{"ai": "good"}, func(a *Adapters, _ *tenancy.Tenant) { a.AIModel = "claude-9" }, map[string]string{"ai": "model_not_found claude-9"},
		},
		"nobody there": {
			vault{"fathom": "good"}, func(a *Adapters, _ *tenancy.Tenant) { a.FathomURL = "http://127.0.0.1:1" },
			map[string]string{"fathom": "unavailable connection"},
		},
		"none that can be read": {vault{"slack": "no token", "ai": "{"}, nil, map[string]string{}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			a, tenant := providers(t, tc.secrets), declared
			if tc.change != nil {
				tc.change(a, &tenant)
			}
			got := map[string]string{}
			for _, trial := range a.trials(t.Context(), tenant, []store.Connection{crm}) {
				verdict, code := judge(trial.try(t.Context()))
				got[trial.Subject] = string(verdict) + " " + code
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestATryDependsOnTheCredentialAndOnWhatIsAskedWithIt(t *testing.T) {
	a := providers(t, vault{"slack": "xoxb-good", "ai": "good"})
	tenant := tenancy.Tenant{Owner: "acme", SlackToken: tenancy.SecretRef{Name: "slack"}, AIKey: tenancy.SecretRef{Name: "ai"}}
	attempts := func() map[string]string {
		found := map[string]string{}
		for _, trial := range a.trials(t.Context(), tenant, nil) {
			found[trial.Subject] = trial.Attempt
		}
		return found
	}
	before := attempts()
	a.Credentials = vault{"slack": `{"bot_token": "xoxb-good"}`, "ai": "good"} // the same in another form
	a.AIModel = "claude-2"
	after := attempts()
	if before["slack"] != after["slack"] || before["ai"] == after["ai"] {
		t.Errorf("attempts %v, were %v", after, before)
	}
	a.Credentials = vault{"slack": "xoxb-good2", "ai": "good"}
	if again := attempts(); again["slack"] == after["slack"] || again["ai"] != after["ai"] {
		t.Errorf("attempts %v, were %v", again, after)
	}
}

func TestGoogleIsTriedByMintingAToken(t *testing.T) {
	tests := map[string]struct {
		credential string
		spoil      func(workspace)
		want       string
	}{
		"a mailbox":               {adasMailbox, func(workspace) {}, "accepted "},
		"a consent that was lost": {adasMailbox, func(w workspace) { w.google.Revoke("ada@acme.example") }, "refused invalid_grant"},
		"a service account":       {robots, func(workspace) {}, "accepted "},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := workspaceOf(t, tc.credential)
			tc.spoil(w)
			raw, err := w.secrets.Get(credentials.OfTenant("acme"), tenancy.SecretRef{Name: "secret-1"})
			if err != nil {
				t.Fatal(err)
			}
			ready, err := w.trial(t.Context(), w.kept.all[0], raw)
			if err != nil {
				t.Fatal(err)
			}
			if verdict, code := judge(ready.try(t.Context())); string(verdict)+" "+code != tc.want {
				t.Errorf("%s %s, want %s", verdict, code, tc.want)
			}
		})
	}
	w := workspaceOf(t, adasMailbox)
	w.encryption = tenancy.SecretRef{}
	if _, err := w.trial(t.Context(), w.kept.all[0], []byte(adasMailbox)); err == nil {
		t.Error("a token was to be minted that can't be kept")
	}
}

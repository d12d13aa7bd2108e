package main

import (
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/followup-dev/followup-operator/internal/tenancy"
)

func TestParseConfig(t *testing.T) {
	complete := []string{
		"--app-id=A1", "--webhook-dsn-file=w", "--worker-dsn-file=k", "--signing-secret-ref=app/credentials",
	}
	tests := map[string]struct {
		args []string
		want string // in the error
	}{
		"in Kubernetes":         {args: append(complete[:4:4], "--credentials-namespace=ns", "--slack-app=followup")},
		"outside":               {args: append(complete[:4:4], "--credentials-dir=d")},
		"nothing":               {want: "--app-id is required"},
		"no source":             {args: complete, want: "either --credentials-namespace or --credentials-dir"},
		"two sources":           {args: append(complete[:4:4], "--credentials-dir=d", "--credentials-namespace=ns", "--slack-app=a"), want: "either"},
		"namespace, no app":     {args: append(complete[:4:4], "--credentials-namespace=ns"), want: "needs --slack-app"},
		"broken reference":      {args: append(complete[:3:3], "--credentials-dir=d", "--signing-secret-ref=app"), want: "name/key"},
		"unknown flag":          {args: []string{"--colour=red"}, want: "colour"},
		"fewer than no workers": {args: append(complete[:4:4], "--credentials-dir=d", "--workers=-1"), want: "--workers is -1"},
		"argument left over":    {args: append(complete[:4:4], "--credentials-dir=d", "serve"), want: `"serve"`},
		"all that is not there": {args: []string{"--credentials-dir=d"}, want: "--signing-secret-ref is required"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := parseConfig(tc.args, io.Discard)
			if tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
				t.Errorf("error %v, want %q", err, tc.want)
			}
		})
	}
}

func TestConfigDefaults(t *testing.T) {
	got, err := parseConfig([]string{
		"--app-id=A1", "--webhook-dsn-file=w", "--worker-dsn-file=k", "--signing-secret-ref=app/credentials", "--credentials-dir=d",
	}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	want := config{
		appID: "A1", webhookDSNFile: "w", workerDSNFile: "k", credentialsDir: "d",
		signingSecret: tenancy.SecretRef{Name: "app", Key: "credentials"},
		listen:        ":8080", metricsListen: ":9090", workers: 64,
		aiModel:     "claude-sonnet-5-5",
		slackAPIURL: "https://slack.com/api/", slackHooksURL: "https://hooks.slack.com", fathomAPIURL: "https://api.fathom.ai/external/v1",
		anthropicAPIURL: "https://api.anthropic.com/", cronoAPIURL: "https://ext.crono.one/api/v1",
		gmailAPIURL: "https://gmail.googleapis.com/", calendarAPIURL: "https://www.googleapis.com/calendar/v3/",
		googleTokenURL: "https://oauth2.googleapis.com/token",
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(config{})); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

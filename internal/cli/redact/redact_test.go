package redact_test

import (
	"strings"
	"testing"

	"github.com/followup-dev/followup-operator/internal/cli/redact"
)

func TestWhatLooksLikeASecretGoes(t *testing.T) {
	for name, text := range map[string]string{
		"Slack bot token":             "token is xoxb-12-PLANTED here",
		"Slack rotated token":         "xoxe.xoxp-1-PLANTED",
		"Slack app token":             "xapp-1-PLANTED",
		"Slack hook":                  "post https://hooks.slack.com/services/T1/B1/PLANTED failed",
		"Anthropic key":               "key sk-ant-api03-PLANTED_x",
		"webhook secret":              "whsec_PLANTED+/=",
		"Google access token":         "ya29.PLANTED.x",
		"Google refresh token":        "1//0123456789abcdefPLANTED",
		"Google client secret":        "GOCSPX-PLANTED",
		"JWT":                         "eyJhbGciOiJI.PLANTED.PLANTED",
		"bearer":                      "Authorization: Bearer PLANTED.x",
		"bearer in JSON":              `{"Authorization":"Bearer PLANTED"}`,
		"basic":                       "authorization: Basic UExBTlPLANTED==",
		"DSN as URL":                  "dial postgres://followup:PLANTED@db:5432/x",
		"DSN with odd letters":        "postgres://u:PLAN/T@ED:PLANTED@db/x",
		"DSN without a user":          "redis://:PLANTED@db",
		"DSN in words":                "host=db user=x password=PLANTED dbname=y",
		"DSN in words, quoted":        "host=db password='PLAN TED PLANTED' dbname=y",
		"JSON":                        `{"client_secret": "PLANTED"}`,
		"JSON with quotes":            `{"refresh_token":"a\"PLANTED"}`,
		"JSON in JSON":                `{"msg":"got {\"api_key\":\"PLANTED\"}"}`,
		"YAML":                        "private_key: PLANTED",
		"query":                       "GET /x?api-key=PLANTED&b=c",
		"private key":                 "-----BEGIN RSA PRIVATE KEY-----\nPLANTED\n-----END RSA PRIVATE KEY-----",
		"private key on one line":     `-----BEGIN PRIVATE KEY-----\nPLANTED\n-----END PRIVATE KEY-----\n`,
		"private key that is cut":     "-----BEGIN PRIVATE KEY-----\nPLANTED",
		"e-mail address":              "mail to planted.PLANTED+x@acme.example failed",
		"e-mail address, escaped":     "?user=PLANTED%40acme.example&x=1",
		"e-mail address, with umlaut": "PLANTEDö@müller.example",
	} {
		if got := redact.Text(text); strings.Contains(got, "PLANTED") || !strings.Contains(got, "REDACTED") {
			t.Errorf("%s: %q became %q", name, text, got)
		}
	}
}

func TestWhatHelpsStays(t *testing.T) {
	for _, text := range []string{
		"SecretNotFound: spec.slack.credentials.secretRef: Secret \"acme-slack\" has no key \"bot_token\"",
		"fathom: {credentials: {secretRef: {name: acme-fathom, key: api_key}}}",
		"image: ghcr.io/followup-dev/followup-operator@sha256:0123abcd",
		"dial tcp 10.0.0.1:5432: connection refused",
		"https://api.fathom.ai/external/v1/meetings?limit=10",
		`{"time":"2026-11-24T12:00:00Z","level":"ERROR","msg":"reconcile","reason":"DatabaseUnavailable"}`,
		"the bearer of bad news",
	} {
		if got := redact.Text(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}

func TestValueRedactsAllStrings(t *testing.T) {
	value := map[string]any{"a": []any{"xoxb-PLANTED", map[string]any{"b": "sk-ant-PLANTED"}}, "n": 1}
	redact.Value(value)
	list, _ := value["a"].([]any)
	inner, _ := list[1].(map[string]any)
	if list[0] != "REDACTED" || inner["b"] != "REDACTED" || value["n"] != 1 {
		t.Errorf("got %v", value)
	}
}

package credentials

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

const planted = "plant3d-value"

func TestSecretShowsItselfOnlyToReveal(t *testing.T) {
	secret := NewSecret(planted)
	if secret.Reveal() != planted {
		t.Fatalf("Reveal() = %q", secret.Reveal())
	}
	if zero := (Secret{}); zero.Reveal() != "" {
		t.Errorf("zero Reveal() = %q", zero.Reveal())
	}
	encoded, err := json.Marshal(secret)
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]string{"json": strings.Trim(string(encoded), `"`), "slog": secret.LogValue().String()}
	for _, verb := range []string{"%v", "%+v", "%#v"} {
		shown[verb] = fmt.Sprintf(verb, secret)
	}
	for how, got := range shown {
		if got != redacted {
			t.Errorf("%s shows %s, want %s", how, got, redacted)
		}
	}
	type holder struct {
		Public Secret
		hidden Secret
	}
	values := map[string]any{
		"value": secret, "pointer": &secret, "exported and unexported field": holder{secret, secret},
		"slice": []Secret{secret}, "map": map[string]Secret{"k": secret}, "app": SlackApp{SigningSecrets: []Secret{secret}},
		"error": fmt.Errorf("wrapped: %v", secret),
	}
	for name, value := range values {
		t.Run(name, func(t *testing.T) {
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
				refuse(t, verb, fmt.Sprintf(verb, value))
			}
			encoded, err := json.Marshal(value)
			if err != nil {
				t.Fatal(err)
			}
			refuse(t, "json", string(encoded))
			for format, handler := range map[string]func(*bytes.Buffer) slog.Handler{
				"slog json": func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
				"slog text": func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
			} {
				var log bytes.Buffer
				slog.New(handler(&log)).Info("m", "value", value, slog.Group("g", "value", value))
				refuse(t, format, log.String())
			}
		})
	}
}

// refuse fails if text has the planted value, in clear or as the hex that %x would make of it.
func refuse(t *testing.T, how, text string) {
	t.Helper()
	hex := fmt.Sprintf("%x", planted)
	if strings.Contains(text, planted) || strings.Contains(strings.ToLower(text), hex) {
		t.Errorf("%s shows the secret: %s", how, text)
	}
}

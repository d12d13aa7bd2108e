package adapters

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/followup-dev/followup-operator/internal/credentials"
	"github.com/followup-dev/followup-operator/internal/fathom"
	"github.com/followup-dev/followup-operator/internal/followup"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// one is a credentials.Source with one credential.
type one string

func (o one) Get(credentials.Owner, tenancy.SecretRef) ([]byte, error) { return []byte(o), nil }

const hookKey = "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"

// hooked has the credential of a tenant with a webhook.
func hooked(credential string) *Adapters {
	return &Adapters{Credentials: one(credential), Log: slog.New(slog.DiscardHandler)}
}

func signedByFathom(body []byte, now time.Time) http.Header {
	key, _ := base64.StdEncoding.DecodeString(hookKey)
	header := http.Header{}
	stamp := strconv.FormatInt(now.Unix(), 10)
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("msg_1." + stamp + "." + string(body)))
	header.Set("webhook-id", "msg_1")
	header.Set("webhook-timestamp", stamp)
	header.Set("webhook-signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	return header
}

func TestAnnouncesWhoseCredentialHasAWebhook(t *testing.T) {
	for credential, want := range map[string]bool{
		"key": false, `{"api_key": "key"}`: false, `{"api_key": "key", "webhook_secret": "whsec_` + hookKey + `"}`: true, `{}`: false,
	} {
		if got := hooked(credential).Announces(tenancy.Tenant{}); got != want {
			t.Errorf("%s: %v, want %v", credential, got, want)
		}
	}
}

// Without a secret of the tenant's nobody is believed, whatever the signature is made with.
func TestRecordingIsBelievedByTheTenantsSecretOnly(t *testing.T) {
	now := time.Unix(1795000000, 0)
	body := []byte(`{"recording_id": 123, "created_at": "2026-11-18T10:00:00Z"}`)
	for credential, want := range map[string]error{
		`{"api_key": "key", "webhook_secret": "whsec_` + hookKey + `"}`:                          nil,
		`{"api_key": "key", "webhook_secret": "whsec_b3RoZXJvdGhlcm90aGVyb3RoZXJvdGhlcm90aGVy"}`: fathom.ErrWebhook,
		"key": fathom.ErrWebhook,
		`{}`:  fathom.ErrWebhook,
	} {
		at, err := hooked(credential).Recording(tenancy.Tenant{}, signedByFathom(body, now), body, now)
		if !errors.Is(err, want) || (want == nil) == at.IsZero() {
			t.Errorf("%s: %v, %v", credential, at, err)
		}
	}
}

// Of whatever Fathom signs there is a position that it can be asked for, or an error that quotes nothing.
func FuzzRecording(f *testing.F) {
	f.Add([]byte(`{"recording_id": 123, "created_at": "2026-11-18T10:00:00Z", "title": "Quarterly"}`))
	f.Add([]byte(`{"recording_id": "88012345601", "recording_start_time": "2026-11-18T10:00:00Z"}`))
	f.Add([]byte(`{"recording_id": -1, "created_at": "0000-00-00"}`))
	f.Add([]byte(`{"recording_id": 1e30}`))
	f.Add([]byte(`null`))
	f.Add([]byte(`[]`))
	now := time.Unix(1795000000, 0)
	a := hooked(`{"api_key": "key", "webhook_secret": "whsec_` + hookKey + `"}`)
	f.Fuzz(func(t *testing.T, body []byte) {
		at, err := a.Recording(tenancy.Tenant{}, signedByFathom(body, now), body, now)
		if errors.Is(err, fathom.ErrWebhook) {
			t.Fatal("a good signature is refused")
		}
		if err != nil || at.IsZero() {
			return
		}
		if again, err := followup.ParsePosition(at.String()); err != nil || again != at {
			t.Errorf("%v is no position: %v", at, err)
		}
	})
}

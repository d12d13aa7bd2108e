package fathom

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/followup-dev/followup-operator/internal/credentials"
)

const webhookSecret = "whsec_x6EV6NIAAz3ldclszNJTwroOh4rDLRR7"

// signature is what the standard's own library writes.
func signature(t *testing.T, secret, id string, at time.Time, body string) string {
	t.Helper()
	judge, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := judge.Sign(id, at, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func TestVerifyWebhookAgreesWithTheStandardsLibrary(t *testing.T) {
	const body = `{"recording_id":7}`
	now := time.Now() // the library's clock can't be moved
	good := signature(t, webhookSecret, "msg_1", now, body)
	other := signature(t, "whsec_b3RoZXIgc2VjcmV0IQ==", "msg_1", now, body)
	tests := map[string]struct {
		id, timestamp, signature, body string
		want                           bool
	}{
		"good":              {"msg_1", stamp(now), good, body, true},
		"two secrets":       {"msg_1", stamp(now), other + " " + good, body, true},
		"two secrets, anew": {"msg_1", stamp(now), good + " " + other, body, true},
		"an unknown scheme": {"msg_1", stamp(now), "v1a,abc " + good, body, true},
		"other secret":      {"msg_1", stamp(now), other, body, false},
		"other body":        {"msg_1", stamp(now), good, `{"recording_id":8}`, false},
		"other ID":          {"msg_2", stamp(now), good, body, false},
		"other time":        {"msg_1", stamp(now.Add(time.Second)), good, body, false},
		"other scheme":      {"msg_1", stamp(now), "v2" + good[2:], body, false},
		"no scheme":         {"msg_1", stamp(now), good[3:], body, false},
		"no signature":      {"msg_1", stamp(now), "", body, false},
		"no base64":         {"msg_1", stamp(now), "v1,%%%", body, false},
		"empty signature":   {"msg_1", stamp(now), "v1,", body, false},
		"no ID":             {"", stamp(now), good, body, false},
		"no ID, signed so":  {"", stamp(now), signature(t, webhookSecret, "", now, body), body, false},
		"no time":           {"msg_1", "", good, body, false},
		"a time of words":   {"msg_1", "now", good, body, false},
	}
	judge, err := standardwebhooks.NewWebhook(webhookSecret)
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			header := http.Header{}
			header.Set("webhook-id", tc.id)
			header.Set("webhook-timestamp", tc.timestamp)
			header.Set("webhook-signature", tc.signature)
			err := VerifyWebhook(credentials.NewSecret(webhookSecret), header, []byte(tc.body), now)
			if (err == nil) != tc.want {
				t.Errorf("ended with %v", err)
			}
			if judged := judge.Verify([]byte(tc.body), header); (judged == nil) != tc.want {
				t.Errorf("the library ends with %v", judged)
			}
		})
	}
}

func TestVerifyWebhookKeepsToFiveMinutes(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for sent, want := range map[time.Duration]bool{
		-300 * time.Second: true, 300 * time.Second: true, -301 * time.Second: false, 301 * time.Second: false, -1e6 * time.Hour: false,
	} {
		header := http.Header{}
		header.Set("webhook-id", "msg_1")
		header.Set("webhook-timestamp", stamp(now.Add(sent)))
		header.Set("webhook-signature", signature(t, webhookSecret, "msg_1", now.Add(sent), "{}"))
		if err := VerifyWebhook(credentials.NewSecret(webhookSecret), header, []byte("{}"), now); (err == nil) != want {
			t.Errorf("sent %s from now: %v", sent, err)
		}
	}
}

func TestVerifyWebhookWithoutASecretTakesNothing(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for _, secret := range []string{"", "whsec_", "whsec_%%%"} {
		header := http.Header{}
		header.Set("webhook-id", "msg_1")
		header.Set("webhook-timestamp", stamp(now))
		header.Set("webhook-signature", signature(t, "whsec_", "msg_1", now, "{}"))
		if err := VerifyWebhook(credentials.NewSecret(secret), header, []byte("{}"), now); err == nil {
			t.Errorf("taken with the secret %q", secret)
		}
	}
}

func stamp(at time.Time) string { return strconv.FormatInt(at.Unix(), 10) }

package fathom

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/followup-dev/followup-operator/internal/credentials"
)

// webhookTolerance is how far the clocks of Fathom and us may be apart, as Fathom's own SDK has it.
const webhookTolerance = 300 * time.Second

// ErrWebhook means that a request does not prove to be from Fathom. It says no more: whoever forges learns nothing.
var ErrWebhook = errors.New("fathom: the webhook's signature does not fit")

// VerifyWebhook says whether a request with this header and body was signed with the webhook's secret ("whsec_...") not
// more than 5 minutes from now. One good signature among several is enough: there are two while a secret is replaced.
//
// Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
func VerifyWebhook(secret credentials.Secret, header http.Header, body []byte, now time.Time) error {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret.Reveal(), "whsec_"))
	if err != nil || len(key) == 0 {
		return ErrWebhook
	}
	id, timestamp := header.Get("webhook-id"), header.Get("webhook-timestamp")
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || id == "" || now.Sub(time.Unix(seconds, 0)).Abs() > webhookTolerance {
		return ErrWebhook
	}
	mac := hmac.New(sha256.New, key)
	for _, part := range []string{id, ".", timestamp, "."} {
		mac.Write([]byte(part))
	}
	mac.Write(body)
	if !signed(header.Get("webhook-signature"), mac.Sum(nil)) {
		return ErrWebhook
	}
	return nil
}

// signed looks for want among signatures, each "v1,<base64>", in constant time for each.
func signed(signatures string, want []byte) bool {
	found := false
	for signature := range strings.FieldsSeq(signatures) {
		encoded, isV1 := strings.CutPrefix(signature, "v1,")
		got, err := base64.StdEncoding.DecodeString(encoded)
		found = (isV1 && err == nil && hmac.Equal(got, want)) || found
	}
	return found
}

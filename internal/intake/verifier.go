package intake

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/followup-dev/followup-operator/internal/credentials"
)

// maxSkew is how far a request's timestamp may be from now, either way.
const maxSkew = 300 * time.Second

// Reasons for which a request is not Slack's.
var (
	errNoSignature    = errors.New("a signature header is missing")
	errBadTimestamp   = errors.New("the timestamp is not a number")
	errSkewed         = errors.New("the timestamp is more than 300 s off")
	errWrongSignature = errors.New("the signature is wrong")
)

// verify says whether a request was signed, in the last five minutes, with one of the app's signing secrets.
//
// Source: https://docs.slack.dev/authentication/verifying-requests-from-slack
func verify(header http.Header, body []byte, secrets []credentials.Secret, now time.Time) error {
	stamp, signature := header.Get("X-Slack-Request-Timestamp"), header.Get("X-Slack-Signature")
	if stamp == "" || signature == "" {
		return errNoSignature
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return errBadTimestamp
	}
	if skew := now.Sub(time.Unix(seconds, 0)); skew > maxSkew || skew < -maxSkew {
		return errSkewed
	}
	digest, found := strings.CutPrefix(signature, "v0=")
	got, err := hex.DecodeString(digest)
	if !found || err != nil {
		return errWrongSignature
	}
	for _, secret := range secrets {
		if hmac.Equal(got, sign(secret, stamp, body)) {
			return nil
		}
	}
	return errWrongSignature
}

func sign(secret credentials.Secret, stamp string, body []byte) []byte {
	mac := hmac.New(sha256.New, []byte(secret.Reveal()))
	mac.Write([]byte("v0:" + stamp + ":"))
	mac.Write(body)
	return mac.Sum(nil)
}

package intake

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/followup-dev/followup-operator/internal/credentials"
)

// The example of https://docs.slack.dev/authentication/verifying-requests-from-slack.
const (
	documentedStamp     = 1531420618
	documentedSignature = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
	documentedBody      = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)

func TestVerify(t *testing.T) {
	other := credentials.NewSecret("another secret")
	const stamp = "1531420618"
	tests := map[string]struct {
		stamp, signature, body string
		later                  time.Duration // from the timestamp to now
		secrets                []credentials.Secret
		want                   error
	}{
		"documented example":          {stamp: stamp, signature: documentedSignature, body: documentedBody},
		"300 s old":                   {stamp: stamp, signature: documentedSignature, body: documentedBody, later: 300 * time.Second},
		"301 s old":                   {stamp: stamp, signature: documentedSignature, body: documentedBody, later: 301 * time.Second, want: errSkewed},
		"300 s ahead":                 {stamp: stamp, signature: documentedSignature, body: documentedBody, later: -300 * time.Second},
		"301 s ahead":                 {stamp: stamp, signature: documentedSignature, body: documentedBody, later: -301 * time.Second, want: errSkewed},
		"previous secret":             {stamp: stamp, signature: documentedSignature, body: documentedBody, secrets: []credentials.Secret{other, signingSecret}},
		"current of two":              {stamp: stamp, signature: documentedSignature, body: documentedBody, secrets: []credentials.Secret{signingSecret, other}},
		"another secret":              {stamp: stamp, signature: documentedSignature, body: documentedBody, secrets: []credentials.Secret{other}, want: errWrongSignature},
		"no secret":                   {stamp: stamp, signature: documentedSignature, body: documentedBody, secrets: []credentials.Secret{}, want: errWrongSignature},
		"body changed":                {stamp: stamp, signature: documentedSignature, body: documentedBody + "&", want: errWrongSignature},
		"timestamp changed":           {stamp: "1531420619", signature: documentedSignature, body: documentedBody, want: errWrongSignature},
		"version 1":                   {stamp: stamp, signature: "v1=" + documentedSignature[3:], body: documentedBody, want: errWrongSignature},
		"no version":                  {stamp: stamp, signature: documentedSignature[3:], body: documentedBody, want: errWrongSignature},
		"cut off":                     {stamp: stamp, signature: documentedSignature[:65], body: documentedBody, want: errWrongSignature},
		"only the version":            {stamp: stamp, signature: "v0=", body: documentedBody, want: errWrongSignature},
		"not hex":                     {stamp: stamp, signature: "v0=zz", body: documentedBody, want: errWrongSignature},
		"timestamp not a number":      {stamp: "now", signature: documentedSignature, body: documentedBody, want: errBadTimestamp},
		"timestamp a fraction":        {stamp: stamp + ".5", signature: documentedSignature, body: documentedBody, want: errBadTimestamp},
		"timestamp beyond any number": {stamp: "99999999999999999999", signature: documentedSignature, body: documentedBody, want: errBadTimestamp},
		"timestamp at the end":        {stamp: "9223372036854775807", signature: documentedSignature, body: documentedBody, want: errSkewed},
		"no timestamp":                {signature: documentedSignature, body: documentedBody, want: errNoSignature},
		"no signature":                {stamp: stamp, body: documentedBody, want: errNoSignature},
		"no headers":                  {body: documentedBody, want: errNoSignature},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			secrets := tc.secrets
			if secrets == nil {
				secrets = []credentials.Secret{signingSecret}
			}
			err := verify(headers(tc.stamp, tc.signature), []byte(tc.body), secrets, time.Unix(documentedStamp, 0).Add(tc.later))
			if !errors.Is(err, tc.want) {
				t.Errorf("got %v, want %v", err, tc.want)
			}
		})
	}
}

func headers(stamp, signature string) http.Header {
	h := http.Header{}
	if stamp != "" {
		h.Set("x-slack-request-timestamp", stamp)
	}
	if signature != "" {
		h.Set("x-slack-signature", signature)
	}
	return h
}

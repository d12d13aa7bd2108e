package slack

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
)

// ProbeKind is a request that Slack sends on its own account.
type ProbeKind string

const (
	// SSLCheck is sent to a command's URL now and then; the app answers 200. It carries no team.
	SSLCheck ProbeKind = "ssl_check"
	// URLVerification is sent when an events URL is saved; the app echoes the challenge.
	URLVerification ProbeKind = "url_verification"
)

// Challenge is what URLVerification asks to have echoed.
const Challenge = "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"

// SendProbe sends a probe, signed, and returns the answer.
func (s *Server) SendProbe(ctx context.Context, webhookURL string, kind ProbeKind) (Ack, error) {
	switch kind {
	case SSLCheck:
		form := url.Values{"ssl_check": {"1"}, "token": {"deprecated"}}
		ack, _, err := s.deliverForm(ctx, webhookURL, form)
		return ack, err
	case URLVerification:
		body := encoded(map[string]string{"type": string(kind), "token": "deprecated", "challenge": Challenge})
		ack, _, err := s.deliver(ctx, webhookURL, body, http.Header{"Content-Type": {jsonType}})
		return ack, err
	default:
		return Ack{}, fmt.Errorf("slack double: probe %q is unknown", kind)
	}
}

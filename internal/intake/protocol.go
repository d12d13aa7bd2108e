package intake

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strconv"
)

// isSSLCheck recognises Slack's check of our certificate. It may come unsigned, so it does nothing.
//
// Source: https://docs.slack.dev/interactivity/implementing-slash-commands
func isSSLCheck(body []byte) bool {
	// A text inside JSON can look like a field of a form.
	if bytes.HasPrefix(body, []byte("{")) || !bytes.Contains(body, []byte("ssl_check=1")) {
		return false
	}
	form, err := url.ParseQuery(string(body))
	return err == nil && form.Get("ssl_check") == "1"
}

// urlVerification returns the challenge of Slack's check of a request URL, which is echoed.
//
// Source: https://docs.slack.dev/reference/events/url_verification
func urlVerification(body []byte) (challenge string, ok bool) {
	if !bytes.HasPrefix(body, []byte("{")) || !bytes.Contains(body, []byte("url_verification")) {
		return "", false
	}
	var event struct {
		Type      string `json:"type"`
		Challenge string `json:"challenge"`
	}
	if err := json.Unmarshal(body, &event); err != nil || event.Type != "url_verification" {
		return "", false
	}
	return event.Challenge, true
}

// noteRetry counts what Slack sends again because it did not get, or not like, the answer before. It does so with events.
//
// Source: https://docs.slack.dev/apis/events-api/#retries
func (h *Handler) noteRetry(r *request) {
	n, err := strconv.Atoi(r.header.Get("X-Slack-Retry-Num"))
	if err != nil {
		return
	}
	reason := r.header.Get("X-Slack-Retry-Reason")
	h.Metrics.Retry(reason)
	if !retryReason.fits(reason) {
		reason = "other"
	}
	r.log = r.log.With("retry_num", n, "retry_reason", reason)
}

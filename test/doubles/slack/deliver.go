package slack

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

const (
	formType = "application/x-www-form-urlencoded"
	jsonType = "application/json"
)

// deliver posts a signed body to the app and reads its acknowledgement and the headers of that. Only 200 is one.
func (s *Server) deliver(ctx context.Context, webhookURL string, body []byte, header http.Header) (Ack, http.Header, error) {
	limited, cancel := context.WithTimeout(ctx, ackTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(limited, http.MethodPost, webhookURL, bytes.NewReader(body))
	if err != nil {
		return Ack{}, nil, fmt.Errorf("slack double: webhook URL: %w", err)
	}
	maps.Copy(r.Header, header)
	r.Header.Set("User-Agent", "Slackbot 1.0 (+https://api.slack.com/robots)")
	timestamp := strconv.FormatInt(s.now().Unix(), 10)
	r.Header.Set("X-Slack-Request-Timestamp", timestamp)
	r.Header.Set("X-Slack-Signature", Sign(s.app.SigningSecret, timestamp, body))

	start := time.Now() // a latency is real time, whatever the double's clock says
	answer, err := s.client.Do(r)
	if err != nil {
		ack, err := failedAck(ctx, limited, err, time.Since(start))
		return ack, nil, err
	}
	defer answer.Body.Close()
	received, err := io.ReadAll(io.LimitReader(answer.Body, maxBody))
	if err != nil {
		ack, err := failedAck(ctx, limited, err, time.Since(start))
		return ack, nil, err
	}
	ack := Ack{Status: answer.StatusCode, Body: string(received), Latency: time.Since(start)}
	if ack.Status != http.StatusOK {
		ack.Error = "dispatch_failed"
	}
	return ack, answer.Header, nil
}

// deliverForm sends what commands and interactions are: a form.
func (s *Server) deliverForm(ctx context.Context, webhookURL string, form url.Values) (Ack, http.Header, error) {
	return s.deliver(ctx, webhookURL, []byte(form.Encode()), http.Header{"Content-Type": {formType}})
}

// deliverPayload sends an interaction.
func (s *Server) deliverPayload(ctx context.Context, webhookURL string, payload map[string]any) (Ack, http.Header, error) {
	return s.deliverForm(ctx, webhookURL, url.Values{"payload": {string(encoded(payload))}})
}

// failedAck tells an app that is late from one that cannot be reached, and both from a caller who has given up.
func failedAck(caller, limited context.Context, err error, latency time.Duration) (Ack, error) {
	if caller.Err() != nil {
		return Ack{}, fmt.Errorf("slack double: sending: %w", err)
	}
	if errors.Is(limited.Err(), context.DeadlineExceeded) {
		return Ack{Latency: latency, Error: "operation_timeout"}, nil
	}
	return Ack{Latency: latency, Error: "dispatch_failed"}, nil
}

// Sign is Slack's signature of a body: https://docs.slack.dev/authentication/verifying-requests-from-slack
func Sign(signingSecret, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(signingSecret))
	_, _ = fmt.Fprintf(mac, "v0:%s:", timestamp) // a hash takes every write
	_, _ = mac.Write(body)
	return "v0=" + hex.EncodeToString(mac.Sum(nil))
}

// encoded is a value that the double has made itself, as JSON.
func encoded(value any) json.RawMessage {
	body, err := json.Marshal(value)
	if err != nil {
		panic(errors.Join(errors.New("slack double: a value that cannot be encoded"), err))
	}
	return body
}

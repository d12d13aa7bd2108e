package control

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/followup-dev/followup-operator/test/doubles/fault"
	"github.com/followup-dev/followup-operator/test/doubles/slack"
)

// Client works doubles in another process.
type Client struct {
	baseURL string
	http    *http.Client
}

// NewClient aims at a control API, such as http://127.0.0.1:9400.
func NewClient(baseURL string) *Client {
	return &Client{baseURL: strings.TrimSuffix(baseURL, "/"), http: &http.Client{}}
}

// Healthy returns an error unless the doubles are up.
func (c *Client) Healthy(ctx context.Context) error {
	return c.call(ctx, http.MethodGet, "/healthz", nil, nil)
}

// Send types a command. An app that fails is no error: see Sent.Error.
func (c *Client) Send(ctx context.Context, command Command) (Sent, error) {
	var sent Sent
	err := c.call(ctx, http.MethodPost, "/control/commands", command, &sent)
	return sent, err
}

// Interact presses, chooses, types, submits or closes. An app that fails is no error: see Sent.Error.
func (c *Client) Interact(ctx context.Context, interaction Interaction) (Sent, error) {
	var sent Sent
	err := c.call(ctx, http.MethodPost, "/control/interactions", interaction, &sent)
	return sent, err
}

// SendEvent sends an event.
func (c *Client) SendEvent(ctx context.Context, event Event) (slack.Delivery, error) {
	var delivery slack.Delivery
	err := c.call(ctx, http.MethodPost, "/control/events", event, &delivery)
	return delivery, err
}

// RetryEvents sends again the events whose retry is due.
func (c *Client) RetryEvents(ctx context.Context) ([]slack.Delivery, error) {
	var retried []slack.Delivery
	err := c.call(ctx, http.MethodPost, "/control/event-retries", nil, &retried)
	return retried, err
}

// SetInstallation removes the app from a workspace, or installs it again.
func (c *Client) SetInstallation(ctx context.Context, installation Installation) error {
	return c.call(ctx, http.MethodPost, "/control/installations", installation, nil)
}

// Probe sends one of Slack's own requests.
func (c *Client) Probe(ctx context.Context, probe Probe) (Sent, error) {
	var sent Sent
	err := c.call(ctx, http.MethodPost, "/control/probes", probe, &sent)
	return sent, err
}

// Screens returns what Slack users have seen; "" for team or user selects all.
func (c *Client) Screens(ctx context.Context, team, user string) ([]slack.Screen, error) {
	var screens []slack.Screen
	err := c.call(ctx, http.MethodGet, "/control/screens?"+url.Values{"team": {team}, "user": {user}}.Encode(), nil, &screens)
	return screens, err
}

// Fail queues a fault for an operation of a double.
func (c *Client) Fail(ctx context.Context, vendor Vendor, operation string, f fault.Fault) error {
	return c.call(ctx, http.MethodPost, "/control/faults", Fault{Vendor: vendor, Operation: operation, Fault: f}, nil)
}

// ClearFaults forgets the faults that have not struck yet.
func (c *Client) ClearFaults(ctx context.Context) error {
	return c.call(ctx, http.MethodDelete, "/control/faults", nil, nil)
}

// Calls returns the counts.
func (c *Client) Calls(ctx context.Context) (Calls, error) {
	var calls Calls
	err := c.call(ctx, http.MethodGet, "/control/calls", nil, &calls)
	return calls, err
}

// ResetCalls starts the counts again; the requests stay.
func (c *Client) ResetCalls(ctx context.Context) error {
	return c.call(ctx, http.MethodPost, "/control/reset-calls", nil, nil)
}

// call sends in as JSON unless it is nil, and decodes the answer into out unless that is nil.
func (c *Client) call(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		encoded, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("doubles: %w", err)
		}
		body = bytes.NewReader(encoded)
	}
	r, err := http.NewRequestWithContext(ctx, method, c.baseURL+path, body)
	if err != nil {
		return fmt.Errorf("doubles: %w", err)
	}
	answer, err := c.http.Do(r)
	if err != nil {
		return fmt.Errorf("doubles: %w", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode >= http.StatusBadRequest {
		reason, _ := io.ReadAll(io.LimitReader(answer.Body, 4096))
		return fmt.Errorf("doubles: %s %s: %d %s", method, path, answer.StatusCode, bytes.TrimSpace(reason))
	}
	if out == nil {
		return nil
	}
	if err := json.NewDecoder(answer.Body).Decode(out); err != nil {
		return fmt.Errorf("doubles: %s %s: %w", method, path, err)
	}
	return nil
}

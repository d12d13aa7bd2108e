package slack

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"time"
)

// Types of events. Any other can be sent too.
const (
	AppUninstalled = "app_uninstalled"
	TokensRevoked  = "tokens_revoked"
	AppRateLimited = "app_rate_limited" // no event_callback, and without an event_id
)

// Event is something that the app has subscribed to: https://docs.slack.dev/apis/events-api
type Event struct {
	ID     string         `json:"id,omitempty"` // event_id; "" mints one. The same again is the same event, sent twice.
	TeamID string         `json:"team_id"`      // where the app is installed
	Type   string         `json:"type"`
	Fields map[string]any `json:"fields,omitempty"` // of the inner event, beside its type
	Time   time.Time      `json:"time,omitzero"`    // event_time, in whole seconds; zero is now
	// SeenBy is the workspace that the outer team_id names, when it is another one than TeamID: of a channel of Slack Connect.
	SeenBy string `json:"seen_by,omitempty"`
}

// Delivery is what came of an event.
type Delivery struct {
	Event    Event     `json:"event"`
	Attempts []Attempt `json:"attempts"`
	Due      time.Time `json:"due,omitzero"` // of the next attempt; zero if there is none to come
}

// Attempt is one time that Slack sent an event.
type Attempt struct {
	At          time.Time `json:"at"`
	RetryNum    int       `json:"retry_num"`              // x-slack-retry-num; 0 is the first attempt
	RetryReason string    `json:"retry_reason,omitempty"` // x-slack-retry-reason
	Ack         Ack       `json:"ack"`                    // any 2xx is one
}

// retryAfter is how long Slack waits before the three retries: https://docs.slack.dev/apis/events-api#retries
var retryAfter = []time.Duration{0, time.Minute, 5 * time.Minute}

type delivery struct {
	Delivery
	url     string
	payload map[string]any
	reason  string // why the last attempt failed
}

// SendEvent sends an event for the first time. When the app fails, RetryEvents sends it again.
func (s *Server) SendEvent(ctx context.Context, eventsURL string, e Event) (Delivery, error) {
	d, err := s.newDelivery(eventsURL, e)
	if err != nil {
		return Delivery{}, err
	}
	return s.attempt(ctx, d)
}

// RetryEvents sends the events whose retry is due again, and returns what came of those. A minute is one of the double's
// clock.
func (s *Server) RetryEvents(ctx context.Context) ([]Delivery, error) {
	s.mu.Lock()
	var due []*delivery
	for _, d := range s.deliveries {
		if !d.Due.IsZero() && !d.Due.After(s.now()) {
			due = append(due, d)
		}
	}
	s.mu.Unlock()
	var retried []Delivery
	for _, d := range due {
		r, err := s.attempt(ctx, d)
		if err != nil {
			return nil, err
		}
		retried = append(retried, r)
	}
	return retried, nil
}

func (s *Server) newDelivery(eventsURL string, e Event) (*delivery, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w, ok := s.workspace(e.TeamID)
	if !ok {
		return nil, fmt.Errorf("slack double: workspace %q is not in the configuration", e.TeamID)
	}
	if e.Type == "" {
		return nil, errors.New("slack double: event: want a type")
	}
	if e.Time.IsZero() {
		e.Time = s.now()
	}
	if e.ID == "" && e.Type != AppRateLimited {
		e.ID = s.newID("Ev")
	}
	d := &delivery{Delivery: Delivery{Event: e}, url: eventsURL, payload: s.eventPayload(w, e)}
	s.deliveries = append(s.deliveries, d)
	return d, nil
}

// eventPayload: https://docs.slack.dev/apis/events-api#event-subscriptions
func (s *Server) eventPayload(w Workspace, e Event) map[string]any {
	if e.Type == AppRateLimited { // https://docs.slack.dev/apis/events-api#rate-limiting
		return map[string]any{
			"type": AppRateLimited, "token": "deprecated", "team_id": w.TeamID, "api_app_id": s.app.ID,
			"minute_rate_limited": e.Time.Truncate(time.Minute).Unix(),
		}
	}
	inner := map[string]any{"type": e.Type, "event_ts": s.timestamp(e.Time)}
	if e.Type == TokensRevoked {
		inner["tokens"] = map[string]any{"oauth": []string{}, "bot": []string{s.botUser()}}
	}
	maps.Copy(inner, e.Fields)
	authorization := map[string]any{
		"enterprise_id": nil, "team_id": w.TeamID, "user_id": s.botUser(), "is_bot": true, "is_enterprise_install": w.OrgInstall,
	}
	if w.EnterpriseID != "" {
		authorization["enterprise_id"] = w.EnterpriseID
	}
	if w.OrgInstall {
		authorization["team_id"] = nil
	}
	outer := w.TeamID
	if e.SeenBy != "" {
		outer = e.SeenBy
	}
	p := map[string]any{
		"type": "event_callback", "token": "deprecated", "team_id": outer, "context_team_id": w.TeamID, "context_enterprise_id": nil,
		"api_app_id": s.app.ID, "event": inner, "event_id": e.ID, "event_time": e.Time.Unix(), "event_context": "EC" + e.ID,
		"authorizations": []any{authorization}, "is_ext_shared_channel": e.SeenBy != "",
	}
	if w.EnterpriseID != "" {
		p["enterprise_id"], p["context_enterprise_id"] = w.EnterpriseID, w.EnterpriseID
	}
	return p
}

// attempt sends an event once, and plans the next time if the app does not take it.
func (s *Server) attempt(ctx context.Context, d *delivery) (Delivery, error) {
	s.mu.Lock()
	attempt := Attempt{At: s.now(), RetryNum: len(d.Attempts), RetryReason: d.reason}
	d.Due = time.Time{} // whoever else retries now leaves this one alone
	s.mu.Unlock()
	header := http.Header{"Content-Type": {jsonType}}
	if attempt.RetryNum > 0 {
		header.Set("X-Slack-Retry-Num", strconv.Itoa(attempt.RetryNum))
		header.Set("X-Slack-Retry-Reason", attempt.RetryReason)
	}
	ack, answered, err := s.deliver(ctx, d.url, encoded(d.payload), header)
	if err != nil {
		return Delivery{}, err
	}
	taken := ack.Status/100 == 2
	if taken {
		ack.Error = ""
	}
	attempt.Ack = ack
	s.mu.Lock()
	defer s.mu.Unlock()
	d.Attempts = append(d.Attempts, attempt)
	if !taken && answered.Get("X-Slack-No-Retry") != "1" && attempt.RetryNum < len(retryAfter) {
		d.Due, d.reason = s.now().Add(retryAfter[attempt.RetryNum]), retryReason(ack)
	}
	copied := d.Delivery
	copied.Attempts = append([]Attempt(nil), d.Attempts...)
	return copied, nil
}

func retryReason(ack Ack) string {
	switch {
	case ack.Status != 0:
		return "http_error"
	case ack.Error == "operation_timeout":
		return "http_timeout"
	default:
		return "connection_failed"
	}
}

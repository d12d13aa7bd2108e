package fathom

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// deliveryTimeout is Svix's, with whom Fathom's webhooks are signed alike.
const deliveryTimeout = 15 * time.Second

var triggers = []string{"my_recordings", "shared_external_recordings", "my_shared_with_team_recordings", "shared_team_recordings"}

// webhook is as https://developers.fathom.ai/api-reference/webhooks/create-a-webhook answers.
type webhook struct {
	ID                 string   `json:"id"`
	URL                string   `json:"url"`
	Secret             string   `json:"secret"`
	CreatedAt          string   `json:"created_at"`
	TriggeredFor       []string `json:"triggered_for"`
	IncludeTranscript  bool     `json:"include_transcript"`
	IncludeCRMMatches  bool     `json:"include_crm_matches"`
	IncludeSummary     bool     `json:"include_summary"`
	IncludeActionItems bool     `json:"include_action_items"`
	IncludeHighlights  bool     `json:"include_highlights"`
	owner              *user
}

func (s *Server) createWebhook(u *user, r *http.Request) (answer, *refusal) {
	var wanted struct {
		DestinationURL     string   `json:"destination_url"`
		TriggeredFor       []string `json:"triggered_for"`
		IncludeTranscript  bool     `json:"include_transcript"`
		IncludeCRMMatches  bool     `json:"include_crm_matches"`
		IncludeSummary     bool     `json:"include_summary"`
		IncludeActionItems bool     `json:"include_action_items"`
		IncludeHighlights  bool     `json:"include_highlights"`
	}
	if _, failure := known(r); failure != nil {
		return answer{}, failure
	}
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields() // additionalProperties is false
	if err := d.Decode(&wanted); err != nil {
		return answer{}, badRequest("body: " + err.Error())
	}
	if err := validDestination(wanted.DestinationURL); err != nil {
		return answer{}, badRequest(err.Error())
	}
	foreign := func(t string) bool { return !slices.Contains(triggers, t) }
	if len(wanted.TriggeredFor) == 0 || slices.ContainsFunc(wanted.TriggeredFor, foreign) {
		return answer{}, badRequest("triggered_for: want one or more of " + strings.Join(triggers, ", "))
	}
	if !wanted.IncludeTranscript && !wanted.IncludeCRMMatches && !wanted.IncludeSummary && !wanted.IncludeActionItems && !wanted.IncludeHighlights {
		return answer{}, badRequest("want at least one include_*")
	}
	secret := make([]byte, 24)
	_, _ = rand.Read(secret) // never fails
	hook := &webhook{
		ID: rand.Text()[:16], URL: wanted.DestinationURL, Secret: "whsec_" + base64.StdEncoding.EncodeToString(secret),
		CreatedAt: rfc3339(s.now()), TriggeredFor: wanted.TriggeredFor, IncludeTranscript: wanted.IncludeTranscript,
		IncludeCRMMatches: wanted.IncludeCRMMatches, IncludeSummary: wanted.IncludeSummary,
		IncludeActionItems: wanted.IncludeActionItems, IncludeHighlights: wanted.IncludeHighlights, owner: u,
	}
	s.webhooks = append(s.webhooks, hook)
	return answer{http.StatusCreated, hook}, nil
}

func (s *Server) deleteWebhook(u *user, r *http.Request) (answer, *refusal) {
	if _, failure := known(r); failure != nil {
		return answer{}, failure
	}
	i := slices.IndexFunc(s.webhooks, func(w *webhook) bool { return w.owner == u && w.ID == r.PathValue("id") })
	if i < 0 {
		return answer{}, &refusal{http.StatusNotFound, "not found"}
	}
	s.webhooks = slices.Delete(s.webhooks, i, i+1)
	return answer{http.StatusNoContent, nil}, nil
}

// Message is one delivery. Sent again, it has the same ID.
type Message struct {
	ID   string // webhook-id; "" of what was asked for with a destination_url, which is not signed
	URL  string
	Body []byte

	secret string
}

// Announce makes the messages that tell the webhooks of a key's owner of a recording (new_meeting_content_ready). Send
// sends them.
func (s *Server) Announce(key string, recordingID int64) ([]Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, ok := s.users[key]
	if !ok {
		return nil, errors.New("fathom double: key is not in the configuration")
	}
	i := slices.IndexFunc(u.meetings, func(m Meeting) bool { return m.RecordingID == recordingID })
	if i < 0 {
		return nil, fmt.Errorf("fathom double: recording %d is not among the meetings of the key", recordingID)
	}
	var messages []Message
	for _, w := range s.webhooks {
		if w.owner == u {
			body := encoded(u.meetings[i].describeWith(contents{w.IncludeSummary, w.IncludeTranscript, w.IncludeActionItems}))
			messages = append(messages, Message{ID: "msg_" + rand.Text(), URL: w.URL, Body: body, secret: w.Secret})
		}
	}
	return messages, nil
}

// Pending returns the messages that were asked for with a destination_url since the last time.
func (s *Server) Pending() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	var messages []Message
	for _, c := range s.pending {
		messages = append(messages, Message{URL: c.url, Body: c.body})
	}
	s.pending = nil
	return messages
}

// Send posts a message, signed with the webhook's secret by https://www.standardwebhooks.com, and returns the status of
// the answer. Any 2xx is an acknowledgement.
func (s *Server) Send(ctx context.Context, m Message) (status int, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, m.URL, bytes.NewReader(m.Body))
	if err != nil {
		return 0, fmt.Errorf("fathom double: %w", err)
	}
	r.Header.Set("Content-Type", "application/json")
	if m.ID != "" {
		timestamp := strconv.FormatInt(s.now().Unix(), 10)
		r.Header.Set("webhook-id", m.ID)
		r.Header.Set("webhook-timestamp", timestamp)
		r.Header.Set("webhook-signature", sign(m, timestamp))
	}
	response, err := s.client.Do(r)
	if err != nil {
		return 0, fmt.Errorf("fathom double: %w", err)
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(response.Body, maxBody)); err != nil {
		return 0, fmt.Errorf("fathom double: %w", err)
	}
	return response.StatusCode, nil
}

func sign(m Message, timestamp string) string {
	secret, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(m.secret, "whsec_")) // createWebhook has encoded it
	mac := hmac.New(sha256.New, secret)
	_, _ = fmt.Fprintf(mac, "%s.%s.%s", m.ID, timestamp, m.Body) // a hash takes every write
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

package slack

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Command is what a user types.
type Command struct {
	TeamID  string
	UserID  string
	Command string // with its slash
	Text    string
}

const (
	channelID   = "C0GENERAL1" // the channel in which every command is typed
	channelName = "general"
	formType    = "application/x-www-form-urlencoded"
)

// SendCommand types a command for a user and sends it to the app, signed, as Slack does; it returns the app's
// acknowledgement, of which the user has seen what Ack says. An app that fails is no error; a command that cannot be
// typed (an unknown workspace or user, a broken URL) is.
func (s *Server) SendCommand(ctx context.Context, webhookURL string, c Command) (Request, error) {
	w, ok := s.workspace(c.TeamID)
	if !ok {
		return Request{}, fmt.Errorf("slack double: workspace %q is not in the configuration", c.TeamID)
	}
	u, ok := w.user(c.UserID)
	if !ok {
		return Request{}, fmt.Errorf("slack double: user %q is not in workspace %s", c.UserID, c.TeamID)
	}
	if !strings.HasPrefix(c.Command, "/") {
		return Request{}, fmt.Errorf("slack double: command %q: want a slash first", c.Command)
	}
	request, form := s.newRequest(w, u, c)
	ack, answerType, err := s.deliver(ctx, webhookURL, formType, []byte(form.Encode()))
	if err != nil {
		return Request{}, err
	}
	if ack.Error == "" {
		ack.Message = s.shown(answerType, []byte(ack.Body))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	request.Ack = &ack
	return request.clone(), nil
}

// newRequest mints what a command carries: trigger_id and response_url.
func (s *Server) newRequest(w Workspace, u User, c Command) (*Request, url.Values) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	s.serial++
	number := 397700885000 + s.serial
	request := &Request{
		ID: "R" + strconv.Itoa(len(s.requests)+1), TeamID: c.TeamID, UserID: c.UserID, Command: c.Command, Text: c.Text, SentAt: now,
	}
	s.requests = append(s.requests, request)
	random := sha256.Sum256([]byte(rand.Text()))
	triggerID := fmt.Sprintf("%d.%d.%s", number, 47445629121, hex.EncodeToString(random[:16]))
	s.triggers[triggerID] = &trigger{request: request, expires: now.Add(triggerLifetime)}
	path := fmt.Sprintf("/commands/%s/%d/%s", c.TeamID, number, rand.Text())
	s.hooks[path] = &hook{request: request, expires: now.Add(hookLifetime)}

	// https://docs.slack.dev/interactivity/implementing-slash-commands#app_command_handling
	form := url.Values{
		"token": {"deprecated"}, "team_id": {w.TeamID}, "team_domain": {strings.ToLower(strings.ReplaceAll(w.Name, " ", "-"))},
		"channel_id": {channelID}, "channel_name": {channelName}, "user_id": {u.ID}, "user_name": {u.Name},
		"command": {c.Command}, "text": {c.Text}, "api_app_id": {s.app.ID},
		"is_enterprise_install": {strconv.FormatBool(w.OrgInstall)},
		"response_url":          {s.hooksURL + path}, "trigger_id": {triggerID},
	}
	if w.EnterpriseID != "" {
		form.Set("enterprise_id", w.EnterpriseID)
		form.Set("enterprise_name", w.EnterpriseID)
	}
	return request, form
}

// deliver posts a signed body to the app and reads its acknowledgement and the content type of that.
func (s *Server) deliver(ctx context.Context, webhookURL, contentType string, body []byte) (Ack, string, error) {
	limited, cancel := context.WithTimeout(ctx, ackTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(limited, http.MethodPost, webhookURL, bytes.NewReader(body))
	if err != nil {
		return Ack{}, "", fmt.Errorf("slack double: webhook URL: %w", err)
	}
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("User-Agent", "Slackbot 1.0 (+https://api.slack.com/robots)")
	timestamp := strconv.FormatInt(s.now().Unix(), 10)
	r.Header.Set("X-Slack-Request-Timestamp", timestamp)
	r.Header.Set("X-Slack-Signature", Sign(s.app.SigningSecret, timestamp, body))

	start := time.Now() // a latency is real time, whatever the double's clock says
	answer, err := s.client.Do(r)
	if err != nil {
		ack, err := failedAck(ctx, limited, err, time.Since(start))
		return ack, "", err
	}
	defer answer.Body.Close()
	received, err := io.ReadAll(io.LimitReader(answer.Body, maxBody))
	if err != nil {
		ack, err := failedAck(ctx, limited, err, time.Since(start))
		return ack, "", err
	}
	ack := Ack{Status: answer.StatusCode, Body: string(received), Latency: time.Since(start)}
	if ack.Status != http.StatusOK {
		ack.Error = "dispatch_failed"
	}
	return ack, answer.Header.Get("Content-Type"), nil
}

// failedAck tells an app that is late from one that cannot be reached, and both from a caller who has given up.
func failedAck(caller, limited context.Context, err error, latency time.Duration) (Ack, error) {
	if caller.Err() != nil {
		return Ack{}, fmt.Errorf("slack double: sending a command: %w", err)
	}
	if errors.Is(limited.Err(), context.DeadlineExceeded) {
		return Ack{Latency: latency, Error: "operation_timeout"}, nil
	}
	return Ack{Latency: latency, Error: "dispatch_failed"}, nil
}

// shown is the message that an acknowledgement's body means: none, JSON, or plain text.
func (s *Server) shown(contentType string, body []byte) *Message {
	if len(body) == 0 {
		return nil
	}
	if !strings.HasPrefix(contentType, "application/json") {
		return &Message{At: s.now(), Ephemeral: true, Body: textMessage(string(body))}
	}
	m, code := parseMessage(body)
	if code != "" && m.Problems == nil {
		m.Problems = []string{code}
	}
	m.At = s.now()
	return &m
}

// Sign is Slack's signature of a body: https://docs.slack.dev/authentication/verifying-requests-from-slack
func Sign(signingSecret, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(signingSecret))
	_, _ = fmt.Fprintf(mac, "v0:%s:", timestamp) // a hash takes every write
	_, _ = mac.Write(body)
	return "v0=" + hex.EncodeToString(mac.Sum(nil))
}

// newID mints an ID of Slack's form, such as V0000000042.
func (s *Server) newID(prefix string) string {
	s.serial++
	return fmt.Sprintf("%s%010d", prefix, s.serial)
}

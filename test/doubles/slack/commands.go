package slack

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// Command is what a user types.
type Command struct {
	TeamID  string
	UserID  string
	Command string // with its slash
	Text    string
}

const (
	channelID   = "C0GENERAL1" // the channel in which everything happens that is no direct message
	channelName = "general"
)

// SendCommand types a command for a user and sends it to the app, signed, as Slack does; it returns the app's
// acknowledgement, of which the user has seen what Ack says. An app that fails is no error; a command that cannot be
// typed (an unknown workspace or user, a broken URL) is.
func (s *Server) SendCommand(ctx context.Context, webhookURL string, c Command) (Request, error) {
	if !strings.HasPrefix(c.Command, "/") {
		return Request{}, fmt.Errorf("slack double: command %q: want a slash first", c.Command)
	}
	a, request, form, err := s.typeCommand(c)
	if err != nil {
		return Request{}, err
	}
	ack, header, err := s.deliverForm(ctx, webhookURL, form)
	if err != nil {
		return Request{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if ack.Error == "" {
		ack.Message = s.shown(a, header.Get("Content-Type"), []byte(ack.Body))
	}
	request.Ack = &ack
	return request.clone(), nil
}

// typeCommand makes the form of https://docs.slack.dev/interactivity/implementing-slash-commands#app_command_handling
func (s *Server) typeCommand(c Command) (actor, *Request, url.Values, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.actor(c.TeamID, c.UserID, "")
	if err != nil {
		return actor{}, nil, nil, err
	}
	request := s.begin(a, KindCommand)
	request.Command, request.Text = c.Command, c.Text
	w, u := a.home, a.user
	form := url.Values{
		"token": {"deprecated"}, "team_id": {w.TeamID}, "team_domain": {w.domain()},
		"channel_id": {channelID}, "channel_name": {channelName}, "user_id": {u.ID}, "user_name": {u.Name},
		"command": {c.Command}, "text": {c.Text}, "api_app_id": {s.app.ID},
		"is_enterprise_install": {strconv.FormatBool(w.OrgInstall)},
		"response_url":          {s.newHook("/commands", a, request, nil)},
		"trigger_id":            {s.newTrigger(a, request, nil)},
	}
	if w.EnterpriseID != "" {
		form.Set("enterprise_id", w.EnterpriseID)
		form.Set("enterprise_name", w.EnterpriseID)
	}
	return a, request, form, nil
}

// shown is the message that an acknowledgement's body means: none, JSON, or plain text.
func (s *Server) shown(a actor, contentType string, body []byte) *Message {
	if len(body) == 0 {
		return nil
	}
	if !strings.HasPrefix(contentType, jsonType) {
		return s.post(a, channelID, Message{Ephemeral: true, Body: textMessage(string(body))})
	}
	m, code := parseMessage(body)
	if code == "" {
		return s.post(a, channelID, m.Message)
	}
	if m.Problems == nil {
		m.Problems = []string{code}
	}
	m.At = s.now()
	return &m.Message
}

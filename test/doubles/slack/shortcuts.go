package slack

import "context"

// Shortcut is a use of one of the app's shortcuts.
type Shortcut struct {
	TeamID, UserID string
	CallbackID     string
	// Message is the text of the message on which it is used; "" is a global shortcut, which is used on none.
	Message string
}

// SendShortcut uses a shortcut: https://docs.slack.dev/reference/interaction-payloads/shortcuts-interaction-payload. A
// global one carries neither channel nor response_url, and neither kind says api_app_id.
func (s *Server) SendShortcut(ctx context.Context, interactionsURL string, c Shortcut) (Request, error) {
	request, payload, err := s.useShortcut(c)
	if err != nil {
		return Request{}, err
	}
	ack, _, err := s.deliverPayload(ctx, interactionsURL, payload)
	if err != nil {
		return Request{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	request.Ack = &ack
	return request.clone(), nil
}

func (s *Server) useShortcut(c Shortcut) (*Request, map[string]any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.actor(c.TeamID, c.UserID, "")
	if err != nil {
		return nil, nil, err
	}
	kind := KindShortcut
	if c.Message != "" {
		kind = KindMessageAction
	}
	request := s.begin(a, kind)
	request.Label = c.CallbackID
	payload := s.payload(kind, a, a.home)
	payload["callback_id"], payload["action_ts"] = c.CallbackID, s.timestamp(s.now())
	payload["trigger_id"] = s.newTrigger(a, request, nil)
	if c.Message == "" {
		return request, payload, nil
	}
	ts := s.timestamp(s.now())
	payload["message_ts"], payload["channel"] = ts, describeChannel(channelID)
	payload["message"] = map[string]any{"type": "message", "user": a.user.ID, "team": a.home.TeamID, "ts": ts, "text": c.Message}
	payload["response_url"] = s.newHook("/actions", a, request, nil)
	return request, payload, nil
}

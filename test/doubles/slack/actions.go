package slack

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// Action is a press of a button, or the choice of an option.
type Action struct {
	TeamID, UserID string
	ActionID       string
	Value          string // of the button, where several have that ActionID; "" is the first
	Option         string // the value of the option to choose; "" presses a button
	// MessageOf is the workspace whose app wrote the message, when the person is of another one and sees it in a channel of
	// Slack Connect; "" is the person's own.
	MessageOf string
}

// SendAction lets a person work what they see: the modal on top, or else the newest message that has the action. It is an
// error when they see no such button or option. The acknowledgement says nothing to them, but when it fails.
func (s *Server) SendAction(ctx context.Context, interactionsURL string, act Action) (Request, error) {
	request, payload, err := s.work(act)
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

// work makes the payload of https://docs.slack.dev/reference/interaction-payloads/block_actions-payload
func (s *Server) work(act Action) (*Request, map[string]any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.actor(act.TeamID, act.UserID, act.MessageOf)
	if err != nil {
		return nil, nil, err
	}
	seen, err := s.before(a, act.ActionID, act.Value)
	if err != nil {
		return nil, nil, err
	}
	element, blockID, _ := seen.surface().find(act.ActionID, act.Value)
	if seen.surface().isInput(blockID) {
		return nil, nil, fmt.Errorf("slack double: %s is an input, which the app hears of when the form is submitted", act.ActionID)
	}
	chosen, err := seen.surface().option(element, act.Option)
	if act.Option != "" && err != nil {
		return nil, nil, err
	}
	done, label, err := perform(element, blockID, chosen)
	if err != nil {
		return nil, nil, err
	}
	if name, _ := holds(text(element["type"])); name != "" {
		seen.surface().chosen[blockID+"/"+act.ActionID] = chosen
	}
	done["action_ts"] = s.timestamp(s.now())
	request := s.begin(seen.actor(a), KindBlockActions)
	request.ActionID, request.Label = act.ActionID, label
	payload := s.seenPayload(KindBlockActions, a, seen)
	payload["actions"] = []any{done}
	payload["trigger_id"] = s.newTrigger(seen.actor(a), request, seen.view)
	if seen.view != nil {
		request.Modal = seen.view.modal
	} else {
		request.Message = seen.post.message
		payload["response_url"] = s.newHook("/actions", a, request, seen.post)
	}
	return request, payload, nil
}

// perform describes the action on an element, and what the person would call it.
func perform(element map[string]any, blockID string, chosen any) (done map[string]any, label string, err error) {
	done = map[string]any{"type": element["type"], "action_id": element["action_id"], "block_id": blockID}
	switch kind := text(element["type"]); kind {
	case "button":
		done["text"] = element["text"]
		for _, name := range []string{"value", "style", "url"} {
			if given, ok := element[name]; ok {
				done[name] = given
			}
		}
		return done, labelOf(element), nil
	case "static_select", "external_select", "radio_buttons", "overflow":
		if chosen == nil {
			return nil, "", fmt.Errorf("slack double: %v: want the value of an option", element["action_id"])
		}
		done["selected_option"] = chosen
		if placeholder, ok := element["placeholder"]; ok {
			done["placeholder"] = placeholder
		}
		return done, labelOf(chosen), nil
	default:
		return nil, "", fmt.Errorf("slack double: %v: people here cannot work a %s", element["action_id"], kind)
	}
}

// labelOf is the text of a button or an option.
func labelOf(value any) string {
	o, _ := value.(map[string]any)
	t, _ := o["text"].(map[string]any)
	return text(t["text"])
}

// seen is what a person works: a modal or a message.
type seen struct {
	view *view
	post *post
}

func (x seen) surface() *surface {
	if x.view != nil {
		return &x.view.surface
	}
	return &x.post.surface
}

// actor: in a modal that another workspace's app has opened for the person, that installation is the one concerned.
func (x seen) actor(a actor) actor {
	if x.view != nil {
		a.installed = x.view.installed
	}
	return a
}

// before finds what the person sees that has the action: behind a modal there is nothing to press.
func (s *Server) before(a actor, actionID, value string) (seen, error) {
	if v := s.top(a); v != nil {
		if _, _, found := v.surface.find(actionID, value); found {
			return seen{view: v}, nil
		}
		return seen{}, fmt.Errorf("slack double: the modal that %s sees has no action %q with the value %q", a.user.ID, actionID, value)
	}
	for _, p := range slices.Backward(s.posts) {
		if p.message.Deleted || p.author.TeamID != a.installed.TeamID || !p.visible(a) {
			continue
		}
		if _, _, found := p.surface.find(actionID, value); found {
			return seen{post: p}, nil
		}
	}
	return seen{}, fmt.Errorf("slack double: %s sees no action %q with the value %q", a.user.ID, actionID, value)
}

func (p *post) visible(a actor) bool {
	return p.reader == "" || (p.home == a.home.TeamID && p.reader == a.user.ID)
}

// seenPayload is what block_actions and block_suggestion share. In a modal the team is the person's, and the installation
// is told by the view alone; with a message, the team is the installation's:
// https://github.com/slackapi/bolt-js/issues/1614, https://github.com/slackapi/java-slack-sdk/issues/1041.
func (s *Server) seenPayload(kind Kind, a actor, x seen) map[string]any {
	a = x.actor(a)
	if x.view != nil {
		p := s.payload(kind, a, a.home)
		p["api_app_id"] = s.app.ID
		p["container"] = map[string]any{"type": "view", "view_id": x.view.modal.ViewID}
		p["view"] = s.describeView(x.view)
		return p
	}
	m := x.post.message
	p := s.payload(kind, a, a.installed)
	p["api_app_id"] = s.app.ID
	p["container"] = map[string]any{
		"type": "message", "message_ts": m.TS, "channel_id": m.Channel, "is_ephemeral": m.Ephemeral,
	}
	p["channel"] = describeChannel(m.Channel)
	p["state"] = x.post.surface.state()
	if !m.Ephemeral { // of an ephemeral message, which Slack does not keep, there is only the container
		p["message"] = s.describePost(x.post)
	}
	return p
}

func describeChannel(id string) map[string]any {
	name := "directmessage"
	if id == channelID {
		name = channelName
	}
	return map[string]any{"id": id, "name": name}
}

// describePost is a message of the app: https://docs.slack.dev/reference/events/message
func (s *Server) describePost(p *post) map[string]any {
	return map[string]any{
		"type": "message", "user": s.botUser(), "bot_id": s.botID(), "app_id": s.app.ID, "team": p.author.TeamID,
		"ts": p.message.TS, "text": text(p.surface.content["text"]), "blocks": p.surface.content["blocks"],
	}
}

var errNoModal = errors.New("slack double: the person has no modal open")

// top is the modal before the person, nil if there is none.
func (s *Server) top(a actor) *view {
	for _, v := range slices.Backward(s.views) {
		if !v.closed && v.home.TeamID == a.home.TeamID && v.userID == a.user.ID {
			return v
		}
	}
	return nil
}

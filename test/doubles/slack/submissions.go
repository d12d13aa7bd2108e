package slack

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/followup-dev/followup-operator/internal/blockkit"
)

// Submission is a press of a modal's submit button.
type Submission struct {
	TeamID, UserID string
	// Values is what the person filled in before, by action_id: a text, a date (2026-11-30), a time (15:00), the value of an
	// option, or those of checkboxes with commas between; "" empties it. What is not there stays as the form has it.
	Values map[string]string
}

// SendSubmission submits the modal on top and does what the app answers:
// https://docs.slack.dev/surfaces/modals#handling_submissions
func (s *Server) SendSubmission(ctx context.Context, interactionsURL string, c Submission) (Request, error) {
	request, v, payload, err := s.submit(c)
	if err != nil {
		return Request{}, err
	}
	ack, _, err := s.deliverPayload(ctx, interactionsURL, payload)
	if err != nil {
		return Request{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if ack.Error == "" {
		s.respond(v, &ack)
	}
	request.Ack = &ack
	return request.clone(), nil
}

func (s *Server) submit(c Submission) (*Request, *view, map[string]any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.actor(c.TeamID, c.UserID, "")
	if err != nil {
		return nil, nil, nil, err
	}
	v := s.top(a)
	if v == nil {
		return nil, nil, nil, errNoModal
	}
	if v.surface.content["submit"] == nil {
		return nil, nil, nil, fmt.Errorf("slack double: the modal that %s sees cannot be submitted", c.UserID)
	}
	if err := v.surface.fillIn(c.Values); err != nil {
		return nil, nil, nil, err
	}
	a.installed = v.installed
	request := s.begin(a, KindViewSubmission)
	request.Modal, request.Label = v.modal, v.title()
	payload := s.payload(KindViewSubmission, a, a.home)
	payload["api_app_id"], payload["view"], payload["response_urls"] = s.app.ID, s.describeView(v), []any{}
	payload["trigger_id"] = s.newTrigger(a, request, v)
	return request, v, payload, nil
}

// respond does what the acknowledgement of a submission asks for; nothing closes the modal.
func (s *Server) respond(v *view, ack *Ack) {
	if ack.Body == "" {
		v.closed = true
		return
	}
	var answer struct {
		Action string            `json:"response_action"`
		View   json.RawMessage   `json:"view"`
		Errors map[string]string `json:"errors"`
	}
	if json.Unmarshal([]byte(ack.Body), &answer) != nil {
		ack.Error = "dispatch_failed"
		return
	}
	switch answer.Action {
	case "clear":
		for ; v != nil; v = v.below {
			v.closed = true
		}
	case "update":
		if blockkit.CheckView(answer.View) != nil {
			ack.Error = "dispatch_failed"
			return
		}
		s.show(v, viewContent{ExternalID: v.modal.ExternalID, raw: answer.View})
	case "push":
		if blockkit.CheckView(answer.View) != nil || v.depth() == modalLimit {
			ack.Error = "dispatch_failed"
			return
		}
		s.push(v, answer.View)
	case "errors": // shown beside the inputs: there must be some
		if len(answer.Errors) == 0 {
			ack.Error = "dispatch_failed"
		}
		for blockID := range answer.Errors {
			if !v.surface.isInput(blockID) {
				ack.Error = "dispatch_failed"
			}
		}
	default:
		ack.Error = "dispatch_failed"
	}
}

// SendClosing closes the modal on top, as its cross does; the app is told if it asked to be (notify_on_close).
func (s *Server) SendClosing(ctx context.Context, interactionsURL, teamID, userID string) (Request, error) {
	request, payload, err := s.closeTop(teamID, userID)
	if err != nil || payload == nil {
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

// closeTop makes the payload of https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload, nil if
// the app does not want it.
func (s *Server) closeTop(teamID, userID string) (*Request, map[string]any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.actor(teamID, userID, "")
	if err != nil {
		return nil, nil, err
	}
	v := s.top(a)
	if v == nil {
		return nil, nil, errNoModal
	}
	v.closed = true
	if v.surface.content["notify_on_close"] != true {
		return nil, nil, nil
	}
	a.installed = v.installed
	request := s.begin(a, KindViewClosed)
	request.Modal, request.Label = v.modal, v.title()
	payload := s.payload(KindViewClosed, a, a.home)
	payload["api_app_id"], payload["view"], payload["is_cleared"] = s.app.ID, s.describeView(v), false
	return request, payload, nil
}

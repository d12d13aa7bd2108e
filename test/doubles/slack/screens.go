package slack

import (
	"encoding/json"
	"slices"
	"time"
)

// Request is one slash command and all that its user has seen of it.
type Request struct {
	ID       string    `json:"id"` // the double's own name for it: R1, R2, ...
	TeamID   string    `json:"team_id"`
	UserID   string    `json:"user_id"`
	Command  string    `json:"command"`
	Text     string    `json:"text"`
	SentAt   time.Time `json:"sent_at"`
	Ack      *Ack      `json:"ack"`      // nil while Slack waits for it
	Modals   []*Modal  `json:"modals"`   // opened with its trigger_id: one at most
	Messages []Message `json:"messages"` // posted to its response_url
}

// Ack is how the app acknowledged a command, and what the user saw of that.
type Ack struct {
	Status  int           `json:"status"` // 0 when there was no answer
	Body    string        `json:"body"`
	Latency time.Duration `json:"latency_ns"`
	// Error is what the user is told when the app fails: operation_timeout or dispatch_failed; else "".
	Error string `json:"error,omitempty"`
	// Message is the answer shown to the user; nil if the acknowledgement was empty.
	Message *Message `json:"message,omitempty"`
}

// Modal is a modal with its history.
type Modal struct {
	ViewID     string    `json:"view_id"`
	ExternalID string    `json:"external_id"`
	Hash       string    `json:"hash"`
	Versions   []Version `json:"versions"` // as opened, then after each update
}

// Current is what the modal shows now.
func (m *Modal) Current() json.RawMessage { return m.Versions[len(m.Versions)-1].View }

// Updates is how often the modal has changed since it was opened.
func (m *Modal) Updates() int { return len(m.Versions) - 1 }

// Version is one content of a modal.
type Version struct {
	At   time.Time       `json:"at"`
	View json.RawMessage `json:"view"`
}

// Message is one message of the app.
type Message struct {
	At        time.Time       `json:"at"`
	Ephemeral bool            `json:"ephemeral"` // seen by the user alone
	Body      json.RawMessage `json:"body"`
	Problems  []string        `json:"problems,omitempty"` // why Slack would not show it
}

// Screen is what one user has before them.
type Screen struct {
	TeamID    string    `json:"team_id"`
	Workspace string    `json:"workspace"`
	UserID    string    `json:"user_id"`
	User      string    `json:"user"`
	Requests  []Request `json:"requests"` // in the order in which they were typed
}

// Screens returns a copy of what each user has seen, in the order of the configuration, without users who typed
// nothing. teamID and userID select; "" is all.
func (s *Server) Screens(teamID, userID string) []Screen {
	s.mu.Lock()
	defer s.mu.Unlock()
	var screens []Screen
	for _, w := range s.workspaces {
		for _, u := range w.Users {
			if (teamID != "" && teamID != w.TeamID) || (userID != "" && userID != u.ID) {
				continue
			}
			screen := Screen{TeamID: w.TeamID, Workspace: w.Name, UserID: u.ID, User: u.RealName}
			for _, r := range s.requests {
				if r.TeamID == w.TeamID && r.UserID == u.ID {
					screen.Requests = append(screen.Requests, r.clone())
				}
			}
			if screen.Requests != nil {
				screens = append(screens, screen)
			}
		}
	}
	return screens
}

// Requests returns a copy of all requests, in the order in which they were sent.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	requests := make([]Request, len(s.requests))
	for i, r := range s.requests {
		requests[i] = r.clone()
	}
	return requests
}

func (r Request) clone() Request {
	c := r
	if r.Ack != nil {
		ack := *r.Ack
		c.Ack = &ack
	}
	c.Messages = slices.Clone(r.Messages)
	c.Modals = make([]*Modal, len(r.Modals))
	for i, m := range r.Modals {
		modal := *m
		modal.Versions = slices.Clone(m.Versions)
		c.Modals[i] = &modal
	}
	return c
}

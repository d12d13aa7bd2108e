package slack

import (
	"encoding/json"
	"slices"
	"time"
)

// Kind is what a person can do, named as Slack's payloads are.
type Kind string

// The kinds.
const (
	KindCommand         Kind = "command"
	KindBlockActions    Kind = "block_actions"
	KindBlockSuggestion Kind = "block_suggestion" // never a Request's: it shows nothing but options
	KindShortcut        Kind = "shortcut"
	KindMessageAction   Kind = "message_action"
	KindViewSubmission  Kind = "view_submission"
	KindViewClosed      Kind = "view_closed"
)

// Request is one thing that a person did and all that they have seen of it.
type Request struct {
	ID       string `json:"id"` // the double's own name for it: R1, R2, ...
	Kind     Kind   `json:"kind"`
	TeamID   string `json:"team_id"` // the person's
	UserID   string `json:"user_id"`
	Command  string `json:"command,omitempty"`
	Text     string `json:"text,omitempty"`
	ActionID string `json:"action_id,omitempty"`
	// Label is what the person would say that they worked: a button's or an option's text, a modal's title, a shortcut.
	Label    string     `json:"label,omitempty"`
	SentAt   time.Time  `json:"sent_at"`
	Ack      *Ack       `json:"ack"`               // nil while Slack waits for it
	Modal    *Modal     `json:"modal,omitempty"`   // in which they did it
	Message  *Message   `json:"message,omitempty"` // in which they did it
	Modals   []*Modal   `json:"modals"`            // opened or pushed with its trigger_id: one at most
	Messages []*Message `json:"messages"`          // posted to its response_url, but those that replaced another
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
	TS         string          `json:"ts"`
	Channel    string          `json:"channel"`
	At         time.Time       `json:"at"`
	Ephemeral  bool            `json:"ephemeral"` // seen by the user alone
	Body       json.RawMessage `json:"body"`      // as it is now
	Replaced   int             `json:"replaced,omitempty"`
	ReplacedAt time.Time       `json:"replaced_at,omitzero"`
	Deleted    bool            `json:"deleted,omitempty"`
	Problems   []string        `json:"problems,omitempty"` // why Slack would not show it
}

// Screen is what one user has before them.
type Screen struct {
	TeamID    string    `json:"team_id"`
	Workspace string    `json:"workspace"`
	UserID    string    `json:"user_id"`
	User      string    `json:"user"`
	Requests  []Request `json:"requests"` // in the order in which they were made
	Posts     []Message `json:"posts"`    // what the app wrote by chat.postMessage, to them or to their channel
}

// Screens returns a copy of what each user has seen, in the order of the configuration, without users who did
// nothing and were told nothing. teamID and userID select; "" is all.
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
			for _, p := range s.posts {
				if p.unprompted && p.author.TeamID == w.TeamID && p.visible(actor{home: w, user: u}) {
					screen.Posts = append(screen.Posts, *p.message)
				}
			}
			if screen.Requests != nil || screen.Posts != nil {
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
	c.Modal, c.Message = r.Modal.clone(), copied(r.Message)
	c.Messages = make([]*Message, len(r.Messages))
	for i, m := range r.Messages {
		c.Messages[i] = copied(m)
	}
	c.Modals = make([]*Modal, len(r.Modals))
	for i, m := range r.Modals {
		c.Modals[i] = m.clone()
	}
	return c
}

func (m *Modal) clone() *Modal {
	if m == nil {
		return nil
	}
	c := *m
	c.Versions = slices.Clone(m.Versions)
	return &c
}

func copied(m *Message) *Message {
	if m == nil {
		return nil
	}
	c := *m
	return &c
}

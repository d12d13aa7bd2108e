package control

import (
	"time"

	"github.com/followup-dev/followup-operator/test/doubles/calls"
	"github.com/followup-dev/followup-operator/test/doubles/fault"
	"github.com/followup-dev/followup-operator/test/doubles/slack"
)

// Vendor names a double.
type Vendor string

// The doubles.
const (
	Slack  Vendor = "slack"
	Fathom Vendor = "fathom"
	AWS    Vendor = "aws"

	Anthropic Vendor = "anthropic"
	Crono     Vendor = "crono"
	Google    Vendor = "google"
)

// Command is what a Slack user types, and where Slack sends it.
type Command struct {
	Team       string `json:"team"`
	User       string `json:"user"`
	Command    string `json:"command"`
	Text       string `json:"text"`
	WebhookURL string `json:"webhook_url"`
}

// Interaction is what a Slack user does with what they see, and where Slack sends it. Kind says which fields matter.
type Interaction struct {
	Kind       slack.Kind        `json:"kind"` // all but "command"
	Team       string            `json:"team"`
	User       string            `json:"user"`
	WebhookURL string            `json:"webhook_url"`
	ActionID   string            `json:"action_id,omitempty"`   // block_actions, block_suggestion
	Value      string            `json:"value,omitempty"`       // block_actions on one of several buttons with that ActionID
	Option     string            `json:"option,omitempty"`      // block_actions on a select menu
	MessageOf  string            `json:"message_of,omitempty"`  // block_actions in Slack Connect
	Text       string            `json:"text,omitempty"`        // typed, or the message of message_action
	CallbackID string            `json:"callback_id,omitempty"` // shortcut, message_action
	Values     map[string]string `json:"values,omitempty"`      // view_submission
}

// Event is an event, and where Slack sends it.
type Event struct {
	slack.Event
	WebhookURL string `json:"webhook_url"`
}

// Installation changes one: a token installs the app again, with that; none removes it.
type Installation struct {
	Team  string `json:"team"`
	Token string `json:"token,omitempty"`
}

// Probe is a request that Slack sends on its own account.
type Probe struct {
	Kind       slack.ProbeKind `json:"kind"`
	WebhookURL string          `json:"webhook_url"`
}

// Sent is how the app acknowledged a command, an interaction or a probe.
type Sent struct {
	RequestID string        `json:"request_id,omitempty"` // Request.ID, where there is one
	Status    int           `json:"status"`
	Body      string        `json:"body"`
	Latency   time.Duration `json:"latency_ns"`
	Error     string        `json:"error,omitempty"` // what the user is told when the app fails
	// Options are offered as the user types; Problems say why Slack would offer none.
	Options  []slack.Option `json:"options,omitempty"`
	Problems []string       `json:"problems,omitempty"`
}

// Fault is a fault for one operation of one double.
type Fault struct {
	Vendor    Vendor      `json:"vendor"`
	Operation string      `json:"operation"`
	Fault     fault.Fault `json:"fault"`
}

// Calls is what the doubles were asked since the counts were last reset, and all that users ever did.
type Calls struct {
	Counts   map[Vendor]calls.Counts `json:"counts"`
	Requests []Request               `json:"requests"`
}

// Request is a command or an interaction by the numbers: with an app that works, each command has one modal or one
// message, and never two.
type Request struct {
	ID           string     `json:"id"`
	Kind         slack.Kind `json:"kind"`
	Team         string     `json:"team"`
	User         string     `json:"user"`
	Command      string     `json:"command,omitempty"`
	Label        string     `json:"label,omitempty"`
	SentAt       time.Time  `json:"sent_at"`
	AckError     string     `json:"ack_error,omitempty"`
	ModalsOpened int        `json:"modals_opened"`
	ModalUpdates int        `json:"modal_updates"` // of those
	Messages     int        `json:"messages"`      // to the response_url
}

func summary(r slack.Request) Request {
	s := Request{
		ID: r.ID, Kind: r.Kind, Team: r.TeamID, User: r.UserID, Command: r.Command, Label: r.Label, SentAt: r.SentAt,
		ModalsOpened: len(r.Modals), Messages: len(r.Messages),
	}
	if r.Ack != nil {
		s.AckError = r.Ack.Error
	}
	for _, m := range r.Modals {
		s.ModalUpdates += m.Updates()
	}
	return s
}

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
)

// Command is what a Slack user types, and where Slack sends it.
type Command struct {
	Team       string `json:"team"`
	User       string `json:"user"`
	Command    string `json:"command"`
	Text       string `json:"text"`
	WebhookURL string `json:"webhook_url"`
}

// Probe is a request that Slack sends on its own account.
type Probe struct {
	Kind       slack.ProbeKind `json:"kind"`
	WebhookURL string          `json:"webhook_url"`
}

// Sent is how the app acknowledged a command or a probe.
type Sent struct {
	RequestID string        `json:"request_id,omitempty"` // of a command; Request.ID
	Status    int           `json:"status"`
	Body      string        `json:"body"`
	Latency   time.Duration `json:"latency_ns"`
	Error     string        `json:"error,omitempty"` // what the user is told when the app fails
}

// Fault is a fault for one operation of one double.
type Fault struct {
	Vendor    Vendor      `json:"vendor"`
	Operation string      `json:"operation"`
	Fault     fault.Fault `json:"fault"`
}

// Calls is what the doubles were asked since the counts were last reset, and every command ever typed.
type Calls struct {
	Counts   map[Vendor]calls.Counts `json:"counts"`
	Requests []Request               `json:"requests"`
}

// Request is a command by the numbers: with an app that works, each has one modal or one message, and never two.
type Request struct {
	ID           string    `json:"id"`
	Team         string    `json:"team"`
	User         string    `json:"user"`
	Command      string    `json:"command"`
	SentAt       time.Time `json:"sent_at"`
	AckError     string    `json:"ack_error,omitempty"`
	ModalsOpened int       `json:"modals_opened"`
	ModalUpdates int       `json:"modal_updates"`
	Messages     int       `json:"messages"` // to the response_url
}

func summary(r slack.Request) Request {
	s := Request{
		ID: r.ID, Team: r.TeamID, User: r.UserID, Command: r.Command, SentAt: r.SentAt,
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

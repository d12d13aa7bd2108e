package followup

import (
	"fmt"
	"time"
)

// Reason names what is wrong in the terms of the product; package slackui has the words for each.
type Reason string

const (
	// FathomNotSetUp: the tenant has no Fathom key that can be read.
	FathomNotSetUp Reason = "fathom_not_set_up"
	// FathomKeyRefused: Fathom does not take the key any more.
	FathomKeyRefused Reason = "fathom_key_refused"
	// FathomBusy: the key's calls per minute are spent; Problem.RetryAfter says for how long.
	FathomBusy Reason = "fathom_busy"
	// FathomDown: Fathom does not answer, or not so that we understand it.
	FathomDown Reason = "fathom_down"
	// EmailHidden: Slack does not show us the user's e-mail address.
	EmailHidden Reason = "email_hidden"
	// SlackDown: Slack did not answer when asked who the user is.
	SlackDown Reason = "slack_down"
	// SlackNotSetUp: the tenant has no bot token that can be read.
	SlackNotSetUp Reason = "slack_not_set_up"
	// SlackTokenDead: Slack does not take the bot token any more: the app was removed, or the token revoked.
	SlackTokenDead Reason = "slack_token_dead"
	// WrongWorkspace: the bot token belongs to a workspace that does not know the user.
	WrongWorkspace Reason = "wrong_workspace"
	// MeetingGone: the one meeting asked for is not there any more, or not the user's to see any more; nobody is told which.
	MeetingGone Reason = "meeting_gone"
	// NotReady: Fathom has not yet written down what was said; Problem.RetryAfter says when we look again.
	NotReady Reason = "not_ready"
	// NothingSaid: there is still nothing after an hour, or the recording has no words.
	NothingSaid Reason = "nothing_said"
	// WriterNotSetUp: neither the tenant nor the app has a key for the model, or it is refused.
	WriterNotSetUp Reason = "writer_not_set_up"
	// WriterRefused: the model would not write about this meeting.
	WriterRefused Reason = "writer_refused"
	// WriterBusy: the model is overloaded or its limits are spent.
	WriterBusy Reason = "writer_busy"
	// WriterDown: the model's vendor fails, or what it wrote can't be used.
	WriterDown Reason = "writer_down"
	// GoogleNotSetUp: the tenant has no Google connection that can be used.
	GoogleNotSetUp Reason = "google_not_set_up"
	// GoogleNotYours: there is one, of another person's mailbox.
	GoogleNotYours Reason = "google_not_yours"
	// GoogleReconnect: Google does not take its credentials any more.
	GoogleReconnect Reason = "google_reconnect"
	// GoogleBusy and GoogleDown are as FathomBusy and FathomDown.
	GoogleBusy Reason = "google_busy"
	GoogleDown Reason = "google_down"
	// GoogleRefused: Google took the credentials and not the draft or event.
	GoogleRefused Reason = "google_refused"
	// CRMNotSetUp, CRMReconnect, CRMBusy, CRMDown and CRMRefused are the same for the tenant's CRM.
	CRMNotSetUp  Reason = "crm_not_set_up"
	CRMReconnect Reason = "crm_reconnect"
	CRMBusy      Reason = "crm_busy"
	CRMDown      Reason = "crm_down"
	CRMRefused   Reason = "crm_refused"
	// NotSure: the vendor may have done it, and can't be asked; the user has to look.
	NotSure Reason = "not_sure"
	// CannotUndo: the vendor has no way to take it back.
	CannotUndo Reason = "cannot_undo"
	// Paused: the tenant is stopped, with all that was queued.
	Paused Reason = "paused"
	// LimitReached: a limit of the tenant's plan is used up; Problem.Limit says which.
	LimitReached Reason = "limit_reached"
	// Internal: it is us, and trying again did not help.
	Internal Reason = "internal"
)

// Problem is a failure that ends on the user's screen: trying again at once would not help.
type Problem struct { //nolint:errname // first of all it is what a user is told
	Reason Reason
	// RetryAfter is how long to wait, 0 when unknown.
	RetryAfter time.Duration
	// Limit is that of LimitReached.
	Limit *Limit
}

// passes says that asking for the same thing later may work, without anybody doing anything.
func (p *Problem) passes() bool {
	switch p.Reason {
	case FathomDown, WriterDown, GoogleDown, CRMDown, SlackDown:
		return true
	default:
		return p.busy()
	}
}

// busy says that somebody asked us to wait.
func (p *Problem) busy() bool {
	switch p.Reason {
	case FathomBusy, WriterBusy, GoogleBusy, CRMBusy:
		return true
	default:
		return false
	}
}

func (p *Problem) Error() string {
	if p.RetryAfter > 0 {
		return fmt.Sprintf("%s, for %s", p.Reason, p.RetryAfter)
	}
	return string(p.Reason)
}

package intake

import (
	"cmp"
	"context"

	"github.com/followup-dev/followup-operator/internal/jobs"
)

// click is the use of a button, a menu or a shortcut. It becomes a job, as a command does; but its answer can carry no
// text, so that a text goes as a notice.
type click struct {
	interaction
	from jobs.Click
	asks jobs.Stamped
}

// readAction reads a click in a list of meetings, or in a card.
//
// Source: https://docs.slack.dev/reference/interaction-payloads/block_actions-payload
func readAction(in interaction) (payload, error) {
	c := click{interaction: in, from: jobs.Click{
		SlackUserID: in.User.ID,
		TriggerID:   in.TriggerID,
		ResponseURL: in.ResponseURL,
		ViewID:      in.View.ID,
		InMessage:   in.View.ID == "",
		Ephemeral:   in.View.ID == "" && bool(in.Container.Ephemeral),
	}}
	err := check(append(in.fields(),
		trigger(in.TriggerID),
		field{name: "response_url", value: in.ResponseURL, want: printable, optional: in.View.ID != ""},
		field{name: "message.team", value: in.Message.Team, want: slackID, optional: true},
	)...)
	if err != nil {
		return nil, err
	}
	c.asks, err = clicks[in.name()](in.Actions[0])
	return c, err
}

// readShortcut reads the use of a shortcut, which lists the newest meetings.
//
// Source: https://docs.slack.dev/reference/interaction-payloads/shortcuts-interaction-payload
func readShortcut(in interaction) (payload, error) {
	// Slack leaves out a person's workspace at times, and at times names another of theirs than the one that they are in.
	in.User.TeamID = cmp.Or(in.Team.ID, in.User.TeamID)
	in.Message = message{} // whose message the shortcut was used on says nothing
	err := check(append(in.fields(),
		trigger(in.TriggerID),
		field{name: "response_url", value: in.ResponseURL, want: printable, optional: true},
	)...)
	return click{interaction: in, asks: jobs.ListMeetings{}, from: jobs.Click{
		SlackUserID: in.User.ID,
		TriggerID:   in.TriggerID,
		ResponseURL: in.ResponseURL,
	}}, err
}

func (c click) envelope() envelope { return c.interaction.envelope() }

func (c click) serve(ctx context.Context, h *Handler, r *request) answer {
	if err := c.belongs(r.tenant); err != nil {
		return c.tell(r, r.foreign(err))
	}
	if r.tenant.Disconnected {
		return c.tell(r, r.disconnected())
	}
	return h.admit(ctx, r, c, c.envelope().kind+"."+c.name(), c.from, c.asks)
}

func (c click) tell(r *request, n news) answer {
	a := acknowledged(n.outcome)
	a.notice = &notice{
		tenant: r.tenant, text: n.text,
		responseURL: c.ResponseURL, triggerID: c.TriggerID, inModal: c.View.ID != "",
	}
	return a
}

package intake

import (
	"cmp"
	"context"
	"net/url"
	"strings"

	"github.com/followup-dev/followup-operator/internal/directory"
	"github.com/followup-dev/followup-operator/internal/followup"
	"github.com/followup-dev/followup-operator/internal/jobs"
	"github.com/followup-dev/followup-operator/internal/telemetry"
)

// command is what we use of a slash command. Nobody of another workspace can send one: Slack runs commands for people of
// the installing workspace only, in shared channels too.
//
// Source: https://docs.slack.dev/interactivity/implementing-slash-commands and https://docs.slack.dev/apis/slack-connect
type command struct {
	name        string // without the slash
	appID       string
	workspace   directory.Workspace
	userID      string
	triggerID   string
	responseURL string
}

// readCommand reads the verified bytes, never the URL's query: a signature covers the body only.
func readCommand(body []byte) (payload, error) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, &fieldError{field: "(form)"}
	}
	c := command{
		name:  strings.ToLower(strings.TrimPrefix(form.Get("command"), "/")),
		appID: form.Get("api_app_id"),
		workspace: directory.Workspace{
			TeamID:       form.Get("team_id"),
			EnterpriseID: form.Get("enterprise_id"),
			OrgInstall:   form.Get("is_enterprise_install") == "true",
		},
		userID:      form.Get("user_id"),
		triggerID:   form.Get("trigger_id"),
		responseURL: form.Get("response_url"),
	}
	return c, c.check()
}

func (c command) check() error {
	return check(append(workspaceFields(c.workspace),
		field{name: "command", value: c.name, want: printable},
		field{name: "api_app_id", value: c.appID, want: slackID},
		field{name: "user_id", value: c.userID, want: slackID},
		trigger(c.triggerID),
		field{name: "response_url", value: c.responseURL, want: printable},
	)...)
}

func workspaceFields(w directory.Workspace) []field {
	return []field{
		{name: "team_id", value: w.TeamID, want: slackID, optional: w.OrgInstall},
		{name: "enterprise_id", value: w.EnterpriseID, want: slackID, optional: !w.OrgInstall},
	}
}

// commands are those of the app, with what each is counted as and asks for.
var commands = map[string]struct {
	kind string
	asks jobs.Stamped
}{
	"meetings":       {telemetry.KindMeetings, jobs.ListMeetings{}},
	"followup":       {telemetry.KindFollowup, jobs.ListMeetings{}},
	"crono-add-task": {telemetry.KindAddTask, jobs.OpenForm{Form: followup.FormTask}},
}

func (c command) envelope() envelope {
	return envelope{kind: cmp.Or(commands[c.name].kind, telemetry.KindOther), appID: c.appID, workspace: c.workspace}
}

func (c command) serve(ctx context.Context, h *Handler, r *request) answer {
	known := commands[c.name]
	if known.asks == nil {
		return c.tell(r, r.unknownCommand())
	}
	if r.tenant.Disconnected {
		return c.tell(r, r.disconnected())
	}
	return h.admit(ctx, r, c, "command."+c.name, jobs.Click{
		SlackUserID: c.userID,
		TriggerID:   c.triggerID,
		ResponseURL: c.responseURL,
	}, known.asks)
}

// tell answers with the text: Slack shows it to whoever typed the command, with status 200 only.
//
// Source: "Sending error responses" of https://docs.slack.dev/interactivity/implementing-slash-commands
func (command) tell(_ *request, n news) answer {
	a := acknowledged(n.outcome)
	a.json = map[string]string{"response_type": "ephemeral", "text": n.text}
	return a
}

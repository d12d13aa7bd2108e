package intake

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/followup-dev/followup-operator/internal/directory"
)

// command is what we use of a slash command.
//
// Source: https://docs.slack.dev/interactivity/implementing-slash-commands
type command struct {
	name        string // without the slash
	appID       string
	workspace   directory.Workspace
	userID      string
	triggerID   string
	responseURL string
}

var (
	slackID = regexp.MustCompile(`^[A-Z0-9]{2,32}$`)
	// printable also keeps out the NUL that Postgres cannot store.
	printable = regexp.MustCompile(`^[[:graph:]]{1,1000}$`)
)

// fieldError names the field of a payload that is missing or not what Slack sends.
type fieldError struct{ field string }

func (e *fieldError) Error() string {
	return fmt.Sprintf("field %s is missing or malformed", e.field)
}

// parseCommand reads the verified bytes, never the URL's query: a signature covers the body only.
func parseCommand(body []byte) (command, error) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return command{}, &fieldError{field: "(form)"}
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
	w := c.workspace
	for _, f := range []struct {
		name, value string
		want        *regexp.Regexp
		optional    bool
	}{
		{name: "command", value: c.name, want: printable},
		{name: "api_app_id", value: c.appID, want: slackID},
		{name: "team_id", value: w.TeamID, want: slackID, optional: w.OrgInstall},
		{name: "enterprise_id", value: w.EnterpriseID, want: slackID, optional: !w.OrgInstall},
		{name: "user_id", value: c.userID, want: slackID},
		{name: "trigger_id", value: c.triggerID, want: printable},
		{name: "response_url", value: c.responseURL, want: printable},
	} {
		if f.value == "" && f.optional {
			continue
		}
		if !f.want.MatchString(f.value) {
			return &fieldError{field: f.name}
		}
	}
	return nil
}

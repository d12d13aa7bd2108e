package intake

import (
	"cmp"
	"encoding/json"
	"net/url"

	"github.com/followup-dev/followup-operator/internal/directory"
	"github.com/followup-dev/followup-operator/internal/slackui"
	"github.com/followup-dev/followup-operator/internal/telemetry"
)

// interaction is what we use of the payloads behind Slack's interactivity URL. What else they hold may have any shape.
//
// Source: https://docs.slack.dev/reference/interaction-payloads
type interaction struct {
	Type       string     `json:"type"`
	AppID      string     `json:"api_app_id"`
	Team       team       `json:"team"` // null in an organisation-wide installation
	Enterprise enterprise `json:"enterprise"`
	OrgInstall flag       `json:"is_enterprise_install"`
	User       user       `json:"user"`

	TriggerID   string    `json:"trigger_id"`
	ResponseURL string    `json:"response_url"` // of a message; a modal and a global shortcut have none
	View        view      `json:"view"`
	Container   container `json:"container"`
	Channel     channel   `json:"channel"` // of a message
	Message     message   `json:"message"` // of none that is ephemeral: Slack does not keep those

	Actions    []action `json:"actions"`     // of block_actions
	CallbackID string   `json:"callback_id"` // of a shortcut
	ActionID   string   `json:"action_id"`   // of a block_suggestion
	Value      string   `json:"value"`       // of a block_suggestion: what is typed
}

type (
	enterprise struct {
		ID string `json:"id"`
	}
	user struct {
		ID string `json:"id"`
		// TeamID is, of an Enterprise's people, perhaps the organisation's ID, and perhaps another of their workspaces than
		// the one that they are in.
		TeamID string `json:"team_id"`
	}
	view struct {
		ID                 string          `json:"id"`
		CallbackID         string          `json:"callback_id"`
		PreviousViewID     string          `json:"previous_view_id"` // of the modal below
		AppInstalledTeamID string          `json:"app_installed_team_id"`
		PrivateMetadata    string          `json:"private_metadata"` // a slackui.Metadata
		Blocks             json.RawMessage `json:"blocks"`           // as we sent them
		State              json.RawMessage `json:"state"`            // what was typed and chosen
	}
	container struct {
		Ephemeral flag `json:"is_ephemeral"`
	}
	channel struct {
		ID string `json:"id"`
	}
	message struct {
		Team string `json:"team"` // of whoever posted it
	}
	action struct {
		ActionID       string `json:"action_id"`
		Value          string `json:"value"`
		SelectedOption struct {
			Value string `json:"value"`
		} `json:"selected_option"`
	}
)

// team is an object, or in some payloads just its ID.
type team struct {
	ID           string
	EnterpriseID string
}

// UnmarshalJSON implements json.Unmarshaler.
func (t *team) UnmarshalJSON(text []byte) error {
	if text[0] == '"' {
		return json.Unmarshal(text, &t.ID)
	}
	var object struct {
		ID           string `json:"id"`
		EnterpriseID string `json:"enterprise_id"`
	}
	err := json.Unmarshal(text, &object)
	*t = team(object)
	return err
}

// The types of payloads that are served. A shortcut on a message has the name that it had as an "action".
const (
	blockActions    = "block_actions"
	blockSuggestion = "block_suggestion"
	viewSubmission  = "view_submission"
	globalShortcut  = "shortcut"
	messageShortcut = "message_action"
)

// kinds are the types of payloads that Slack has.
var kinds = map[string]string{
	blockActions:    telemetry.KindAction,
	blockSuggestion: telemetry.KindSuggestion,
	globalShortcut:  telemetry.KindShortcut,
	messageShortcut: telemetry.KindMessageShortcut,
	viewSubmission:  telemetry.KindViewSubmission,
	"view_closed":   telemetry.KindViewClosed,
}

// readInteraction reads the verified bytes, never the URL's query.
func readInteraction(body []byte) (payload, error) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, &fieldError{field: "(form)"}
	}
	var in interaction
	err = decode([]byte(form.Get("payload")), &in, "payload")
	switch {
	case in.Type == "":
		return nil, cmp.Or(err, error(&fieldError{field: "type"}))
	case !in.served():
		return click{interaction: in}, nil // of whatever type: its envelope settles it
	case err != nil:
		return nil, err
	case in.Type == blockSuggestion:
		return readSuggestion(in)
	case in.Type == blockActions:
		return readAction(in)
	case in.Type == viewSubmission:
		return readSubmission(in)
	default:
		return readShortcut(in)
	}
}

// name is what of the app was used: an action_id or a callback_id.
func (in *interaction) name() string {
	switch {
	case in.Type == viewSubmission:
		return in.View.CallbackID
	case in.Type != blockActions:
		return cmp.Or(in.ActionID, in.CallbackID)
	case len(in.Actions) > 0:
		return in.Actions[0].ActionID
	default:
		return ""
	}
}

// served says that the app has what was used.
func (in *interaction) served() bool {
	switch in.Type {
	case blockActions:
		return clicks[in.name()] != nil
	case blockSuggestion:
		return boxes[in.name()] != nil
	case viewSubmission:
		return forms[in.name()] != nil
	case globalShortcut, messageShortcut:
		return in.name() == slackui.ShortcutMeetings
	default:
		return false
	}
}

func (in *interaction) envelope() envelope {
	e := envelope{kind: cmp.Or(kinds[in.Type], telemetry.KindOther), appID: in.AppID, workspace: in.workspace()}
	if !in.served() {
		e.settled = telemetry.OutcomeUnknownType
	}
	return e
}

// workspace is where the app is installed that was used. A modal knows; else it is where it was used, or whose person
// used it if Slack does not say.
//
// Source: https://github.com/slackapi/bolt-js/issues/1614 for modals in shared channels, and
// https://docs.slack.dev/enterprise/developing-for-enterprise-orgs for organisations.
func (in *interaction) workspace() directory.Workspace {
	w := directory.Workspace{
		TeamID:       cmp.Or(in.View.AppInstalledTeamID, in.Team.ID, in.User.TeamID),
		EnterpriseID: in.organisation(),
		OrgInstall:   bool(in.OrgInstall),
	}
	if isOrganisation(w.TeamID) {
		return directory.Workspace{EnterpriseID: w.TeamID, OrgInstall: true}
	}
	if in.View.AppInstalledTeamID != "" && w.TeamID != in.Team.ID && !w.OrgInstall {
		w.EnterpriseID = "" // of the other company
	}
	return w
}

// organisation is that of team, or of the person if team is null.
func (in *interaction) organisation() string { return cmp.Or(in.Enterprise.ID, in.Team.EnterpriseID) }

// fields are those that each served payload has.
func (in *interaction) fields() []field {
	w := in.workspace()
	return []field{
		{name: "api_app_id", value: in.AppID, want: slackID, optional: in.isShortcut()},
		{name: "user.id", value: in.User.ID, want: slackID},
		{name: "user.team_id", value: in.User.TeamID, want: slackID},
		{name: "team.id", value: w.TeamID, want: slackID, optional: w.EnterpriseID != ""},
		{name: "team.id", value: in.Team.ID, want: slackID, optional: true},
		{name: "enterprise.id", value: w.EnterpriseID, want: slackID, optional: true},
		{name: "view.id", value: in.View.ID, want: slackID, optional: in.Type != viewSubmission},
	}
}

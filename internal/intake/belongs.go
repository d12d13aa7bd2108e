package intake

import (
	"errors"
	"strings"

	"github.com/followup-dev/followup-operator/internal/slackui"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// Reasons for which nothing is done for a person.
var (
	errOtherTenant = errors.New("the modal was made for another tenant")
	errOtherAuthor = errors.New("the message is of another workspace's app")
	errOtherPerson = errors.New("the person is of another workspace")
)

// belongs returns nil if the person may use what they used of a tenant, whose workspace() it is; else why not.
//
// The lock is that nothing of ours can be seen by others. A modal, an ephemeral message and a direct message are there for
// one person, who got it from us; and shortcuts Slack itself keeps to people of the installing workspace. So there it does
// not matter where a person is at home. It could not be told either: Slack names an Enterprise's people by any one of their
// workspaces, the same wherever they are.
//
// A message in a channel is seen by whoever is there, of whatever company (Slack Connect). We post none; in one, buttons and
// searches are for people of whom Slack says that they are of the installing workspace:
//
//   - user.team_id is the installation's ID;
//   - or it is a workspace's installation, team is that workspace, and user.team_id its organisation (a sister workspace's
//     person in a channel of both can't be told from its own);
//   - or it is an organisation's installation, enterprise.id (or team.enterprise_id) is that organisation, and team is the
//     person's own.
//
// What was made for somebody else serves nobody: a modal that names another tenant than the one that Slack's fields lead to
// (Slack had app_installed_team_id wrong before), and a message that another workspace's app has posted (message.team),
// unless Slack says that the installation is organisation-wide: then it may be of any workspace of the organisation.
//
// Source: https://docs.slack.dev/apis/slack-connect, https://github.com/slackapi/bolt-js/issues/1875 for people in several
// workspaces of an Enterprise, https://github.com/slackapi/java-slack-sdk/issues/1041 for a payload of a person of another
// workspace, and https://github.com/slackapi/bolt-python/issues/1229 for a wrong app_installed_team_id.
func (in *interaction) belongs(to tenancy.Tenant) error {
	at := in.workspace()
	by := in.Message.Team
	made, err := slackui.ParseMetadata(in.View.PrivateMetadata)
	switch {
	case err != nil || made.Tenant != "" && made.Tenant != to.ID.String():
		return errOtherTenant
	case by != "" && !at.OrgInstall && by != at.TeamID && by != in.organisation():
		return errOtherAuthor
	case in.isShortcut() || in.isPrivate() || in.isOf(to.Workspace):
		return nil
	default:
		return errOtherPerson
	}
}

func (in *interaction) isShortcut() bool {
	return in.Type == globalShortcut || in.Type == messageShortcut
}

// isPrivate says that nobody but the person sees what they used. The ID of a direct message's channel begins with D.
func (in *interaction) isPrivate() bool {
	return in.View.ID != "" || bool(in.Container.Ephemeral) || strings.HasPrefix(in.Channel.ID, "D")
}

// isOf says that the person is known to be of where the app is installed.
func (in *interaction) isOf(installed tenancy.Workspace) bool {
	person, organisation := in.User.TeamID, in.organisation()
	if installed.TeamID == "" {
		return person == installed.EnterpriseID || organisation == installed.EnterpriseID && in.Team.ID == person
	}
	return person == installed.TeamID || in.Team.ID == installed.TeamID && isOrganisation(person) && person == organisation
}

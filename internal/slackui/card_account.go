package slackui

import (
	"cmp"
	"regexp"

	"github.com/slack-go/slack"

	"github.com/followup-dev/followup-operator/internal/followup"
)

const (
	maxAccount  = 80
	maxEvidence = 80
)

// account says which account at the CRM the meeting belongs to and why, and lets its user change it.
func (a audience) account(c followup.Card) []slack.Block {
	if c.Has.CRM == nil {
		return nil
	}
	ref := refOf(c)
	if c.Session.Account == nil {
		text := "*" + a.Say("card.account") + "*\n" + a.Say("card.account.unknown", "CRM", crmName(c.Has))
		return []slack.Block{sectionWith(text, button(ActionForm+followup.FormAccount, ref.String(), a.Say("card.button.choose_account")))}
	}
	match := *c.Session.Account
	text := "*" + a.Say("card.account") + "*\n" + linked(target(match.AccountURL), line(cmp.Or(match.AccountName, match.AccountID), maxAccount))
	if why := a.why(match, crmName(c.Has), c.Session.Viewer.SlackUserID); why != "" {
		text += " · " + why
	}
	return []slack.Block{sectionWith(text, button(ActionForm+followup.FormAccount, ref.String(), a.Say("card.button.change_account")))}
}

// why is the reason for which an account is taken for the meeting's, and how often it was, "" if there is none.
func (a audience) why(match followup.Match, crm, viewer string) string {
	why := a.reason(match, crm, viewer, line)
	if why != "" && match.TimesUsed > 0 {
		return a.Count("card.why.used", match.TimesUsed, "Why", why)
	}
	return why
}

// reason writes what is a customer's as write does.
func (a audience) reason(match followup.Match, crm, viewer string, write func(string, int) string) string {
	evidence := write(match.Evidence, maxEvidence)
	switch match.Why {
	case followup.ByDeclaration:
		return a.Say("card.why.declared", "Evidence", evidence)
	case followup.ByChoice:
		return a.chosenBy(match.ChosenBy, viewer)
	case followup.ByImport:
		return a.Say("card.why.imported", "Evidence", evidence)
	case followup.ByMapping:
		return a.Say("card.why.discovered", "Evidence", evidence)
	case followup.ByContact:
		return a.Say("card.why.contact", "Evidence", evidence, "CRM", crm)
	case followup.ByWebsite:
		return a.Say("card.why.website", "Evidence", evidence, "CRM", crm)
	case followup.ByName:
		return a.Say("card.why.name", "Evidence", evidence)
	default:
		return ""
	}
}

// slackUser is what may stand in a mention. In the conversation of one user with the app it notifies nobody.
var slackUser = regexp.MustCompile(`^[UW][A-Z0-9]{2,20}$`)

func (a audience) chosenBy(user, viewer string) string {
	switch {
	case user == viewer && user != "":
		return a.Say("card.why.chosen_by_you")
	case slackUser.MatchString(user):
		return a.Say("card.why.chosen_by", "User", "<@"+user+">")
	default:
		return a.Say("card.why.chosen")
	}
}

func refOf(c followup.Card) Ref {
	r := Ref{Session: c.Session.ID}
	if c.Revision != nil {
		r.Revision = c.Revision.Number
	}
	return r
}

// crmName is that of the tenant's CRM, or a general word where it is gone.
func crmName(has followup.Connected) string {
	if has.CRM == nil {
		return "CRM"
	}
	return line(has.CRM.Name, maxName)
}

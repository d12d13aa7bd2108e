package slackui

import (
	"cmp"
	"strings"

	"github.com/slack-go/slack"

	"github.com/followup-dev/followup-operator/internal/crm"
	"github.com/followup-dev/followup-operator/internal/followup"
)

// Block Kit's limit of radio buttons.
const maxCandidates = 10

// accountForm has what was found, and a search for what was not. What is found in the search goes before a candidate.
func (a audience) accountForm(f *followup.AccountForm) page {
	about := aboutOf(f.Session, f.Revision)
	about.Subject = string(f.Then)
	name := line(f.CRM, maxName)
	p := a.fields(followup.FormAccount, about, a.Say("form.account.title"), a.Say("form.account.submit"))
	finder, _ := a.finder(ActionAccount, a.Say("form.account.find", "CRM", inert(f.CRM, maxName)))
	var options []*slack.OptionBlockObject
	for _, match := range f.Candidates[:min(maxCandidates, len(f.Candidates))] {
		if option := a.candidate(match, f); option != nil {
			options = append(options, option)
		}
	}
	if options == nil {
		p.blocks = []slack.Block{section(a.Say("form.account.none", "CRM", name)), finder}
		return p
	}
	radio := slack.NewRadioButtonsBlockElement(InputCandidate, options...)
	p.blocks = []slack.Block{
		section(a.Say("form.account.which", "CRM", name)),
		optional(input(InputCandidate, a.Say("form.account.candidates"), radio)), optional(finder),
	}
	return p
}

// candidate is in plain text, in which nobody can be named by their ID.
func (a audience) candidate(match followup.Match, f *followup.AccountForm) *slack.OptionBlockObject {
	viewer := f.Session.Viewer.SlackUserID
	if match.ChosenBy != viewer {
		match.ChosenBy = ""
	}
	return choice(match.AccountID, match.AccountName, a.reason(match, inert(f.CRM, maxName), viewer, inert))
}

// taskForm is of a meeting, or of none.
func (a audience) taskForm(f *followup.TaskForm) page {
	about := Metadata{Key: f.Key}
	if f.Number > 0 {
		about.Ref = Ref{Session: f.Session, Revision: f.Number}
	}
	p := a.fields(followup.FormTask, about, a.Say("form.task.title"), a.Say("form.task.submit"))
	if f.Account != nil {
		p.blocks = append(p.blocks, section(a.Say("form.task.account", "Account", line(f.Account.AccountName, maxAccount))))
	}
	var types []*slack.OptionBlockObject
	for _, word := range f.CRM.TaskTypes {
		if option := choice(word, word, ""); option != nil {
			types = append(types, option)
		}
	}
	p.blocks = append(p.blocks, a.choices(InputType, a.Say("form.task.type"), f.Input.Type, types...))
	p.blocks = append(p.blocks, a.dateAndTime(a.Say("form.task.date"), f.Input.Due)...)
	finder, menu := a.finder(ActionContact, a.Say("form.task.contact"))
	if f.Contact != nil {
		menu.InitialOption = contactOption(*f.Contact)
	}
	finder.Optional = !f.CRM.TasksNeedContact
	p.blocks = append(p.blocks, finder,
		a.writing(InputSubject, a.Say("form.task.subject"), f.Input.Subject, maxTypedSubject, false),
		optional(a.writing(InputDescription, a.Say("form.description"), f.Input.Description, maxTyped, true)))
	return p
}

// dealList has a button for each, which opens its form.
func (a audience) dealList(f *followup.DealList) page {
	account := linked(target(f.Account.AccountURL), line(cmp.Or(f.Account.AccountName, f.Account.AccountID), maxAccount))
	p := a.fields(followup.FormDeals, aboutOf(f.Session, f.Revision), a.Say("form.deals.title"), "",
		section(a.Say("form.deals.account", "Account", account, "CRM", line(f.CRM, maxName))), divider)
	if len(f.Deals) == 0 {
		p.blocks = append(p.blocks, section(a.Say("form.deals.none", "CRM", line(f.CRM, maxName))))
	}
	for _, deal := range f.Deals {
		ref := Ref{Session: f.Session.ID, Revision: f.Revision.Number, Subject: deal.ID}
		text := a.deal(deal)
		if len(ref.String()) > maxRef {
			p.blocks = append(p.blocks, section(text))
			continue
		}
		p.blocks = append(p.blocks, sectionWith(text, button(ActionForm+followup.FormDeal, ref.String(), a.Say("form.deals.change"))))
	}
	return p
}

// deal is its name, stage and amount.
func (a audience) deal(deal crm.Deal) string {
	text := "*" + linked(target(deal.URL), line(cmp.Or(deal.Name, deal.ID), maxTitle)) + "*"
	if stage := line(deal.Stage, maxName); stage != "" {
		text += "\n" + stage
	}
	if amount := line(deal.Amount, maxTypedAmount); amount != "" {
		text += strings.TrimRight(" · "+amount+" "+line(deal.Currency, maxName), " ")
	}
	return text
}

func (a audience) dealForm(f *followup.DealForm) page {
	about := aboutOf(f.Session, f.Revision)
	about.Subject, about.Key = f.Deal.ID, f.Key
	amount := a.Say("form.deal.amount")
	if currency := inert(f.Deal.Currency, maxName); currency != "" {
		amount += " (" + currency + ")"
	}
	return a.fields(followup.FormDeal, about, a.Say("form.deal.title"), a.Say("form.deal.submit", "CRM", inert(f.CRM, 14)),
		section(a.deal(f.Deal)),
		a.stage(f),
		optional(hinted(a.writing(InputAmount, amount, f.Deal.Amount, maxTypedAmount, false), a.Say("form.deal.amount_hint"))),
		optional(a.writing(InputDescription, a.Say("form.description"), f.Deal.Description, maxTyped, true)),
	)
}

// stage is chosen, or typed where the CRM does not tell which there are. A deal in none of them may stay there.
func (a audience) stage(f *followup.DealForm) slack.Block {
	label := a.Say("form.deal.stage")
	var options []*slack.OptionBlockObject
	for _, name := range f.Stages[:min(maxOptions, len(f.Stages))] {
		if option := choice(name, name, ""); option != nil {
			options = append(options, option)
		}
	}
	if options == nil {
		return optional(a.writing(InputStage, label, f.Deal.Stage, maxTypedSubject, false))
	}
	return optional(a.choices(InputStage, label, f.Deal.Stage, options...))
}

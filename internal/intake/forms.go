package intake

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/followup-dev/followup-operator/internal/followup"
	"github.com/followup-dev/followup-operator/internal/jobs"
	"github.com/followup-dev/followup-operator/internal/slackui"
)

// forms are those of the app that can be submitted, by their callback_id, with the job that each asks for; nil if nothing
// is left to do. What is wrong with the fields is noted in the form.
var forms = map[string]func(*filled) jobs.Stamped{
	slackui.CallbackForm + followup.FormEdit:       edited,
	slackui.CallbackForm + followup.FormRegenerate: wished,
	slackui.CallbackForm + followup.FormEvent:      calendarEvent,
	slackui.CallbackForm + followup.FormAccount:    account,
	slackui.CallbackForm + followup.FormTask:       task,
	slackui.CallbackForm + followup.FormDeal:       deal,
}

func edited(f *filled) jobs.Stamped {
	f.needsSession()
	return jobs.SaveTexts{
		SessionID: f.made.Session,
		Revision:  f.made.Revision,
		Summary:   f.required(slackui.InputSummary),
		Subject:   f.requiredLine(slackui.InputSubject),
		Body:      f.required(slackui.InputBody),
		Note:      f.text(slackui.InputNote),
	}
}

// languageTag is as much of BCP 47 as languages of meetings need.
var languageTag = regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$`)

func wished(f *filled) jobs.Stamped {
	f.needsSession()
	job := jobs.PrepareFollowup{SessionID: f.made.Session, From: f.made.Revision, Note: f.text(slackui.InputNote)}
	// Any other option, or none, is to leave it as it is.
	if length := f.chosen(slackui.InputLength); slices.Contains([]string{"shorter", "longer"}, length) {
		job.Length = length
	}
	if tone := f.chosen(slackui.InputTone); slices.Contains([]string{"neutral", "friendly", "formal"}, tone) {
		job.Tone = tone
	}
	if language := f.chosen(slackui.InputLanguage); languageTag.MatchString(language) {
		job.Language = language
	}
	return job
}

func calendarEvent(f *filled) jobs.Stamped {
	f.needsSession()
	options := f.options(slackui.InputOptions)
	return f.act(followup.CalendarEvent, "", followup.EventInput{
		Title:       f.requiredLine(slackui.InputTitle),
		Description: f.text(slackui.InputDescription),
		Start:       f.start(),
		Minutes:     f.minutes(),
		Zone:        f.zone.String(),
		Invite:      slices.Contains(options, slackui.OptionInvite),
		Meet:        slices.Contains(options, slackui.OptionMeet),
	})
}

// account takes what was searched for before what was proposed: somebody took the trouble.
func account(f *filled) jobs.Stamped {
	f.needsSession()
	id := f.chosen(slackui.ActionAccount)
	if id == "" {
		id = f.chosen(slackui.InputCandidate)
	}
	if id == "" {
		f.fault(f.drawn.first, f.print.Say("ack.form.account"))
	}
	return jobs.ChooseAccount{
		SessionID: f.made.Session, Revision: f.made.Revision, AccountID: f.identifier(id), Then: f.made.Subject,
	}
}

func task(f *filled) jobs.Stamped {
	contact, account, _ := strings.Cut(f.chosen(slackui.ActionContact), "|")
	return f.act(followup.CRMTask, f.key(), followup.TaskInput{
		AccountID:   f.identifier(account),
		ContactID:   f.identifier(contact),
		Type:        f.requiredLine(slackui.InputType),
		Due:         f.start(),
		Zone:        f.zone.String(),
		Subject:     f.requiredLine(slackui.InputSubject),
		Description: f.text(slackui.InputDescription),
	})
}

// deal asks for what is different from what the form was drawn with: what a colleague changed meanwhile, or what was too
// long to be shown whole, stays.
func deal(f *filled) jobs.Stamped {
	f.needsSession()
	input := followup.DealInput{
		DealID:      f.identifier(f.made.Subject),
		Stage:       f.replaced(slackui.InputStage, f.line(slackui.InputStage)),
		Amount:      f.replaced(slackui.InputAmount, f.amount()),
		Description: f.changed(slackui.InputDescription, f.text(slackui.InputDescription)),
	}
	if input.DealID == "" {
		f.malformed = errMetadata
	}
	if input.Stage == nil && input.Amount == nil && input.Description == nil {
		return nil
	}
	return f.act(followup.CRMDeal, f.key(), input)
}

// act asks for an action on the session of the form, if it has one.
func (f *filled) act(kind followup.Kind, key string, input any) jobs.Stamped {
	raw, err := json.Marshal(input)
	if err != nil {
		f.malformed = &fieldError{field: "view.state"}
	}
	return jobs.Act{Action: string(kind), SessionID: f.made.Session, Revision: f.made.Revision, FormKey: key, Input: raw}
}

// key makes the same of what is submitted twice.
func (f *filled) key() string {
	if f.made.Key == "" {
		f.malformed = errMetadata
	}
	return f.made.Key
}

func (f *filled) needsSession() {
	if f.made.Session == uuid.Nil {
		f.malformed = errMetadata
	}
}

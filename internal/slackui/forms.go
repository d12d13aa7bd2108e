package slackui

import (
	"cmp"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"github.com/followup-dev/followup-operator/internal/followup"
)

// Sizes of inputs in characters.
const (
	maxTypedSubject = 250
	maxTypedNote    = 500
	maxTypedTitle   = 250
	maxTypedAmount  = 30
)

// form is a modal to fill in, or to choose from.
func (a audience) form(form followup.Form, now time.Time) page {
	switch f := form.(type) {
	case *followup.EditForm:
		return a.editForm(f, now)
	case *followup.RegenerateForm:
		return a.regenerateForm(f)
	case *followup.EventForm:
		return a.eventForm(f)
	case *followup.AccountForm:
		return a.accountForm(f)
	case *followup.TaskForm:
		return a.taskForm(f)
	case *followup.DealList:
		return a.dealList(f)
	case *followup.DealForm:
		return a.dealForm(f)
	default:
		return a.hindrance(followup.Problem{Reason: followup.Internal})
	}
}

// fields makes the page of a form. submit is "" for a list.
func (a audience) fields(name string, about Metadata, title, submit string, blocks ...slack.Block) page {
	p := a.page(title, title, blocks...)
	p.callback, p.submit = CallbackForm+name, submit
	p.about = Metadata{Tenant: a.tenantID, Ref: about.Ref, Key: about.Key}
	if submit != "" {
		p.closing = a.Say("form.cancel")
	}
	return p
}

func aboutOf(session followup.Session, revision followup.Revision) Metadata {
	return Metadata{Ref: Ref{Session: session.ID, Revision: revision.Number}}
}

// editForm also has what the card was too small for, and nobody can edit.
func (a audience) editForm(f *followup.EditForm, now time.Time) page {
	texts := f.Revision.Texts
	p := a.fields(followup.FormEdit, aboutOf(f.Session, f.Revision), a.Say("form.edit.title"), a.Say("form.edit.submit"),
		a.writing(InputSummary, a.Say("form.edit.summary"), texts.Summary, maxTyped, true),
		a.writing(InputSubject, a.Say("form.edit.subject"), texts.Email.Subject, maxTypedSubject, false),
		a.writing(InputBody, a.Say("form.edit.body"), texts.Email.Body, maxTyped, true),
		optional(a.writing(InputNote, a.Say("form.edit.note"), texts.Note, maxTyped, true)),
	)
	for _, sections := range [][]slack.Block{
		complete(a.Say("card.steps"), a.steps(texts.NextSteps, now)),
		complete(a.Say("card.pain_points"), a.insights(texts.Insights.PainPoints, f.Session.Meeting)),
		complete(a.Say("card.objections"), a.insights(texts.Insights.Objections, f.Session.Meeting)),
		complete(a.Say("card.roadblocks"), a.insights(texts.Insights.Roadblocks, f.Session.Meeting)),
	} {
		p.blocks = append(p.blocks, sections...)
	}
	p.blocks = append(p.blocks, footnote(a.Say("form.edit.hint")))
	return p
}

// maxItems bounds a list of a modal, which takes 100 blocks: no writer has so many.
const maxItems = 60

// complete is a list in as many sections as it takes.
func complete(heading string, items []string) (blocks []slack.Block) {
	if len(items) == 0 {
		return nil
	}
	text := "*" + heading + "*"
	for _, item := range items[:min(maxItems, len(items))] {
		if utf8.RuneCountInString(text)+utf8.RuneCountInString(item) > maxTyped-maxMore {
			blocks = append(blocks, section(text))
			text = "*" + heading + "*"
		}
		text += "\n• " + item
	}
	return append(blocks, section(text))
}

// languages are those to choose from, by their own names.
var languages = []struct{ tag, name string }{
	{"en", "English"}, {"it", "Italiano"}, {"fr", "Français"}, {"de", "Deutsch"}, {"es", "Español"}, {"pt", "Português"}, {"nl", "Nederlands"},
}

// regenerateForm leaves as it is what its user does not choose.
func (a audience) regenerateForm(f *followup.RegenerateForm) page {
	tongues := make([]*slack.OptionBlockObject, len(languages))
	for i, l := range languages {
		tongues[i] = choice(l.tag, l.name, "")
	}
	return a.fields(followup.FormRegenerate, aboutOf(f.Session, f.Revision), a.Say("form.regenerate.title"), a.Say("form.regenerate.submit"),
		section(a.Say("form.regenerate.intro")),
		optional(a.choices(InputLength, a.Say("form.regenerate.length"), "",
			choice("shorter", a.Say("form.regenerate.shorter"), ""), choice("longer", a.Say("form.regenerate.longer"), ""))),
		optional(a.choices(InputLanguage, a.Say("form.regenerate.language"), "", tongues...)),
		optional(a.choices(InputTone, a.Say("form.regenerate.tone"), f.Tone,
			choice("neutral", a.Say("form.regenerate.neutral"), ""), choice("friendly", a.Say("form.regenerate.friendly"), ""),
			choice("formal", a.Say("form.regenerate.formal"), ""))),
		optional(a.writing(InputNote, a.Say("form.regenerate.note"), "", maxTypedNote, true)),
	)
}

func (a audience) eventForm(f *followup.EventForm) page {
	p := a.fields(followup.FormEvent, aboutOf(f.Session, f.Revision), a.Say("form.event.title"), a.Say("form.event.submit"),
		a.writing(InputTitle, a.Say("form.event.name"), f.Input.Title, maxTypedTitle, false),
		optional(a.writing(InputDescription, a.Say("form.description"), f.Input.Description, maxTyped, true)),
	)
	p.blocks = append(p.blocks, a.dateAndTime(a.Say("form.event.date"), f.Input.Start)...)
	p.blocks = append(p.blocks, a.length(f.Input.Minutes), a.eventOptions(f))
	return p
}

// length offers the usual ones and the one proposed.
func (a audience) length(proposed int) slack.Block {
	minutes := []int{15, 30, 45, 60, 90, 120}
	if proposed > 0 && !slices.Contains(minutes, proposed) {
		minutes = append(minutes, proposed)
		slices.Sort(minutes)
	}
	options := make([]*slack.OptionBlockObject, len(minutes))
	for i, m := range minutes {
		options[i] = choice(strconv.Itoa(m), a.duration(time.Duration(m)*time.Minute), "")
	}
	return a.choices(InputMinutes, a.Say("form.event.minutes"), strconv.Itoa(cmp.Or(proposed, 30)), options...)
}

// eventOptions has nobody invited unless the user ticks that.
func (a audience) eventOptions(f *followup.EventForm) slack.Block {
	meet := choice(OptionMeet, a.Say("form.event.meet"), "")
	options := []*slack.OptionBlockObject{meet}
	var chosen []*slack.OptionBlockObject
	if len(f.Guests) > 0 {
		var guests string
		for i, guest := range f.Guests {
			if i > 0 {
				guests += ", "
			}
			guests += guest.Email
		}
		invite := choice(OptionInvite, a.Count("form.event.invite", len(f.Guests)), guests)
		options = []*slack.OptionBlockObject{invite, meet}
		if f.Input.Invite {
			chosen = append(chosen, invite)
		}
	}
	if f.Input.Meet {
		chosen = append(chosen, meet)
	}
	boxes := slack.NewCheckboxGroupsBlockElement(InputOptions, options...)
	boxes.InitialOptions = chosen
	return optional(input(InputOptions, a.Say("form.event.options"), boxes))
}

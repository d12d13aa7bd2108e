package slackui

import (
	"time"

	"github.com/slack-go/slack"

	"github.com/followup-dev/followup-operator/internal/followup"
)

// card is a follow-up as its user sees it, in a modal and in a message alike. The sizes of its parts (card_texts.go,
// card_actions.go) keep it within what Slack takes in the blocks of a message: see blockkit.
func (a audience) card(c followup.Card, now time.Time) page {
	m := c.Session.Meeting
	p := a.page(a.Say("card.title"), a.standing(c), section(a.describe(m, c.Session.Viewer.Email, maxPeople, now)))
	p.callback = CallbackCard
	p.blocks = append(p.blocks, a.progress(c)...)
	if c.Revision == nil {
		return p
	}
	p.blocks = append(p.blocks, divider)
	p.blocks = append(p.blocks, a.texts(c, now)...)
	p.blocks = append(p.blocks, a.account(c)...)
	p.blocks = append(p.blocks, divider)
	p.blocks = append(p.blocks, a.done(c)...)
	p.blocks = append(p.blocks, a.offers(c)...)
	p.blocks = append(p.blocks, footnote(a.edition(*c.Revision)+" "+a.Say("screen.zone", "Zone", a.zoneName)))
	return p
}

// standing is the card in a word, for notifications.
func (a audience) standing(c followup.Card) string {
	switch {
	case c.Progress != "":
		return a.doing(c)
	case c.Problem != nil:
		what, _ := a.explain(*c.Problem)
		return what
	default:
		return a.Say("card.standing.ready")
	}
}

// progress says what is going on and until when, and what is in the way.
func (a audience) progress(c followup.Card) (blocks []slack.Block) {
	if c.Progress != "" && c.Progress != followup.Acting {
		blocks = append(blocks, section(":hourglass_flowing_sand: "+a.doing(c)))
	}
	if c.Problem == nil {
		return blocks
	}
	blocks = append(blocks, a.obstacle(*c.Problem, c.Until))
	if c.Revision == nil && c.Until.IsZero() && c.Progress == "" { // else there is Regenerate, or we come back ourselves
		again := button(ActionStart, c.Session.Meeting.Position().String(), a.Say("card.button.retry"))
		blocks = append(blocks, actions(again))
	}
	return blocks
}

func (a audience) doing(c followup.Card) string {
	switch c.Progress {
	case followup.Reading:
		return a.Say("card.progress.reading")
	case followup.NotYet:
		return a.Say("card.progress.not_yet", "Time", a.clock(c.Until))
	case followup.Writing:
		return a.Say("card.progress.writing")
	default:
		return a.Say("card.progress.acting")
	}
}

// obstacle is a problem in a block; until says when we try again ourselves, zero if we do not.
func (a audience) obstacle(problem followup.Problem, until time.Time) slack.Block {
	what, next := a.explain(problem)
	if !until.IsZero() {
		next = a.Say("card.again_at", "Time", a.clock(until))
	}
	return section(":warning: *" + what + "*\n" + next)
}

// clock is "15:42".
func (a audience) clock(t time.Time) string { return t.In(a.zone).Format("15:04") }

// edition says which texts these are, and who has written them.
func (a audience) edition(r followup.Revision) string {
	model := line(r.Model, maxName)
	switch {
	case r.Edited:
		return a.Say("card.edition.edited", "Number", r.Number)
	case model == "":
		return a.Say("card.edition.written", "Number", r.Number)
	default:
		return a.Say("card.edition.written_by", "Number", r.Number, "Model", model)
	}
}

// pointer stands in for a list that only its user sees, and that no update would reach later.
func (a audience) pointer(m followup.Meeting) page {
	title := line(m.Title, maxTitle)
	if title == "" {
		title = a.Say("screen.meeting.untitled")
	}
	text := a.Say("card.pointer", "Title", title)
	return a.page(a.Say("card.title"), a.Say("card.standing.elsewhere"), section(text))
}

// announcement tells of a new recording.
func (a audience) announcement(m followup.Meeting, now time.Time) page {
	heading := a.Say("card.announcement")
	return a.page(a.Say("card.announcement.title"), heading, section(heading), a.follow(m, a.describe(m, "", maxPeople, now)))
}

// unshowable stands in for a card that Slack does not take.
func (a audience) unshowable(m followup.Meeting, now time.Time) page {
	broken := followup.Problem{Reason: followup.Internal}
	p := a.page(a.Say("card.title"), a.Say(wordsFor(broken.Reason).what),
		section(a.describe(m, "", maxPeople, now)), a.obstacle(broken, time.Time{}))
	p.callback = CallbackCard
	return p
}

package slackui

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/followup-dev/followup-operator/internal/followup"
)

// maxLines is how many actions a card tells of, each in about 600 characters at most.
const maxLines = 5

// deed are the IDs of the words for a kind of action, as it is offered and as it stands.
type deed struct {
	offer, again                                string // a button; again: for other texts than before
	doing, done, failed, unknown, undone, where string // where: the label of a link
	undo                                        string // what taking it back does, "" if it can't be
}

var deeds = map[followup.Kind]deed{
	followup.GmailDraft: {
		offer: "card.draft.offer", again: "card.draft.again",
		doing: "card.draft.doing", done: "card.draft.done", failed: "card.draft.failed", unknown: "card.draft.unknown",
		undone: "card.draft.undone", where: "card.draft.where", undo: "card.draft.undo",
	},
	followup.CalendarEvent: {
		offer: "card.event.offer", again: "card.event.again",
		doing: "card.event.doing", done: "card.event.done", failed: "card.event.failed", unknown: "card.event.unknown",
		undone: "card.event.undone", where: "card.event.where", undo: "card.event.undo",
	},
	followup.CRMNote: {
		offer: "card.note.offer", again: "card.note.again",
		doing: "card.note.doing", done: "card.note.done", failed: "card.note.failed", unknown: "card.note.unknown",
		undone: "card.note.undone", where: "card.in_crm",
	},
	followup.CRMTask: {
		offer: "card.task.offer", again: "card.task.offer",
		doing: "card.task.doing", done: "card.task.done", failed: "card.task.failed", unknown: "card.task.unknown",
		undone: "card.task.undone", where: "card.in_crm",
	},
	followup.CRMDeal: {
		offer: "card.deal.offer", again: "card.deal.offer",
		doing: "card.deal.doing", done: "card.deal.done", failed: "card.deal.failed", unknown: "card.deal.unknown",
		undone: "card.deal.undone", where: "card.in_crm",
	},
}

// done tells of what was done, the newest for each target.
func (a audience) done(c followup.Card) (blocks []slack.Block) {
	told := latest(c.Actions)
	hidden := max(0, len(told)-maxLines)
	for _, act := range told[hidden:] {
		blocks = append(blocks, a.entry(act, c.Has, c.Until, c.Revision.Number)...)
	}
	if hidden > 0 {
		blocks = append(blocks, footnote(a.Count("card.more_actions", hidden)))
	}
	return blocks
}

// latest are the newest actions of each kind and target, in the order in which they were planned.
func latest(all []followup.Action) []followup.Action {
	type target struct {
		kind followup.Kind
		name string
	}
	seen := map[target]bool{}
	var found []followup.Action
	for _, act := range slices.Backward(all) {
		if of := (target{act.Kind, act.Target}); !seen[of] {
			seen[of] = true
			found = append(found, act)
		}
	}
	slices.Reverse(found)
	return found
}

// entry is how one action stands, with what can be done about it. until is when one that waits is taken up again; current
// is the number of the texts, 0 without any.
func (a audience) entry(act followup.Action, has followup.Connected, until time.Time, current int) []slack.Block {
	words, crm := deeds[act.Kind], crmName(has)
	say := func(icon, id string, more ...string) string {
		parts := append([]string{icon + " " + a.Say(id, "CRM", crm)}, more...)
		return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " · ")
	}
	detail := a.detail(act)
	old := act.Revision != 0 && act.Revision != current
	switch act.State {
	case followup.Done:
		label := a.Say(words.where, "CRM", crm)
		more := []string{detail, linked(target(act.URL), label)}
		if target(act.URL) == "" {
			more = more[:1]
		}
		if old {
			more = append(more, a.Say("card.earlier", "Number", act.Revision))
		}
		return []slack.Block{a.undoable(say(":white_check_mark:", words.done, more...), act, words, has)}
	case followup.Failed:
		text := say(":warning:", words.failed, detail) + "\n" + a.reasons(act.Reason)
		if old {
			return []slack.Block{section(text)}
		}
		return []slack.Block{sectionWith(text, button(ActionRetry, act.ID.String(), a.Say("card.button.retry")))}
	case followup.Unknown:
		return a.doubtful(say(":question:", words.unknown, detail), act, crm)
	case followup.Undone:
		return []slack.Block{section(say(":leftwards_arrow_with_hook:", words.undone, detail))}
	default:
		text := say(":hourglass_flowing_sand:", words.doing, detail)
		if act.State == followup.Planned && act.Reason != "" && !until.IsZero() {
			text += "\n" + a.Say(wordsFor(act.Reason).what) + " " + a.Say("card.again_at", "Time", a.clock(until))
		}
		return []slack.Block{section(text)}
	}
}

// undoable asks before it takes something back.
func (a audience) undoable(text string, act followup.Action, words deed, has followup.Connected) slack.Block {
	if words.undo == "" || !has.Google || act.ExternalID == "" {
		return section(text)
	}
	undo := slack.NewButtonBlockElement(ActionUndo, act.ID.String(), plainText(a.Say("card.button.undo")))
	undo.Confirm = slack.NewConfirmationBlockObject(
		plainText(a.Say("card.undo.title")), plainText(a.Say(words.undo)),
		plainText(a.Say("card.undo.confirm")), plainText(a.Say("card.undo.keep")))
	return sectionWith(text, undo)
}

// doubtful asks its user where only they can look, and otherwise offers to look.
func (a audience) doubtful(text string, act followup.Action, crm string) []slack.Block {
	id := act.ID.String()
	if act.Reason != followup.NotSure {
		text += "\n" + a.Say("card.look")
		return []slack.Block{sectionWith(text, button(ActionRetry, id, a.Say("card.button.look")))}
	}
	text += "\n" + a.Say("card.please_look", "CRM", crm)
	return []slack.Block{section(text), actions(
		button(ActionWasDone, id, a.Say("card.button.was_done")), button(ActionWasNotDone, id, a.Say("card.button.was_not_done")),
	)}
}

// task is one that is on no card. problem is more than its reason says, or nil.
func (a audience) task(act followup.Action, has followup.Connected, until time.Time, problem *followup.Problem) page {
	title := a.Say("card.task.title")
	p := a.page(title, title, a.entry(act, has, until, act.Revision)...)
	if problem != nil {
		p.blocks = append(p.blocks, a.obstacle(*problem, until))
	}
	return p
}

// reasons are what is wrong and what to do.
func (a audience) reasons(reason followup.Reason) string {
	what, next := a.explain(followup.Problem{Reason: reason})
	return what + " " + next
}

// detail tells actions of a kind apart, "" if there is nothing to tell.
func (a audience) detail(act followup.Action) string {
	var input struct {
		Title   string `json:"title"`   // of an event
		Subject string `json:"subject"` // of a task
	}
	if json.Unmarshal(act.Input, &input) != nil {
		return ""
	}
	return line(input.Title+input.Subject, maxTitle)
}

// offers are the buttons for what is connected and not done yet.
func (a audience) offers(c followup.Card) []slack.Block {
	ref := refOf(c)
	var texts, acts []slack.BlockElement
	if c.Progress == "" || c.Progress == followup.Acting {
		texts = append(texts,
			button(ActionForm+followup.FormEdit, ref.String(), a.Say("card.button.edit")),
			button(ActionForm+followup.FormRegenerate, ref.String(), a.Say("card.button.regenerate")))
	}
	for _, kind := range offered(c) {
		label := deeds[kind].offer
		if slices.ContainsFunc(c.Actions, func(act followup.Action) bool { return act.Kind == kind && act.State == followup.Done }) {
			label = deeds[kind].again
		}
		acts = append(acts, a.offer(kind, c, a.Say(label, "CRM", crmName(c.Has))))
	}
	var blocks []slack.Block
	for _, row := range [][]slack.BlockElement{texts, acts} {
		if row != nil {
			blocks = append(blocks, actions(row...))
		}
	}
	return blocks
}

// offer is the button of a kind. A note without an account asks for one first.
func (a audience) offer(kind followup.Kind, c followup.Card, label string) slack.BlockElement {
	ref := refOf(c)
	action := ActionAct + string(kind)
	switch {
	case kind == followup.CalendarEvent:
		action = ActionForm + followup.FormEvent
	case kind == followup.CRMTask:
		action = ActionForm + followup.FormTask
	case kind == followup.CRMDeal:
		action = ActionForm + followup.FormDeals
	case kind == followup.CRMNote && c.Session.Account == nil:
		ref.Subject = string(kind)
		action = ActionForm + followup.FormAccount
	}
	return button(action, ref.String(), label)
}

// offered are the kinds whose vendor is connected, and whose last word on the current texts is not spoken.
func offered(c followup.Card) (kinds []followup.Kind) {
	if c.Has.Google {
		kinds = append(kinds, followup.GmailDraft, followup.CalendarEvent)
	}
	if c.Has.CRM != nil {
		kinds = append(kinds, followup.CRMNote)
	}
	if c.Has.CRM != nil && c.Has.CRM.Tasks {
		kinds = append(kinds, followup.CRMTask)
	}
	if c.Has.CRM != nil && c.Has.CRM.Deals {
		kinds = append(kinds, followup.CRMDeal)
	}
	return slices.DeleteFunc(kinds, func(kind followup.Kind) bool {
		return slices.ContainsFunc(c.Actions, func(act followup.Action) bool { return act.Kind == kind && settles(act, c) })
	})
}

// settles says that an action is, or has, what its button would ask for. Tasks and changes of deals there may be many.
func settles(act followup.Action, c followup.Card) bool {
	if act.Kind == followup.CRMTask || act.Kind == followup.CRMDeal || act.State == followup.Undone {
		return false
	}
	if act.Kind == followup.CRMNote && c.Session.Account != nil && act.Target != c.Session.Account.AccountID {
		return false // another account's
	}
	return act.Revision == c.Revision.Number
}

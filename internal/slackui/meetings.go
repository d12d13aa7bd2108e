package slackui

import (
	"time"

	"github.com/slack-go/slack"

	"github.com/followup-dev/followup-operator/internal/followup"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

var divider = slack.NewDividerBlock()

// meetings is one page of the list.
func (a audience) meetings(list followup.List, now time.Time) page {
	if len(list.Meetings) == 0 {
		return a.noMeetings(list, now)
	}
	intro := a.Say("screen.intro.participants")
	if list.Visibility == tenancy.Everyone {
		intro = a.Say("screen.intro.everyone")
	}
	p := a.page(a.Say("screen.meetings.title"), intro,
		footnote(intro+" "+a.Say("screen.zone", "Zone", a.zoneName)), a.searchBox(), divider)
	for _, m := range list.Meetings {
		p.blocks = append(p.blocks, a.follow(m, a.describe(m, list.Email, maxPeople, now)))
	}
	p.blocks = append(p.blocks, divider, footnote(a.howFar(list, now)))
	p.blocks = append(p.blocks, a.turns(list, a.Say("screen.button.older"))...)
	return p
}

// noMeetings says why there are none, and what may help.
func (a audience) noMeetings(list followup.List, now time.Time) page {
	var heading string
	var blocks []slack.Block
	switch {
	case list.Recordings > 0:
		heading = a.Say("screen.none_yours")
		blocks = append(blocks, section("*"+heading+"*\n"+a.lookedThrough(list, now)))
		if list.Newest {
			blocks = append(blocks, section(a.Say("screen.none_yours.next")))
		}
		blocks = append(blocks, a.searchBox())
	case list.Newest:
		heading = a.Say("screen.none")
		blocks = append(blocks, section("*"+heading+"*\n"+a.Say("screen.none.why")), section(a.Say("screen.none.next")))
	default:
		heading = a.Say("screen.none_older")
		blocks = append(blocks, section("*"+heading+"*"), a.searchBox())
	}
	if list.Cut != nil {
		blocks = append(blocks, footnote(a.cutShort(list)))
	}
	blocks = append(blocks, a.turns(list, a.Say("screen.button.further"))...)
	return a.page(a.Say("screen.none.title"), heading, blocks...)
}

func (a audience) lookedThrough(list followup.List, now time.Time) string {
	date := a.date(list.Oldest, now)
	if list.Visibility == tenancy.Everyone {
		return a.Count("screen.none_yours.looked", list.Recordings, "Date", date)
	}
	return a.Count("screen.none_yours.why", list.Recordings, "Date", date, "Address", line(list.Email, maxAddress))
}

// howFar says where the list ends, and whether it must.
func (a audience) howFar(list followup.List, now time.Time) string {
	switch {
	case list.Cut != nil:
		return a.cutShort(list)
	case list.Older.IsZero():
		return a.Say("screen.end")
	default:
		return a.Say("screen.looked", "Date", a.date(list.Oldest, now))
	}
}

func (a audience) cutShort(list followup.List) string {
	return a.Say("screen.cut", "When", a.wait(list.Cut.RetryAfter))
}

// turns are the buttons to other pages, if there are any.
func (a audience) turns(list followup.List, older string) []slack.Block {
	var buttons []slack.BlockElement
	if !list.Older.IsZero() {
		buttons = append(buttons, button(ActionOlder, list.Older.String(), older))
	}
	if !list.Newest {
		buttons = append(buttons, button(ActionNewest, "", a.Say("screen.button.newest")))
	}
	if buttons == nil {
		return nil
	}
	return []slack.Block{actions(buttons...)}
}

// searchBox asks for options as its user types. It has no block_id: Slack makes a new one for each version of a view,
// which empties the box.
func (a audience) searchBox() slack.Block {
	box := slack.NewOptionsSelectBlockElement(slack.OptTypeExternal, plainText(a.Say("screen.search")), ActionFind)
	one := 1
	box.MinQueryLength = &one
	return actions(box)
}

func actions(elements ...slack.BlockElement) slack.Block {
	return slack.NewActionBlock("", elements...)
}

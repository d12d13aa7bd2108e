package slackui

import (
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/followup-dev/followup-operator/internal/followup"
)

// Sizes in code points, of what is sent. They keep a meeting of a list below 900, a single one below 2,200 (a section
// takes 3,000), and ten of a list in a message below what Slack takes in all its blocks together: see blockkit.
const (
	maxTitle     = 120
	maxName      = 40
	maxCompany   = 30
	maxAddress   = maxName + maxCompany
	maxPeople    = 4  // in a list
	maxPeopleOne = 20 // of a single meeting
)

// meeting is the one that was picked.
func (a audience) meeting(m followup.Meeting, viewer string, now time.Time) page {
	title := a.Say("screen.meeting.title")
	return a.page(title, title,
		a.searchBox(), divider, a.follow(m, a.describe(m, viewer, maxPeopleOne, now)),
		footnote(a.Say("screen.zone", "Zone", a.zoneName)),
		actions(button(ActionNewest, "", a.Say("screen.button.newest"))),
	)
}

// follow has the button that follows a meeting up.
func (a audience) follow(m followup.Meeting, description string) slack.Block {
	at := m.Position()
	if at.IsZero() {
		return section(description)
	}
	return sectionWith(description, button(ActionStart, at.String(), a.Say("card.button.start")))
}

// describe is one meeting: title, when and how long, with whom, and a link.
func (a audience) describe(m followup.Meeting, viewer string, people int, now time.Time) string {
	title := line(m.Title, maxTitle)
	if title == "" {
		title = a.Say("screen.meeting.untitled")
	}
	lines := []string{"*" + title + "*", a.when(m.Start, m.Duration, now), a.withWhom(m, viewer, people)}
	if target := target(m.URL); target != "" {
		lines = append(lines, linked(target, a.Say("screen.meeting.open")))
	}
	return strings.Join(lines, "\n")
}

func (a audience) withWhom(m followup.Meeting, viewer string, people int) string {
	var names []string
	for _, person := range m.Participants() {
		if name := nameOf(person); name != "" && !followup.SameAddress(person.Email, viewer) {
			names = append(names, name)
		}
	}
	switch more := len(names) - people; {
	case len(names) == 0:
		return a.Say("screen.meeting.alone")
	case more > 0:
		return a.Count("screen.meeting.with_more", more, "Names", strings.Join(names[:people], ", "))
	default:
		return a.Say("screen.meeting.with", "Names", strings.Join(names, ", "))
	}
}

// nameOf is a person's name, with the company of an external one; without a name it is the address.
func nameOf(p followup.Person) string {
	name, company := line(p.Name, maxName), line(p.Company, maxCompany)
	switch {
	case name == "":
		return line(p.Email, maxAddress)
	case p.External && company != "":
		return name + " (" + company + ")"
	default:
		return name
	}
}

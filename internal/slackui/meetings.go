package slackui

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/slack-go/slack"

	"github.com/followup-dev/followup-operator/internal/followup"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// Sizes in code points. A section takes 3,000 after escaping, which makes five of an ampersand; in the worst case these
// make 120*5 + 4*(40+30)*5 + 300 and some words.
const (
	maxTitle   = 120
	maxName    = 40
	maxCompany = 30
	maxAddress = maxName + maxCompany
	maxPeople  = 4
	maxURL     = 300
)

func meetings(list followup.List, c clock) page {
	if len(list.Meetings) == 0 {
		return noMeetings(list)
	}
	intro := "Meetings of the last 14 days that you recorded or were invited to, newest first."
	if list.Visibility == tenancy.Everyone {
		intro = "Meetings of the last 14 days in this workspace, newest first."
	}
	p := page{title: "Meetings", summary: intro, blocks: []slack.Block{footnote(intro)}}
	for _, m := range list.Meetings {
		p.blocks = append(p.blocks, section(describe(m, list.Email, c)))
	}
	if list.Dropped > 0 {
		p.blocks = append(p.blocks, footnote(count(list.Dropped, "older meeting")+" not shown."))
	}
	if list.Older {
		p.blocks = append(p.blocks, footnote(newestOnly(list)))
	}
	return p
}

func noMeetings(list followup.List) page {
	summary := "No meetings found in the last 14 days."
	why := "Fathom has no recording of these days that this workspace's Fathom key can see. A key sees what its owner " +
		"recorded, and what others shared with them or their team."
	next := "A recording shows up here some minutes after its meeting ends. If one is missing, ask whoever recorded it to share it in Fathom."
	if list.Recordings > 0 {
		why = fmt.Sprintf("I looked through %s. None was recorded by *%s*, your address in Slack, or has it on the invitation.",
			count(list.Recordings, "recording"), line(list.Email, maxAddress))
		next = "Invited under another address? Ask the organiser to use this one, or a Slack admin to change yours."
	}
	p := page{title: "No meetings", summary: summary, blocks: []slack.Block{section("*" + summary + "*\n" + why), section(next)}}
	if list.Older {
		p.blocks = append(p.blocks, footnote(newestOnly(list)))
	}
	return p
}

func newestOnly(list followup.List) string {
	return fmt.Sprintf("This workspace has many recordings: I looked through %d of these days, and there are more.", list.Recordings)
}

// describe is one meeting: title, when and how long, with whom, and a link.
func describe(m followup.Meeting, viewer string, c clock) string {
	title := line(m.Title, maxTitle)
	if title == "" {
		title = "Untitled meeting"
	}
	lines := []string{"*" + title + "*", c.when(m.Start, m.Duration), withWhom(m, viewer)}
	if link := link(m.URL); link != "" {
		lines = append(lines, link)
	}
	return strings.Join(lines, "\n")
}

func withWhom(m followup.Meeting, viewer string) string {
	var names []string
	for _, person := range m.Participants() {
		if name := nameOf(person); name != "" && !followup.SameAddress(person.Email, viewer) {
			names = append(names, name)
		}
	}
	switch more := len(names) - maxPeople; {
	case len(names) == 0:
		return "No other participants known"
	case more > 0:
		return fmt.Sprintf("With %s and %d more", strings.Join(names[:maxPeople], ", "), more)
	default:
		return "With " + strings.Join(names, ", ")
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

// link leads to Fathom or nowhere.
func link(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "https" || (u.Host != "fathom.video" && !strings.HasSuffix(u.Host, ".fathom.video")) {
		return ""
	}
	if strings.ContainsAny(u.String(), "<>| ") {
		return ""
	}
	target := escape(u.String())
	if len(target) > maxURL {
		return ""
	}
	return "<" + target + "|Open in Fathom>"
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

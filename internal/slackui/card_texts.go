package slackui

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"github.com/followup-dev/followup-operator/internal/followup"
)

// Sizes in code points, of what is sent: a card's texts together stay below 8,000.
const (
	maxSummary  = 1800
	maxSteps    = 900
	maxStep     = 250
	maxInsights = 600 // of one kind, links counted
	maxInsight  = 200
	maxQuote    = 160
	maxSubject  = 150
	maxBody     = 1500
	maxMore     = 80 // of the line that says how many more there are
	maxTo       = 5
)

// texts are what was written, as far as it fits: the form has it all.
func (a audience) texts(c followup.Card, now time.Time) []slack.Block {
	texts, meeting := c.Revision.Texts, c.Session.Meeting
	blocks := []slack.Block{section(a.summary(texts.Summary))}
	for _, part := range []string{
		a.list(a.Say("card.steps"), a.steps(texts.NextSteps, now), maxSteps),
		a.list(a.Say("card.pain_points"), a.insights(texts.Insights.PainPoints, meeting), maxInsights),
		a.list(a.Say("card.objections"), a.insights(texts.Insights.Objections, meeting), maxInsights),
		a.list(a.Say("card.roadblocks"), a.insights(texts.Insights.Roadblocks, meeting), maxInsights),
		a.email(texts.Email, c.Session.Recipients()),
		a.proposal(texts.Event, now),
	} {
		if part != "" {
			blocks = append(blocks, section(part))
		}
	}
	return blocks
}

func (a audience) summary(summary string) string {
	return "*" + a.Say("card.summary") + "*\n" + a.shortened(summary, maxSummary)
}

// shortened says so where it cuts.
func (a audience) shortened(s string, size int) string {
	text, whole := paragraphs(s, size)
	if !whole {
		text += "\n_" + a.Say("card.more_in_form") + "_"
	}
	return text
}

// list has as many items as fit, and says how many do not. It is "" without items.
func (a audience) list(heading string, items []string, size int) string {
	if len(items) == 0 {
		return ""
	}
	text := "*" + heading + "*"
	for i, item := range items {
		if utf8.RuneCountInString(text)+utf8.RuneCountInString(item) > size-maxMore {
			return text + "\n_" + a.Count("card.more_items", len(items)-i) + "_"
		}
		text += "\n• " + item
	}
	return text
}

func (a audience) steps(steps []followup.NextStep, now time.Time) []string {
	items := make([]string, len(steps))
	for i, step := range steps {
		items[i] = line(step.What, maxStep)
		if owner := line(step.Owner, maxName); owner != "" {
			items[i] += " · " + owner
		}
		if due, err := time.ParseInLocation(time.DateOnly, step.Due, a.zone); err == nil {
			items[i] += " · " + a.Say("card.due", "Date", a.date(due, now))
		}
	}
	return items
}

func (a audience) insights(insights []followup.Insight, m followup.Meeting) []string {
	items := make([]string, len(insights))
	for i, insight := range insights {
		items[i] = line(insight.Text, maxInsight)
		if quote := line(insight.Quote, maxQuote); quote != "" {
			items[i] += "\n    “" + quote + "” " + linked(moment(m.URL, insight.Second), mark(insight.Second))
		}
	}
	return items
}

// mark is where in a recording something was said: "1:02:03".
func mark(second int) string {
	if second < 3600 {
		return fmt.Sprintf("%d:%02d", second/60, second%60)
	}
	return fmt.Sprintf("%d:%02d:%02d", second/3600, second/60%60, second%60)
}

// email is as it will be drafted, with those whom it goes to first.
func (a audience) email(email followup.Email, to []followup.Person) string {
	return strings.Join([]string{
		"*" + a.Say("card.email") + "*",
		a.Say("card.email.to", "Names", a.addresses(to)),
		a.Say("card.email.subject", "Subject", line(email.Subject, maxSubject)),
		"",
		a.shortened(email.Body, maxBody),
	}, "\n")
}

func (a audience) addresses(people []followup.Person) string {
	if len(people) == 0 {
		return a.Say("card.email.nobody")
	}
	var all []string
	for _, p := range people[:min(maxTo, len(people))] {
		all = append(all, line(p.Email, maxAddress))
	}
	names := strings.Join(all, ", ")
	if more := len(people) - maxTo; more > 0 {
		return a.Count("card.email.more", more, "Names", names)
	}
	return names
}

// proposal is the event that the meeting seems to have agreed on, "" if there is none.
func (a audience) proposal(event *followup.Proposal, now time.Time) string {
	if event == nil {
		return ""
	}
	return "*" + a.Say("card.proposal") + "*\n" + a.appointment(event.Title, event.Start, event.Minutes, now)
}

// appointment is a title and when it is: start is a local time, as in a Proposal.
func (a audience) appointment(title, start string, minutes int, now time.Time) string {
	at, _ := time.ParseInLocation(localTime, start, a.zone) // zero is "time unknown"
	return line(title, maxTitle) + "\n" + a.when(at, time.Duration(minutes)*time.Minute, now)
}

// localTime is how a local time is written in a Proposal or an input.
const localTime = "2006-01-02T15:04"

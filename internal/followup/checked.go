package followup

import (
	"cmp"
	"strings"
	"time"

	"golang.org/x/text/language"
)

// What a model may write at most; more of it helps nobody.
const (
	maxLine     = 250 // characters of a title or subject
	maxSentence = 500 // characters of a next step, an insight or a quote
	maxSteps    = 15
	maxInsights = 5 // of each sort
)

// Checked returns what of a model's texts can be trusted. A model has read what anybody said in a meeting, and may do what it
// was told there. So its texts lose all links and addresses but the recording's and those of people who were invited; its
// quotes are in the transcript, or left out; its next steps belong to participants, or to nobody; its dates are possible ones.
// Whom anything is sent to it never says at all: see Session.Recipients.
func Checked(texts Texts, brief Brief) Texts {
	c := &checker{brief: brief, links: linksOf(brief), said: saidIn(brief.Recording.Lines)}
	return Texts{
		Language:  c.language(texts.Language),
		Summary:   c.text(texts.Summary, maxText),
		Email:     Email{Subject: c.line(texts.Email.Subject, maxLine), Body: c.text(texts.Email.Body, maxText)},
		Note:      c.text(texts.Note, cmp.Or(brief.MaxNote, maxText)),
		NextSteps: c.steps(texts.NextSteps),
		Event:     c.event(texts.Event),
		Insights: Insights{
			PainPoints: c.insights(texts.Insights.PainPoints),
			Objections: c.insights(texts.Insights.Objections),
			Roadblocks: c.insights(texts.Insights.Roadblocks),
		},
	}
}

type checker struct {
	brief Brief
	links links
	said  said
}

// text is of several lines.
func (c *checker) text(s string, size int) string {
	return shorten(strings.TrimSpace(c.links.removed(printable(s))), size)
}

// line is of one.
func (c *checker) line(s string, size int) string {
	return shorten(strings.Join(strings.Fields(c.links.removed(printable(s))), " "), size)
}

func (c *checker) language(tag string) string {
	for _, tag := range []string{tag, c.brief.Recording.Language} {
		if parsed, err := language.Parse(tag); err == nil && parsed != language.Und {
			return parsed.String()
		}
	}
	return ""
}

func (c *checker) steps(steps []NextStep) []NextStep {
	var checked []NextStep
	for _, step := range steps {
		step = NextStep{What: c.line(step.What, maxSentence), Owner: c.owner(step.Owner), Due: c.due(step.Due)}
		if step.What != "" && len(checked) < maxSteps {
			checked = append(checked, step)
		}
	}
	return checked
}

// owner is the participant who is called so, in full or, if only one is, by their first name.
func (c *checker) owner(name string) string {
	fold := folder()
	called := strings.Join(strings.Fields(fold(name)), " ")
	if called == "" {
		return ""
	}
	var first []string
	for _, p := range c.brief.Meeting.Participants() {
		names := strings.Fields(fold(p.Name))
		if strings.Join(names, " ") == called {
			return c.line(p.Name, maxLine)
		}
		if len(names) > 0 && names[0] == called {
			first = append(first, p.Name)
		}
	}
	if len(first) != 1 {
		return ""
	}
	return c.line(first[0], maxLine)
}

// due is a day from the meeting's on, in the two years after it.
func (c *checker) due(day string) string {
	due, err := time.ParseInLocation(dayLayout, day, c.brief.Zone)
	held := c.brief.Meeting.Start
	if held.IsZero() {
		held = c.brief.Meeting.CreatedAt
	}
	held = held.In(c.brief.Zone)
	if err != nil || due.AddDate(0, 0, 1).Before(held) || due.After(held.AddDate(2, 0, 0)) {
		return ""
	}
	return due.Format(dayLayout)
}

// event is one that is still to come, within a year, and no longer than a working day.
func (c *checker) event(event *Proposal) *Proposal {
	if event == nil {
		return nil
	}
	start, err := time.ParseInLocation(hourLayout, event.Start, c.brief.Zone)
	if err != nil || start.Before(c.brief.Now) || start.After(c.brief.Now.AddDate(1, 0, 0)) {
		return nil
	}
	minutes := event.Minutes
	if minutes < 5 || minutes > 8*60 {
		minutes = usualMinutes
	}
	return &Proposal{
		Title:       cmp.Or(c.line(event.Title, maxLine), c.brief.Meeting.Title),
		Description: c.text(event.Description, maxText),
		Start:       start.Format(hourLayout),
		Minutes:     minutes,
	}
}

func (c *checker) insights(insights []Insight) []Insight {
	var checked []Insight
	for _, insight := range insights {
		kept := Insight{Text: c.line(insight.Text, maxSentence)}
		if second, ok := c.said.find(insight.Quote); ok && c.links.removed(insight.Quote) == insight.Quote {
			kept.Quote, kept.Second = c.line(strings.Trim(insight.Quote, ` "'“”«»`), maxSentence), second
		}
		if kept.Text != "" {
			checked = append(checked, kept)
		}
	}
	return checked[:min(len(checked), maxInsights)]
}

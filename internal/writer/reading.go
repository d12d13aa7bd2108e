package writer

import (
	"cmp"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/followup-dev/followup-operator/internal/followup"
)

// answer is what the model writes: see schema.
type answer struct {
	Language  string          `json:"language"`
	Summary   string          `json:"summary"`
	Email     emailWritten    `json:"email"`
	Note      string          `json:"note"`
	NextSteps lenient[step]   `json:"next_steps"`
	Event     optional[event] `json:"event"`
	Insights  struct {
		PainPoints lenient[observation] `json:"pain_points"`
		Objections lenient[observation] `json:"objections"`
		Roadblocks lenient[observation] `json:"roadblocks"`
	} `json:"insights"`
}

type emailWritten struct {
	Subject string `json:"subject"`
	Body    string `json:"body"`
}

type step struct {
	What  string `json:"what"`
	Owner int    `json:"owner"`
	Due   string `json:"due"` // "" for null
}

type event struct {
	Title       string `json:"title"`
	Description string `json:"description"`
	Date        string `json:"date"`
	Time        string `json:"time"`
	Minutes     int    `json:"minutes"`
}

type observation struct {
	Text      string `json:"text"`
	Quote     string `json:"quote"`
	Timestamp string `json:"timestamp"`
}

// lenient leaves out items that can't be read: the others are as good as before.
type lenient[T any] []T

// UnmarshalJSON implements json.Unmarshaler.
func (l *lenient[T]) UnmarshalJSON(raw []byte) error {
	*l = nil
	var items []json.RawMessage
	_ = json.Unmarshal(raw, &items) // none then
	for _, item := range items {
		var value T
		if json.Unmarshal(item, &value) == nil {
			*l = append(*l, value)
		}
	}
	return nil
}

// optional is nil if it can't be read.
type optional[T any] struct{ value *T }

// UnmarshalJSON implements json.Unmarshaler.
func (o *optional[T]) UnmarshalJSON(raw []byte) error {
	if json.Unmarshal(raw, &o.value) != nil {
		o.value = nil
	}
	return nil
}

// read takes the texts out of an answer, if those are there without which there is no follow-up.
func read(raw []byte, brief followup.Brief) (followup.Texts, bool) {
	var a answer
	if json.Unmarshal(raw, &a) != nil || strings.TrimSpace(a.Summary) == "" || strings.TrimSpace(a.Email.Body) == "" {
		return followup.Texts{}, false
	}
	texts := followup.Texts{
		Language: a.Language,
		Summary:  a.Summary,
		Email:    followup.Email{Subject: cmp.Or(strings.TrimSpace(a.Email.Subject), brief.Meeting.Title), Body: a.Email.Body},
		Note:     cmp.Or(strings.TrimSpace(a.Note), a.Summary),
		Insights: followup.Insights{
			PainPoints: insights(a.Insights.PainPoints),
			Objections: insights(a.Insights.Objections),
			Roadblocks: insights(a.Insights.Roadblocks),
		},
	}
	people := participants(brief)
	for _, s := range a.NextSteps {
		next := followup.NextStep{What: s.What, Due: s.Due}
		if s.Owner >= 1 && s.Owner <= len(people) {
			next.Owner = people[s.Owner-1].Name
		}
		texts.NextSteps = append(texts.NextSteps, next)
	}
	if e := a.Event.value; e != nil {
		texts.Event = &followup.Proposal{
			Title: e.Title, Description: e.Description, Start: e.Date + "T" + e.Time[:min(len(e.Time), len("15:30"))], Minutes: e.Minutes,
		}
	}
	return texts, true
}

func insights(written []observation) []followup.Insight {
	var all []followup.Insight
	for _, o := range written {
		all = append(all, followup.Insight{Text: o.Text, Quote: o.Quote, Second: second(o.Timestamp)})
	}
	return all
}

// second reads "01:05:32" or "05:32", with or without brackets; 0 if it can't be read.
func second(timestamp string) int {
	seconds := 0
	for part := range strings.SplitSeq(strings.Trim(timestamp, "[] "), ":") {
		n, err := strconv.ParseUint(part, 10, 16)
		if err != nil {
			return 0
		}
		seconds = seconds*60 + int(n)
	}
	return seconds
}

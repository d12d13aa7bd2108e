package slack

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/followup-dev/followup-operator/test/doubles/slack/render"
)

// Render is a modal's view as plain text, as its user sees it; a view that cannot be read is shown as it is.
func Render(view json.RawMessage) string {
	text, err := render.View(view)
	if err != nil {
		return string(view) + "\n"
	}
	return text
}

// String is the screen as plain text: what the person did, each with what came of it, and what the app wrote unasked.
func (s Screen) String() string {
	var parts []string
	for i, r := range s.Requests {
		parts = append(parts, fmt.Sprintf("%s, in %s, %s\n", s.User, s.Workspace, r.deed())+r.text(s.until(i)))
	}
	for _, m := range s.Posts {
		parts = append(parts, fmt.Sprintf("%s, in %s, is told\n%s", s.User, s.Workspace, m))
	}
	return strings.Join(parts, "\n")
}

// until is when the modal of a request was worked next: from then on, what it shows belongs to that.
func (s Screen) until(i int) func(viewID string) time.Time {
	return func(viewID string) time.Time {
		for _, later := range s.Requests[i+1:] {
			if later.Modal != nil && later.Modal.ViewID == viewID {
				return later.SentAt
			}
		}
		return time.Time{}
	}
}

// deed is what the person did.
func (r Request) deed() string {
	switch r.Kind {
	case KindBlockActions:
		return "chooses: " + r.Label
	case KindShortcut, KindMessageAction:
		return "uses the shortcut: " + r.Label
	case KindViewSubmission:
		return "submits: " + r.Label
	case KindViewClosed:
		return "closes: " + r.Label
	default:
		return "types: " + strings.TrimSpace(r.Command+" "+r.Text)
	}
}

// String is what the user has seen of the request, as plain text: modals as they are now, and messages.
func (r Request) String() string {
	return r.text(func(string) time.Time { return time.Time{} })
}

func (r Request) text(until func(viewID string) time.Time) string {
	after := "the command"
	if r.Kind != KindCommand {
		after = "that"
	}
	var b strings.Builder
	b.WriteString(r.Ack.text(cmp.Or(r.Command, r.Label)))
	if r.Modal != nil {
		if shown := r.Modal.during(r.SentAt, until(r.Modal.ViewID)); shown.Updates() > 0 {
			b.WriteString(Render(shown.Current()))
			fmt.Fprintf(&b, "  updated %s after %s\n", since(r.SentAt, shown.Versions[shown.Updates()].At), after)
		}
	}
	if r.Message != nil && r.Message.ReplacedAt.After(r.SentAt) {
		b.WriteString(r.Message.String())
		fmt.Fprintf(&b, "  replaced %s after %s\n", since(r.SentAt, r.Message.ReplacedAt), after)
	}
	for _, m := range r.Modals {
		shown := m.during(m.Versions[0].At, until(m.ViewID))
		b.WriteString(Render(shown.Current()))
		fmt.Fprintf(&b, "  opened %s after %s%s\n", since(r.SentAt, m.Versions[0].At), after, shown.history(r.SentAt))
	}
	for _, m := range r.Messages {
		b.WriteString(m.String())
		fmt.Fprintf(&b, "  %s after %s\n", since(r.SentAt, m.At), after)
	}
	return b.String()
}

// during is the modal with what it showed at the start, and then until the end (zero is now).
func (m *Modal) during(start, end time.Time) *Modal {
	first, last := 0, 0
	for i, v := range m.Versions {
		if !v.At.After(start) {
			first = i
		}
		if end.IsZero() || !v.At.After(end) {
			last = i
		}
	}
	return &Modal{Versions: m.Versions[first : max(first, last)+1]}
}

func (a *Ack) text(deed string) string {
	switch {
	case a == nil:
		return ""
	case a.Error != "":
		return fmt.Sprintf("  %s failed with the error %q\n", deed, a.Error) // Slack's own words
	case a.Message != nil:
		return a.Message.String()
	default:
		return ""
	}
}

func (m *Modal) history(sent time.Time) string {
	if m.Updates() == 0 {
		return ""
	}
	last := m.Versions[len(m.Versions)-1].At
	if m.Updates() == 1 {
		return fmt.Sprintf(", filled in after %s", since(sent, last))
	}
	return fmt.Sprintf(", updated %d times, last after %s", m.Updates(), since(sent, last))
}

// String is the message as plain text, with a bar at its left.
func (m Message) String() string {
	if m.Problems != nil {
		return "  Slack shows nothing: " + strings.Join(m.Problems, "; ") + "\n"
	}
	text, err := render.Message(m.Body)
	if err != nil {
		text = string(m.Body) + "\n"
	}
	if m.Deleted {
		return "  (a message that is gone)\n"
	}
	var b strings.Builder
	if m.Ephemeral {
		b.WriteString("┃ (only visible to you)\n")
	}
	for line := range strings.Lines(text) {
		b.WriteString(strings.TrimRight("┃ "+line, " \n") + "\n")
	}
	return b.String()
}

func since(start, end time.Time) string { return end.Sub(start).Round(time.Millisecond).String() }

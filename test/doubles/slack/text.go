package slack

import (
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

// String is the screen as plain text: each command with what came of it.
func (s Screen) String() string {
	parts := make([]string, len(s.Requests))
	for i, r := range s.Requests {
		parts[i] = fmt.Sprintf("%s, in %s, types: %s\n", s.User, s.Workspace, strings.TrimSpace(r.Command+" "+r.Text)) + r.String()
	}
	return strings.Join(parts, "\n")
}

// String is what the user has seen of the request, as plain text: modals as they are now, and messages.
func (r Request) String() string {
	var b strings.Builder
	b.WriteString(r.Ack.text(r.Command))
	for _, m := range r.Modals {
		b.WriteString(Render(m.Current()))
		fmt.Fprintf(&b, "  opened %s after the command%s\n", since(r.SentAt, m.Versions[0].At), m.history(r.SentAt))
	}
	for _, m := range r.Messages {
		b.WriteString(m.String())
		fmt.Fprintf(&b, "  %s after the command\n", since(r.SentAt, m.At))
	}
	return b.String()
}

func (a *Ack) text(command string) string {
	switch {
	case a == nil:
		return ""
	case a.Error != "":
		return fmt.Sprintf("  %s failed with the error %q\n", command, a.Error) // Slack's own words
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

package writer

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/followup-dev/followup-operator/internal/followup"
)

const (
	// maxTranscript bounds what is read of a transcript, in bytes: some five hours of talk, or 75 000 tokens.
	maxTranscript = 300_000
	// maxLine bounds what one person says at a time, and maxOther each of the texts that Fathom made.
	maxLine  = 4000
	maxOther = 20_000
	// maxParticipants are listed; who is beyond that owns no next step.
	maxParticipants = 100
)

// record is all that was not written by us or by the user, in delimiters that it can't contain. It depends on the recording
// only, so that it comes from the vendor's cache when texts are written again.
func record(brief followup.Brief) string {
	var b strings.Builder
	b.WriteString("<meeting>\n")
	fmt.Fprintf(&b, "Title: %s\n", flat(brief.Meeting.Title, maxLine))
	if start := brief.Meeting.Start; !start.IsZero() {
		fmt.Fprintf(&b, "Held: %s, time zone %s\n", start.In(brief.Zone).Format("Monday 2006-01-02 15:04"), brief.Zone)
	}
	b.WriteString("\nParticipants:\n")
	for i, p := range participants(brief) {
		side := "the user's side"
		if p.External {
			side = "the other side"
		}
		fmt.Fprintf(&b, "%d. %s (%s, %s)\n", i+1, flat(p.Name, 100), flat(p.Company, 100), side)
	}
	if brief.Recording.Summary != "" {
		fmt.Fprintf(&b, "\nSummary by other software, in English:\n%s\n", inert(cut(brief.Recording.Summary, maxOther)))
	}
	if len(brief.Recording.ActionItems) > 0 {
		items := strings.Join(brief.Recording.ActionItems, "\n- ")
		fmt.Fprintf(&b, "\nAction items by other software, in English:\n- %s\n", inert(cut(items, maxOther)))
	}
	b.WriteString("\nTranscript:\n")
	for _, line := range transcript(brief.Recording.Lines) {
		b.WriteString(line + "\n")
	}
	b.WriteString("</meeting>")
	return b.String()
}

// participants are those who have a name.
func participants(brief followup.Brief) []followup.Person {
	nameless := func(p followup.Person) bool { return strings.TrimSpace(p.Name) == "" }
	people := slices.DeleteFunc(brief.Meeting.Participants(), nameless)
	return people[:min(len(people), maxParticipants)]
}

// transcript leaves out the middle of what is too long: a meeting begins with what it is about, and ends with what was agreed.
func transcript(said []followup.Line) []string {
	lines, size := make([]string, 0, len(said)), 0
	for _, line := range said {
		lines = append(lines, fmt.Sprintf("[%s] %s: %s", stamp(line.Second), flat(line.Speaker, 100), flat(line.Text, maxLine)))
		size += len(lines[len(lines)-1]) + 1
	}
	if size <= maxTranscript {
		return lines
	}
	head := fitting(slices.All(lines))
	tail := fitting(slices.Backward(lines))
	gap := fmt.Sprintf("(%d lines are left out here: the meeting was too long)", len(lines)-head-tail)
	return slices.Concat(lines[:head], []string{gap}, lines[len(lines)-tail:])
}

// fitting is how many lines make half of what is read.
func fitting(lines func(func(int, string) bool)) int {
	n, size := 0, 0
	for _, line := range lines {
		if size += len(line) + 1; size > maxTranscript/2 {
			break
		}
		n++
	}
	return n
}

// stamp is as Fathom writes times.
func stamp(second int) string {
	return time.Time{}.Add(time.Duration(second) * time.Second).Format("15:04:05")
}

// flat is a text in one line, so that nobody can speak in another's name.
func flat(s string, most int) string { return inert(cut(strings.Join(strings.Fields(s), " "), most)) }

// inert can't end what it stands in.
var inert = strings.NewReplacer("<", "‹", ">", "›").Replace

// cut keeps so many bytes at most, of whole characters.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

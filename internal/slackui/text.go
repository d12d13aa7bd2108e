package slackui

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// escape makes text inert in mrkdwn: mentions and links are written in angle brackets.
//
// Source: https://docs.slack.dev/messaging/formatting-message-text#escaping
func escape(s string) string { return escaper.Replace(s) }

// line makes a customer's text fit for one line of mrkdwn, in at most size code points, escapes counted.
func line(s string, size int) string { return cut(visible(s), size, escape) }

// inert makes a customer's text fit for one line of plain text, in at most size code points.
func inert(s string, size int) string { return cut(visible(s), size, strings.Clone) }

// visible is s in one line, without the characters that turn the direction of what follows. It is "" if nothing of it
// can be seen.
func visible(s string) string {
	s = strings.Join(strings.Fields(strings.Map(plain, s)), " ")
	if !strings.ContainsFunc(s, func(r rune) bool { return unicode.IsGraphic(r) && !unicode.IsSpace(r) }) {
		return ""
	}
	return s
}

func plain(r rune) rune {
	switch {
	case unicode.IsControl(r), r == '\u2028', r == '\u2029':
		return ' '
	case unicode.Is(unicode.Bidi_Control, r):
		return -1
	default:
		return r
	}
}

// cut writes s in at most size code points, and never half of what one character is written as.
func cut(s string, size int, write func(string) string) string {
	if whole := write(s); utf8.RuneCountInString(whole) <= size {
		return whole
	}
	var b strings.Builder
	left := size - 1 // for the dots
	for _, r := range s {
		char := write(string(r))
		left -= utf8.RuneCountInString(char)
		if left < 0 {
			break
		}
		b.WriteString(char)
	}
	return strings.TrimSpace(b.String()) + "…"
}

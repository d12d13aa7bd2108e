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

// line makes a customer's text fit for one line: cut to at most size code points, escaped, without line breaks and
// without the characters that turn the direction of what follows. It is "" if nothing of it can be seen.
func line(s string, size int) string {
	s = strings.Join(strings.Fields(strings.Map(plain, s)), " ")
	if !strings.ContainsFunc(s, visible) {
		return ""
	}
	return escape(cut(s, size))
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

func visible(r rune) bool { return unicode.IsGraphic(r) && !unicode.IsSpace(r) }

func cut(s string, size int) string {
	if utf8.RuneCountInString(s) <= size {
		return s
	}
	runes := []rune(s)
	return strings.TrimSpace(string(runes[:size-1])) + "…"
}

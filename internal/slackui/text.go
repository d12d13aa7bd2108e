package slackui

import (
	"slices"
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

// paragraphs makes a text of more lines fit for mrkdwn, in at most size code points, escapes counted. Empty lines stay,
// one at a time. whole says that nothing was cut.
func paragraphs(s string, size int) (text string, whole bool) {
	lines := slices.Collect(strings.SplitSeq(strings.ReplaceAll(s, "\r\n", "\n"), "\n"))
	for i := range lines {
		lines[i] = visible(lines[i])
	}
	lines = slices.CompactFunc(lines, func(a, b string) bool { return a == "" && b == "" })
	s = strings.TrimSpace(strings.Join(lines, "\n"))
	text = cut(s, size, escape)
	return text, text == escape(s)
}

// typed is a text as its user may change it in an input, in at most size code points: without what can't be seen. whole
// says that nothing was cut.
func typed(s string, size int) (text string, whole bool) {
	s = strings.Map(func(r rune) rune {
		if r == '\n' {
			return r
		}
		return plain(r)
	}, strings.ToValidUTF8(strings.ReplaceAll(s, "\r\n", "\n"), ""))
	text = cut(s, size, strings.Clone)
	return text, text == s
}

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

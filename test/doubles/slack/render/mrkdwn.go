package render

import (
	"regexp"
	"strings"
)

var (
	// As in <url|label>, <@U1>, <#C1|general>, <!date^...|fallback>, <!here>.
	reference = regexp.MustCompile(`<([^<>|]+)(?:\|([^<>]*))?>`)
	// As in *bold*, _italic_, ~struck~, `code`: what stands before, the mark, the words, the mark, what stands after.
	styled    = regexp.MustCompile("(^|[\\s({\\[\"'>])([*_~`])(\\S(?:[^\\n]*?\\S)?)([*_~`])($|[\\s.,:;!?)}\\]\"'<])")
	shortcode = regexp.MustCompile(`:[a-z0-9_+-]+:`)
	unescape  = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")
)

// emoji are the shortcodes that one meets in such apps; others are shown as they are written.
var emoji = map[string]string{
	":arrow_right:": "➡️", ":bell:": "🔔", ":bulb:": "💡", ":busts_in_silhouette:": "👥", ":calendar:": "📅",
	":clock3:": "🕒", ":envelope:": "✉️", ":hourglass:": "⌛", ":hourglass_flowing_sand:": "⏳", ":information_source:": "ℹ️",
	":link:": "🔗", ":lock:": "🔒", ":mag:": "🔍", ":memo:": "📝", ":movie_camera:": "🎥", ":no_entry:": "⛔",
	":pause_button:": "⏸️", ":spiral_calendar_pad:": "🗓️", ":tada:": "🎉", ":video_camera:": "📹", ":warning:": "⚠️",
	":wave:": "👋", ":white_check_mark:": "✅", ":wrench:": "🔧", ":x:": "❌",
}

// plainMrkdwn is what a reader gets from Slack's markup: words, without the marks.
// Source: https://docs.slack.dev/messaging/formatting-message-text
func plainMrkdwn(s string) string {
	for { // marks can be nested, and two neighbours share the space between them
		next := styled.ReplaceAllStringFunc(s, func(match string) string {
			m := styled.FindStringSubmatch(match)
			if m[2] != m[4] {
				return match
			}
			return m[1] + m[3] + m[5]
		})
		if next == s {
			break
		}
		s = next
	}
	s = reference.ReplaceAllStringFunc(s, func(match string) string {
		m := reference.FindStringSubmatch(match)
		target, label := m[1], m[2]
		switch {
		case strings.HasPrefix(target, "@"), strings.HasPrefix(target, "#"):
			return target[:1] + strings.TrimPrefix(orElse(label, target[1:]), target[:1])
		case strings.HasPrefix(target, "!date^"):
			return label
		case strings.HasPrefix(target, "!"):
			return "@" + orElse(label, target[1:])
		case label != "":
			return label + " ↗"
		default:
			return strings.TrimPrefix(target, "mailto:")
		}
	})
	return unescape.Replace(withEmoji(s))
}

func withEmoji(s string) string {
	return shortcode.ReplaceAllStringFunc(s, func(code string) string { return orElse(emoji[code], code) })
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

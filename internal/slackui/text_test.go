package slackui

import (
	"strings"
	"testing"
	"time"
)

func TestLine(t *testing.T) {
	tests := map[string]struct {
		in   string
		size int
		want string
	}{
		"plain":                    {"Weekly", 10, "Weekly"},
		"a mention of everybody":   {"<!channel> hi", 50, "&lt;!channel&gt; hi"},
		"a mention and a link":     {"<@U1> <https://x|y>", 50, "&lt;@U1&gt; &lt;https://x|y&gt;"},
		"an entity":                {"R&amp;D", 50, "R&amp;amp;D"},
		"line breaks":              {"a\nb\r\n c\td\u2028e\x00f", 50, "a b c d e f"},
		"cut by code point":        {"встреча", 4, "вст…"},
		"cut before it is escaped": {"&&&&", 3, "&amp;&amp;…"},
		"exactly as long":          {"ёжик", 4, "ёжик"},
		"emoji":                    {"🚀🚀🚀", 2, "🚀…"},
		"no space before the dots": {"one two", 5, "one…"},
		"empty":                    {"", 9, ""},
		"blank":                    {" \n\u00a0", 9, ""},
		"nothing to see":           {"\u200b\u2060\ufeff", 9, ""},
		"text turned around":       {"\u202egnp.exe\u2066", 9, "gnp.exe"},
		"no UTF-8":                 {"a\xffb", 9, "a\ufffdb"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if got := line(tc.in, tc.size); got != tc.want {
				t.Errorf("line(%q, %d) = %q, want %q", tc.in, tc.size, got, tc.want)
			}
		})
	}
}

func TestWhen(t *testing.T) {
	at := func(s string) time.Time {
		parsed, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return parsed
	}
	tests := map[string]struct {
		zone  string
		start time.Time
		took  time.Duration
		want  string
	}{
		"winter":                     {"Europe/Rome", at("2026-11-23T13:30:00Z"), 54 * time.Minute, "Mon 23 Nov, 14:30 (Europe/Rome) · 54 min"},
		"summer":                     {"Europe/Rome", at("2026-07-20T13:30:00Z"), 54 * time.Minute, "Mon 20 Jul, 15:30 (Europe/Rome) · 54 min"},
		"before the clocks go back":  {"Europe/Rome", at("2026-10-25T00:59:00Z"), time.Hour, "Sun 25 Oct, 02:59 (Europe/Rome) · 1 h 00 min"},
		"after the clocks went back": {"Europe/Rome", at("2026-10-25T01:59:00Z"), time.Hour, "Sun 25 Oct, 02:59 (Europe/Rome) · 1 h 00 min"},
		"another day there":          {"Asia/Tokyo", at("2026-11-23T16:05:00Z"), 125 * time.Minute, "Tue 24 Nov, 01:05 (Asia/Tokyo) · 2 h 05 min"},
		"half hours":                 {"Asia/Kolkata", at("2026-11-23T00:00:00Z"), 0, "Mon 23 Nov, 05:30 (Asia/Kolkata)"},
		"no zone":                    {"", at("2026-11-23T13:30:00Z"), 0, "Mon 23 Nov, 13:30 (UTC)"},
		"a zone that is none":        {"Mars/Phobos", at("2026-11-23T13:30:00Z"), 0, "Mon 23 Nov, 13:30 (UTC)"},
		"start unknown":              {"Europe/Rome", time.Time{}, time.Minute, "Time unknown · 1 min"},
		"short":                      {"UTC", at("2026-11-01T13:30:00+01:00"), 4 * time.Second, "Sun 1 Nov, 12:30 (UTC) · 1 min"},
		"nearly an hour":             {"UTC", at("2026-11-01T12:30:00Z"), 59*time.Minute + 40*time.Second, "Sun 1 Nov, 12:30 (UTC) · 1 h 00 min"},
		"an end before the start":    {"UTC", at("2026-11-01T12:30:00Z"), -time.Hour, "Sun 1 Nov, 12:30 (UTC)"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if got := newClock(tc.zone).when(tc.start, tc.took); got != tc.want {
				t.Errorf("got  %q\nwant %q", got, tc.want)
			}
		})
	}
}

func TestWait(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "in a minute or two", -time.Second: "in a minute or two", 300 * time.Millisecond: "in a second", 1200 * time.Millisecond: "in 2 seconds",
		60 * time.Second: "in 60 seconds", 100 * time.Second: "in 2 minutes", 15 * time.Minute: "in 15 minutes",
	} {
		if got := wait(d); got != want {
			t.Errorf("wait(%s) = %q, want %q", d, got, want)
		}
	}
}

func TestLink(t *testing.T) {
	tests := map[string]string{
		"https://fathom.video/calls/1":                        "<https://fathom.video/calls/1|Open in Fathom>",
		"https://eu.fathom.video/calls/1?a&b":                 "<https://eu.fathom.video/calls/1?a&amp;b|Open in Fathom>",
		"":                                                    "",
		"http://fathom.video/calls/1":                         "",
		"https://fathom.video.evil.example/1":                 "",
		"https://evilfathom.video/1":                          "",
		"https://fathom.video@evil.example/":                  "",
		"javascript:alert(1)":                                 "",
		"https://fathom.video/calls/1?x|Click":                "",
		"https://fathom.video/a>b?<!channel>":                 "",
		"https://fathom.video/" + strings.Repeat("x", maxURL): "",
	}
	for raw, want := range tests {
		if got := link(raw); got != want {
			t.Errorf("link(%q) = %q, want %q", raw, got, want)
		}
	}
}

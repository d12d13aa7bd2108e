package slackui

import (
	"strings"
	"testing"
	"time"

	"github.com/followup-dev/followup-operator/internal/tenancy"
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
		"escapes count":            {"&&&&", 11, "&amp;&amp;…"},
		"no escape is cut":         {"&&&&", 10, "&amp;…"},
		"exactly as long":          {"ёжик", 4, "ёжик"},
		"escapes, exactly as long": {"a&<", 10, "a&amp;&lt;"},
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
		locale, zone string
		start        time.Time
		took         time.Duration
		want         string
	}{
		"winter":                     {"en", "Europe/Rome", at("2026-11-23T13:30:00Z"), 54 * time.Minute, "Mon 23 Nov, 14:30 · 54 min"},
		"winter, in Italian":         {"it", "Europe/Rome", at("2026-11-23T13:30:00Z"), 54 * time.Minute, "lun 23 nov, 14:30 · 54 min"},
		"summer":                     {"en", "Europe/Rome", at("2026-07-20T13:30:00Z"), 54 * time.Minute, "Mon 20 Jul, 15:30 · 54 min"},
		"summer, in Italian":         {"it", "Europe/Rome", at("2026-05-03T13:30:00Z"), 54 * time.Minute, "dom 3 mag, 15:30 · 54 min"},
		"before the clocks go back":  {"en", "Europe/Rome", at("2026-10-25T00:59:00Z"), time.Hour, "Sun 25 Oct, 02:59 · 1 h 00 min"},
		"after the clocks went back": {"en", "Europe/Rome", at("2026-10-25T01:59:00Z"), time.Hour, "Sun 25 Oct, 02:59 · 1 h 00 min"},
		"another day there":          {"en", "Asia/Tokyo", at("2026-11-23T16:05:00Z"), 125 * time.Minute, "Tue 24 Nov, 01:05 · 2 h 05 min"},
		"half hours":                 {"en", "Asia/Kolkata", at("2026-11-23T00:00:00Z"), 0, "Mon 23 Nov, 05:30"},
		"another year there":         {"en", "Asia/Tokyo", at("2026-12-31T16:05:00Z"), 0, "Fri 1 Jan 2027, 01:05"},
		"last year, in Italian":      {"it", "UTC", at("2025-12-31T16:05:00Z"), 0, "mer 31 dic 2025, 16:05"},
		"no zone":                    {"en", "", at("2026-11-23T13:30:00Z"), 0, "Mon 23 Nov, 13:30"},
		"a zone that is none":        {"en", "Mars/Phobos", at("2026-11-23T13:30:00Z"), 0, "Mon 23 Nov, 13:30"},
		"a language that is none":    {"xx", "UTC", at("2026-11-23T13:30:00Z"), 0, "Mon 23 Nov, 13:30"},
		"start unknown":              {"en", "Europe/Rome", time.Time{}, time.Minute, "Time unknown · 1 min"},
		"short":                      {"en", "UTC", at("2026-11-01T13:30:00+01:00"), 4 * time.Second, "Sun 1 Nov, 12:30 · 1 min"},
		"nearly an hour":             {"en", "UTC", at("2026-11-01T12:30:00Z"), 59*time.Minute + 40*time.Second, "Sun 1 Nov, 12:30 · 1 h 00 min"},
		"an end before the start":    {"en", "UTC", at("2026-11-01T12:30:00Z"), -time.Hour, "Sun 1 Nov, 12:30"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if got := audienceOf(tenancy.Tenant{Locale: tc.locale, TimeZone: tc.zone}).when(tc.start, tc.took, noon); got != tc.want {
				t.Errorf("got  %q\nwant %q", got, tc.want)
			}
		})
	}
}

func TestEachMonthAndWeekdayHasItsWord(t *testing.T) {
	var english, italian []string
	for month := range time.Month(12) {
		day := time.Date(2026, month+1, int(month)+1, 12, 0, 0, 0, time.UTC)
		english = append(english, audienceOf(tenancy.Tenant{}).date(day, noon))
		italian = append(italian, audienceOf(tenancy.Tenant{Locale: "it"}).date(day, noon))
	}
	want := "Thu 1 Jan, Mon 2 Feb, Tue 3 Mar, Sat 4 Apr, Tue 5 May, Sat 6 Jun, Tue 7 Jul, Sat 8 Aug, Wed 9 Sep, Sat 10 Oct, Wed 11 Nov, Sat 12 Dec"
	if got := strings.Join(english, ", "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	want = "gio 1 gen, lun 2 feb, mar 3 mar, sab 4 apr, mar 5 mag, sab 6 giu, mar 7 lug, sab 8 ago, mer 9 set, sab 10 ott, mer 11 nov, sab 12 dic"
	if got := strings.Join(italian, ", "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// The year that goes without saying is the one that it is for the tenant's people.
func TestTheYearTurnsWhereThePeopleAre(t *testing.T) {
	newYearsEve := time.Date(2026, 12, 31, 23, 30, 0, 0, time.UTC) // 2027 in Rome
	if got := english.date(newYearsEve.Add(-time.Hour), newYearsEve); got != "Thu 31 Dec 2026" {
		t.Errorf("an hour ago is %s", got)
	}
	if got := english.date(newYearsEve.Add(time.Minute), newYearsEve); got != "Fri 1 Jan" {
		t.Errorf("now is %s", got)
	}
}

func TestWait(t *testing.T) {
	tests := map[time.Duration][2]string{
		0:                       {"in a minute or two", "tra un minuto o due"},
		-time.Second:            {"in a minute or two", "tra un minuto o due"},
		300 * time.Millisecond:  {"in a second", "tra un secondo"},
		1200 * time.Millisecond: {"in 2 seconds", "tra 2 secondi"},
		60 * time.Second:        {"in 60 seconds", "tra 60 secondi"},
		100 * time.Second:       {"in 2 minutes", "tra 2 minuti"},
		15 * time.Minute:        {"in 15 minutes", "tra 15 minuti"},
	}
	for d, want := range tests {
		if got := [2]string{english.wait(d), italian.wait(d)}; got != want {
			t.Errorf("wait(%s) = %q, want %q", d, got, want)
		}
	}
}

func TestLink(t *testing.T) {
	tests := map[string]string{
		"https://fathom.video/calls/1":                        "https://fathom.video/calls/1",
		"https://eu.fathom.video/calls/1?a&b":                 "https://eu.fathom.video/calls/1?a&amp;b",
		"":                                                    "",
		"http://fathom.video/calls/1":                         "",
		"https://fathom.video.evil.example/1":                 "",
		"https://evilfathom.video/1":                          "",
		"https://fathom.video@evil.example/":                  "",
		"javascript:alert(1)":                                 "",
		"https://fathom.video/calls/1?x|Click":                "",
		"https://fathom.video/a>b?<!channel>":                 "",
		"https://fathom.video/" + strings.Repeat("x", maxURL): "",
		"https://mail.google.com/mail/u/0/#drafts/1":          "https://mail.google.com/mail/u/0/#drafts/1",
		"https://www.google.com/calendar/event?eid=1":         "https://www.google.com/calendar/event?eid=1",
		"https://www.google.com/url?q=https://evil.example":   "",
		"https://www.google.com/calendar/../url?q=x":          "",
		"https://www.google.com/calendar/%2e%2e/url?q=x":      "",
		"https://app.crono.one/accounts/1":                    "https://app.crono.one/accounts/1",
		"https://evil.app.crono.one/accounts/1":               "",
		"https://sub.mail.google.com/":                        "",
	}
	for raw, want := range tests {
		if got := target(raw); got != want {
			t.Errorf("target(%q) = %q, want %q", raw, got, want)
		}
	}
}

func TestParagraphs(t *testing.T) {
	tests := map[string]struct {
		text  string
		size  int
		want  string
		whole bool
	}{
		"lines stay":                 {"a\r\nb\n\n\n\nc\n", 50, "a\nb\n\nc", true},
		"escapes count":              {"a<b", 6, "a&lt;b", true},
		"a mention":                  {"<!channel>\n@here", 50, "&lt;!channel&gt;\n@here", true},
		"cut by what is sent":        {"a<b<c", 6, "a&lt;…", false},
		"cut by code point":          {"🚀🚀🚀", 2, "🚀…", false},
		"nothing to be seen":         {"\n \u200b\n\u202e", 50, "", true},
		"directions do not leak out": {"a\u202eb\nc", 50, "ab\nc", true},
	}
	for name, tc := range tests {
		if got, whole := paragraphs(tc.text, tc.size); got != tc.want || whole != tc.whole {
			t.Errorf("%s: %q, whole %t; want %q, %t", name, got, whole, tc.want, tc.whole)
		}
	}
}

func TestTyped(t *testing.T) {
	for text, want := range map[string]string{
		"a < b\r\n\r\n\r\n c\td": "a < b\n\n\n c d", "a\x00\u202eb\xff": "a b",
	} {
		if got, whole := typed(text, 50); got != want || !whole {
			t.Errorf("typed(%q) = %q, whole %t; want %q", text, got, whole, want)
		}
	}
	if got, whole := typed("🚀🚀🚀", 2); got != "🚀…" || whole {
		t.Errorf("cut to %q, whole %t", got, whole)
	}
}

func TestMomentsLeadIntoTheRecording(t *testing.T) {
	for url, want := range map[string]string{
		"https://fathom.video/calls/1":         "https://fathom.video/calls/1?timestamp=3723",
		"https://fathom.video/calls/1?tab=all": "https://fathom.video/calls/1?tab=all&amp;timestamp=3723",
		"https://evil.example/calls/1":         "",
		"":                                     "",
	} {
		if got := moment(url, 3723); got != want {
			t.Errorf("moment(%q) = %q, want %q", url, got, want)
		}
	}
	for second, want := range map[int]string{0: "0:00", 59: "0:59", 754: "12:34", 3723: "1:02:03"} {
		if got := mark(second); got != want {
			t.Errorf("mark(%d) = %q, want %q", second, got, want)
		}
	}
}

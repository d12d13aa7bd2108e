package followup

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzChecked: whatever a model writes, what stays of it has no link but known ones, and is what would stay of it again.
func FuzzChecked(f *testing.F) {
	f.Fuzz(func(t *testing.T, text string) {
		brief := testBrief()
		links := linksOf(brief)
		for _, got := range []string{Checked(Texts{Summary: text}, brief).Summary, Checked(Texts{Email: Email{Subject: text}}, brief).Email.Subject} {
			if !utf8.ValidString(got) || utf8.RuneCountInString(got) > maxText || strings.ContainsAny(got, "\r\x00\u202e") {
				t.Fatalf("%q became %q", text, got)
			}
			for _, match := range link.FindAllString(got, -1) {
				if links.judged(match) != match {
					t.Fatalf("%q became %q, with the link %q", text, got, match)
				}
			}
		}
	})
}

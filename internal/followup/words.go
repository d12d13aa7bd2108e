package followup

import (
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"
)

// matcher says whether a meeting has each of the typed words. It is for one goroutine.
func matcher(typed string) func(Meeting) bool {
	fold := folder()
	words := strings.Fields(fold(typed))
	return func(m Meeting) bool {
		text := fold(searchable(m))
		for _, word := range words {
			if !strings.Contains(text, word) {
				return false
			}
		}
		return true
	}
}

// searchable is what words are looked for in, one a line, so that no word is found across two.
func searchable(m Meeting) string {
	lines := []string{m.Title}
	for _, p := range m.Participants() {
		lines = append(lines, p.Name, p.Email, p.Company)
	}
	return strings.Join(lines, "\n")
}

// folder takes case and accents away, so that "perche" finds "Perché", and "strasse" "Straße".
func folder() func(string) string {
	fold := transform.Chain(norm.NFKD, runes.Remove(runes.In(unicode.Mn)), cases.Fold())
	return func(s string) string {
		if !strings.ContainsFunc(s, func(r rune) bool { return r > unicode.MaxASCII }) {
			return strings.ToLower(s) // the same, and fast
		}
		folded, _, err := transform.String(fold, s)
		if err != nil {
			return strings.ToLower(s)
		}
		return folded
	}
}

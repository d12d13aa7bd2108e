package followup

import (
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"
)

// matcher says whether a meeting has each of the typed words.
func matcher(typed string) func(Meeting) bool {
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

// fold takes case and accents away, so that "perche" finds "Perché", and "strasse" "Straße".
func fold(s string) string {
	folded, _, err := transform.String(transform.Chain(norm.NFKD, runes.Remove(runes.In(unicode.Mn)), cases.Fold()), s)
	if err != nil {
		return strings.ToLower(s)
	}
	return folded
}

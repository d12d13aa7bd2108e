package secrets

import (
	"strings"
	"unicode"
)

// maxText bounds what is repeated of others' words, in characters.
const maxText = 500

// oneLine returns the text without line breaks, other control characters and runs of spaces, and cuts it.
func oneLine(text string) string {
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) || unicode.IsSpace(r) }), " ")
	if runes := []rune(text); len(runes) > maxText {
		return string(runes[:maxText-1]) + "…"
	}
	return text
}

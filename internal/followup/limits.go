package followup

// maxText is how many characters a text that a user may edit has: a field of a form takes 3000.
//
// Source: https://docs.slack.dev/reference/block-kit/block-elements/plain-text-input-element
const maxText = 3000

// maxNote is how many characters the text of a CRM note has: as many as the CRM takes beside its Ref, if there is one.
func maxNote(has Connected) int {
	if has.CRM == nil || has.CRM.MaxNote == 0 {
		return maxText
	}
	return min(maxText, has.CRM.MaxNote-maxRef)
}

// maxRef is more than a Ref takes, with the line breaks before it.
const maxRef = 64

// shorten cuts a text to so many characters.
func shorten(text string, size int) string {
	runes := []rune(text)
	if len(runes) <= size {
		return text
	}
	return string(runes[:size-1]) + "…"
}

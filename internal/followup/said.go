package followup

import (
	"slices"
	"strings"
	"unicode"
)

// said are the words of a transcript, in the order in which they were said. Between two speakers is an empty one, so that
// nobody is quoted with the words of two.
type said struct {
	words   []string
	seconds []int // when the line of each word begins
}

func saidIn(lines []Line) said {
	var s said
	fold, speaker := folder(), ""
	for _, line := range lines {
		if line.Speaker != speaker {
			s.words, s.seconds = append(s.words, ""), append(s.seconds, line.Second)
			speaker = line.Speaker
		}
		for _, word := range wordsOf(fold(line.Text)) {
			s.words, s.seconds = append(s.words, word), append(s.seconds, line.Second)
		}
	}
	return s
}

// find says when a quote was said, whatever its case, accents and punctuation.
func (s said) find(quote string) (second int, ok bool) {
	wanted := wordsOf(folder()(quote))
	if len(wanted) == 0 {
		return 0, false
	}
	for i := 0; i+len(wanted) <= len(s.words); i++ {
		if slices.Equal(s.words[i:i+len(wanted)], wanted) {
			return s.seconds[i], true
		}
	}
	return 0, false
}

func wordsOf(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
}

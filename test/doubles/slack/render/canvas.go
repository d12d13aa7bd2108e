package render

import (
	"strings"
	"unicode"
)

// columns is how many cells of a terminal a string takes: two for most emoji and East Asian signs, none for marks that
// change the sign before them.
func columns(s string) int {
	total, last := 0, 0
	for _, r := range s {
		switch {
		case r == 0xFE0F: // "show the sign before as emoji"
			total += 2 - last
			last = 2
		case r == 0x200D, unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		case isWide(r):
			total += 2
			last = 2
		default:
			total++
			last = 1
		}
	}
	return total
}

func isWide(r rune) bool {
	switch {
	case r >= 0x1F300 && r <= 0x1FAFF, // pictures
		r >= 0x1100 && r <= 0x115F, r >= 0x2E80 && r <= 0xA4CF, r >= 0xAC00 && r <= 0xD7A3,
		r >= 0xF900 && r <= 0xFAFF, r >= 0xFF00 && r <= 0xFF60:
		return true
	}
	return strings.ContainsRune("⌚⌛⏩⏪⏫⏬⏰⏳⛔✅❌❎❓❗➕➖⭐⚡☕⛄⚽✨", r)
}

// wrap breaks text into lines of at most width columns, at spaces where there are any.
func wrap(text string, width int) []string {
	var lines []string
	for paragraph := range strings.SplitSeq(text, "\n") {
		line := ""
		for word := range strings.SplitSeq(paragraph, " ") {
			for line == "" && columns(word) > width {
				head := cut(word, width)
				lines = append(lines, head)
				word = word[len(head):]
			}
			switch {
			case line == "":
				line = word
			case columns(line)+1+columns(word) <= width:
				line += " " + word
			default:
				lines = append(lines, line)
				line = word
			}
		}
		lines = append(lines, line)
	}
	return lines
}

// cut is the longest head of s that fits the width.
func cut(s string, width int) string {
	end := 0
	for i, r := range s {
		if i > 0 && columns(s[:i]+string(r)) > width {
			break
		}
		end = i + len(string(r))
	}
	return s[:end]
}

func pad(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-columns(s)))
}

// spread puts left and right at the two ends of a line.
func spread(left, right string, width int) string {
	return left + strings.Repeat(" ", max(1, width-columns(left)-columns(right))) + right
}

// frame draws a box around sections of lines, with rules between them.
func frame(width int, sections ...[]string) string {
	bar := strings.Repeat("─", width+2)
	var b strings.Builder
	b.WriteString("╭" + bar + "╮\n")
	for i, section := range sections {
		if i > 0 {
			b.WriteString("├" + bar + "┤\n")
		}
		for _, line := range section {
			b.WriteString("│ " + pad(line, width) + " │\n")
		}
	}
	b.WriteString("╰" + bar + "╯\n")
	return b.String()
}

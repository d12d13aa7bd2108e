package anthropic

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// said is one line of a transcript, wherever it stands in a prompt: "[00:05:32] Bob: Hello", with or without a number.
var said = regexp.MustCompile(`(?m)^(?:\d+ )?\[?(\d{1,2}:\d{2}(?::\d{2})?)\]? ([^:\n]{1,80}): (.+)$`)

// dated is a date anywhere in a prompt.
var dated = regexp.MustCompile(`\b\d{4}-\d{2}-\d{2}\b`)

// author makes up answers: texts quote the transcript, one line after another; dates are a week after the first one in
// the prompt.
type author struct {
	checker

	lines [][]string // timestamp, speaker, text
	next  int
	date  string
}

func newAuthor(r *Request) *author {
	a := &author{checker: checker{root: r.Schema}, date: "2026-01-01"}
	for _, b := range r.Blocks {
		for _, match := range said.FindAllStringSubmatch(b.Text, -1) {
			a.lines = append(a.lines, match[1:])
		}
	}
	for _, b := range r.Blocks {
		if day, err := time.Parse(time.DateOnly, dated.FindString(b.Text)); err == nil {
			a.date = day.AddDate(0, 0, 7).Format(time.DateOnly)
			break
		}
	}
	return a
}

// line is the one that is being quoted.
func (a *author) line() []string {
	if len(a.lines) == 0 {
		return []string{"00:00:00", "Nobody", "nothing was said"}
	}
	return a.lines[a.next%len(a.lines)]
}

// value makes up one of a schema. The name is that of the property that it is for.
func (a *author) value(name string, schema map[string]any) any {
	if ref, given := schema["$ref"].(string); given {
		target, _ := a.resolve(ref)
		return a.value(name, target)
	}
	if fixed, given := schema["const"]; given {
		return fixed
	}
	if allowed, given := schema["enum"].([]any); given {
		return allowed[0]
	}
	for _, word := range []string{"anyOf", "allOf"} {
		if options, given := schema[word].([]any); given {
			return a.value(name, options[0].(map[string]any)) // which checkSchema has seen
		}
	}
	switch schema["type"] {
	case "object":
		object := map[string]any{}
		properties, _ := schema["properties"].(map[string]any)
		for _, member := range slices.Sorted(maps.Keys(properties)) {
			object[member] = a.value(member, properties[member].(map[string]any))
		}
		return object
	case "array":
		items, _ := schema["items"].(map[string]any)
		item := a.value(name, items)
		a.next++
		return []any{item}
	case "string":
		return a.text(name, fmt.Sprint(schema["format"]))
	case "integer", "number":
		return a.number(name)
	case "boolean":
		return false
	default:
		return nil
	}
}

func (a *author) text(name, format string) string {
	line := a.line()
	switch {
	case format == "date":
		return a.date
	case format == "date-time":
		return a.date + "T10:00:00Z"
	case format == "email":
		return "nobody@example.com"
	case name == "time":
		return "10:00"
	case name == "timestamp":
		return line[0]
	case name == "quote":
		return line[2]
	case name == "language":
		return "en"
	default:
		return fmt.Sprintf("%s: %s said: %s", title(name), line[1], line[2])
	}
}

func (a *author) number(name string) any {
	if name == "minutes" {
		return 30.0
	}
	return 1.0
}

// title makes "next_step" "Next step".
func title(name string) string {
	words := strings.ReplaceAll(cmp.Or(name, "answer"), "_", " ")
	return strings.ToUpper(words[:1]) + words[1:]
}

package blockkit

import (
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf8"
)

// Problem is one violation, worded as Slack words it in response_metadata.messages.
type Problem struct {
	Pointer string // JSON pointer to the value
	Message string
}

func (p Problem) String() string {
	return fmt.Sprintf("[ERROR] %s [json-pointer:%s]", p.Message, p.Pointer)
}

// report collects the problems of one document.
type report struct{ problems []Problem }

func (r *report) addf(at, format string, args ...any) {
	r.problems = append(r.problems, Problem{Pointer: at, Message: fmt.Sprintf(format, args...)})
}

// rule checks the value at a JSON pointer.
type rule func(r *report, at string, value any)

// text is a string of min to max characters; Slack counts code points.
func text(minimum, maximum int) rule {
	return func(r *report, at string, value any) {
		s, ok := value.(string)
		if !ok {
			r.addf(at, "must be a string")
			return
		}
		if n := utf8.RuneCountInString(s); n < minimum {
			r.addf(at, "must be more than %d characters", minimum-1)
		} else if n > maximum {
			r.addf(at, "must be less than %d characters", maximum+1)
		}
	}
}

func oneOf(allowed ...string) rule {
	return func(r *report, at string, value any) {
		s, ok := value.(string)
		if !ok || !slices.Contains(allowed, s) {
			r.addf(at, "must be one of: %q", allowed)
		}
	}
}

func boolean(r *report, at string, value any) {
	if _, ok := value.(bool); !ok {
		r.addf(at, "must be a boolean")
	}
}

func integer(minimum, maximum int64) rule {
	return func(r *report, at string, value any) {
		number, ok := value.(json.Number)
		if !ok {
			r.addf(at, "must be a number")
			return
		}
		if n, err := number.Int64(); err != nil || n < minimum || n > maximum {
			r.addf(at, "must be a whole number from %d to %d", minimum, maximum)
		}
	}
}

func list(minimum, maximum int, each rule) rule {
	return func(r *report, at string, value any) {
		items, ok := value.([]any)
		if !ok {
			r.addf(at, "must provide an array")
			return
		}
		if len(items) < minimum {
			r.addf(at, "no less than %d items allowed", minimum)
		}
		if len(items) > maximum {
			r.addf(at, "no more than %d items allowed", maximum)
		}
		for i, item := range items {
			each(r, fmt.Sprintf("%s/%d", at, i), item)
		}
	}
}

// fields are the properties of an object.
type fields map[string]rule

// object has all the required and any of the optional properties, and none beside them.
func object(required, optional fields) rule {
	return func(r *report, at string, value any) {
		properties, ok := value.(map[string]any)
		if !ok {
			r.addf(at, "must be an object")
			return
		}
		for _, name := range sortedKeys(required) {
			if _, ok := properties[name]; !ok {
				r.addf(at, "missing required field: %s", name)
			}
		}
		for _, name := range sortedKeys(properties) {
			check := required[name]
			if check == nil {
				check = optional[name]
			}
			if check == nil {
				r.addf(at, "unexpected property: %s", name)
				continue
			}
			check(r, at+"/"+name, properties[name])
		}
	}
}

// typed picks the rule for an object by its "type". The rule itself does not see "type".
func typed(what string, byType map[string]rule) rule {
	return func(r *report, at string, value any) {
		properties, ok := value.(map[string]any)
		if !ok {
			r.addf(at, "must be an object")
			return
		}
		name, ok := properties["type"].(string)
		if !ok {
			r.addf(at, "missing required field: type")
			return
		}
		check, ok := byType[name]
		if !ok {
			r.addf(at+"/type", "unsupported type: %s is no %s allowed here", name, what)
			return
		}
		rest := make(map[string]any, len(properties))
		for key, v := range properties {
			if key != "type" {
				rest[key] = v
			}
		}
		check(r, at, rest)
	}
}

// all applies several rules to one value.
func all(rules ...rule) rule {
	return func(r *report, at string, value any) {
		for _, check := range rules {
			check(r, at, value)
		}
	}
}

// exactlyOne demands one of two or more properties.
func exactlyOne(names ...string) rule {
	return func(r *report, at string, value any) {
		if n := present(value, names); n != 1 {
			r.addf(at, "must have exactly one of %q", names)
		}
	}
}

func atLeastOne(names ...string) rule {
	return func(r *report, at string, value any) {
		if present(value, names) == 0 {
			r.addf(at, "must have at least one of %q", names)
		}
	}
}

func present(value any, names []string) int {
	properties, _ := value.(map[string]any)
	n := 0
	for _, name := range names {
		if _, ok := properties[name]; ok {
			n++
		}
	}
	return n
}

// sumOf bounds the characters of all strings in the blocks of a document, or in those of some types.
func sumOf(maximum int, types ...string) rule {
	return func(r *report, at string, value any) {
		total := 0
		for _, b := range blocksOf(value) {
			if name, _ := b["type"].(string); types == nil || slices.Contains(types, name) {
				total += characters(b)
			}
		}
		if total > maximum {
			r.addf(at+"/blocks", "must have less than %d characters together", maximum+1)
		}
	}
}

// characters counts those of the strings in value, but for names that the markup itself uses.
func characters(value any) (total int) {
	switch v := value.(type) {
	case string:
		return utf8.RuneCountInString(v)
	case []any:
		for _, item := range v {
			total += characters(item)
		}
	case map[string]any:
		for name, item := range v {
			if name != "type" {
				total += characters(item)
			}
		}
	}
	return total
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

package blockkit

import (
	"encoding/json"
	"reflect"
	"time"
	"unicode/utf8"
)

// What an element holds before anybody touched it must be something that it can hold.

// timed is a string in a layout: an initial_date ("2026-11-30") or an initial_time ("15:00").
func timed(layout, want string) rule {
	return func(r *report, at string, value any) {
		s, ok := value.(string)
		if !ok {
			r.addf(at, "must be a string")
			return
		}
		if _, err := time.Parse(layout, s); err != nil {
			r.addf(at, "must be of the form %s", want)
		}
	}
}

// initialAmong demands that what is chosen at first is one of the options, to the letter.
func initialAmong(r *report, at string, value any) {
	element, _ := value.(map[string]any)
	options := objects(element["options"])
	for _, group := range objects(element["option_groups"]) {
		options = append(options, objects(group["options"])...)
	}
	chosen := objects(element["initial_options"])
	if one, ok := element["initial_option"].(map[string]any); ok {
		chosen = append(chosen, one)
	}
	for _, c := range chosen {
		if !contains(options, c) {
			r.addf(at, "initial option must exactly match one of the options")
		}
	}
}

func contains(options []map[string]any, wanted map[string]any) bool {
	for _, o := range options {
		if reflect.DeepEqual(o, wanted) {
			return true
		}
	}
	return false
}

// initialFits demands that a text is no longer than its input takes.
func initialFits(r *report, at string, value any) {
	element, _ := value.(map[string]any)
	text, _ := element["initial_value"].(string)
	limit, ok := element["max_length"].(json.Number)
	if !ok {
		return
	}
	if n, err := limit.Int64(); err == nil && int64(utf8.RuneCountInString(text)) > n {
		r.addf(at+"/initial_value", "must be less than %d characters", n+1)
	}
}

package blockkit_test

import (
	"encoding/json"
	"strings"
	"testing"
)

// What a form holds at first must be something that a person could have put in.
func TestWhatAnElementHoldsAtFirst(t *testing.T) {
	one := strings.Trim(options(1), "[]")
	other := strings.Replace(one, `"value":"`, `"value":"other`, 1)
	tests := map[string]struct {
		element string
		ok      bool
	}{
		"an option":                   {`"static_select","options":` + options(1) + `,"initial_option":` + one, true},
		"an option of a group":        {`"static_select","option_groups":[{"label":` + plain(1) + `,"options":` + options(1) + `}],"initial_option":` + one, true},
		"an option that is not there": {`"static_select","options":` + options(1) + `,"initial_option":` + other, false},
		"a radio button":              {`"radio_buttons","options":` + options(1) + `,"initial_option":` + one, true},
		"no such radio button":        {`"radio_buttons","options":` + options(1) + `,"initial_option":` + other, false},
		"a box":                       {`"checkboxes","options":` + options(1) + `,"initial_options":[` + one + `]`, true},
		"no such box":                 {`"checkboxes","options":` + options(1) + `,"initial_options":[` + other + `]`, false},
		"an option yet to be offered": {`"external_select","initial_option":` + other, true},
		"a day":                       {`"datepicker","initial_date":"2026-11-30"`, true},
		"no such day":                 {`"datepicker","initial_date":"2026-02-30"`, false},
		"a number for a day":          {`"datepicker","initial_date":20261130`, false},
		"a time":                      {`"timepicker","initial_time":"15:00"`, true},
		"no such time":                {`"timepicker","initial_time":"25:00"`, false},
		"a text that fits":            {`"plain_text_input","max_length":2,"initial_value":"éé"`, true},
		"a text that does not":        {`"plain_text_input","max_length":2,"initial_value":"ééé"`, false},
	}
	for name, tc := range tests {
		doc := input(tc.element)
		if problems := view(json.RawMessage(doc)); (problems == nil) != tc.ok {
			t.Errorf("%s: %v of %s", name, problems, doc)
		}
	}
}

package slack

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// fillIn puts values into the inputs of a form, by action_id, as far as the client lets people do that, and demands what
// the form demands.
func (f *surface) fillIn(values map[string]string) error {
	for actionID, value := range values {
		element, blockID, found := f.find(actionID, "")
		if !found || !f.isInput(blockID) {
			return fmt.Errorf("slack double: the modal that the person sees has no input %q", actionID)
		}
		held, err := f.take(element, value)
		if err != nil {
			return err
		}
		f.chosen[blockID+"/"+actionID] = held
	}
	return f.complete()
}

// take is what an input holds when the value was put in; nil is nothing.
func (f *surface) take(element map[string]any, value string) (any, error) {
	if value == "" {
		return nil, nil
	}
	switch kind := text(element["type"]); kind {
	case "plain_text_input":
		return value, checkLength(element, value)
	case "static_select", "external_select", "radio_buttons":
		return f.option(element, value)
	case "checkboxes":
		ticked := []any{}
		for v := range strings.SplitSeq(value, ",") {
			option, err := f.option(element, v)
			if err != nil {
				return nil, err
			}
			ticked = append(ticked, option)
		}
		return ticked, nil
	case "datepicker":
		return value, checkTime(element, time.DateOnly, value)
	case "timepicker":
		return value, checkTime(element, "15:04", value)
	default:
		return nil, fmt.Errorf("slack double: %v: people here cannot fill in a %s", element["action_id"], kind)
	}
}

func checkTime(element map[string]any, layout, value string) error {
	if _, err := time.Parse(layout, value); err != nil {
		return fmt.Errorf("slack double: %v: %q is not of the form %s", element["action_id"], value, layout)
	}
	return nil
}

func checkLength(element map[string]any, value string) error {
	size := float64(utf8.RuneCountInString(value))
	if maximum, ok := element["max_length"].(float64); ok && size > maximum {
		return fmt.Errorf("slack double: %v takes %.0f characters, not %.0f", element["action_id"], maximum, size)
	}
	if minimum, ok := element["min_length"].(float64); ok && size < minimum {
		return fmt.Errorf("slack double: %v wants %.0f characters, not %.0f", element["action_id"], minimum, size)
	}
	return nil
}

// complete demands a value in each input that is not optional.
func (f *surface) complete() error {
	state, _ := f.state()["values"].(map[string]any)
	for _, b := range blocksIn(f.content) {
		if b["type"] != "input" || b["optional"] == true {
			continue
		}
		held, _ := state[text(b["block_id"])].(map[string]any)
		for _, e := range elementsIn(b) {
			name, _ := holds(text(e["type"]))
			input, _ := held[text(e["action_id"])].(map[string]any)
			if empty(input[name]) {
				return fmt.Errorf("slack double: the form cannot be submitted without %v", e["action_id"])
			}
		}
	}
	return nil
}

func empty(value any) bool {
	list, isList := value.([]any)
	return value == nil || value == "" || (isList && len(list) == 0)
}

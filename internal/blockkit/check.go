package blockkit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// maxView is the size of a view in bytes, "250kb": https://docs.slack.dev/reference/methods/views.open#errors
const maxView = 250 << 10

// CheckView returns what Slack would refuse in a modal's view; pointers start with /view, as in answers to views.open.
func CheckView(raw json.RawMessage) []Problem {
	value, err := decode(raw)
	if err != nil {
		return []Problem{{Pointer: "/view", Message: err.Error()}}
	}
	var r report
	if len(raw) > maxView {
		r.addf("/view", "must be less than %d bytes", maxView+1)
	}
	typed("view", map[string]rule{"modal": modal})(&r, "/view", value)
	checkIDs(&r, "/view", value)
	checkSubmit(&r, value)
	return r.problems
}

// CheckMessage returns what Slack would refuse in a message; pointers start at the message.
func CheckMessage(raw json.RawMessage) []Problem {
	value, err := decode(raw)
	if err != nil {
		return []Problem{{Pointer: "", Message: err.Error()}}
	}
	var r report
	message(&r, "", value)
	checkIDs(&r, "", value)
	return r.problems
}

// CheckOptions returns what Slack would refuse in the answer to a block_suggestion; pointers start at the answer.
func CheckOptions(raw json.RawMessage) []Problem {
	value, err := decode(raw)
	if err != nil {
		return []Problem{{Pointer: "", Message: err.Error()}}
	}
	var r report
	suggestions(&r, "", value)
	return r.problems
}

// decode keeps numbers as they are written and refuses what follows the document.
func decode(raw json.RawMessage) (any, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var value any
	if err := d.Decode(&value); err != nil {
		return nil, fmt.Errorf("must be JSON: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("must be one JSON document")
	}
	return value, nil
}

// checkIDs finds block_ids used twice in a document and action_ids used twice in a block.
func checkIDs(r *report, at string, document any) {
	seen := map[any]bool{}
	for i, b := range blocksOf(document) {
		pointer := fmt.Sprintf("%s/blocks/%d", at, i)
		if id, ok := b["block_id"]; ok {
			if seen[id] {
				r.addf(pointer+"/block_id", "block_id %q already exists", id)
			}
			seen[id] = true
		}
		actions := map[any]bool{}
		for _, e := range elementsOf(b) {
			if id, ok := e["action_id"]; ok {
				if actions[id] {
					r.addf(pointer, "action_id %q already exists", id)
				}
				actions[id] = true
			}
		}
	}
}

// checkSubmit demands a submit button where there is something to submit.
func checkSubmit(r *report, view any) {
	v, _ := view.(map[string]any)
	if _, ok := v["submit"]; ok {
		return
	}
	for _, b := range blocksOf(view) {
		if b["type"] == "input" {
			r.addf("/view", "missing required field: submit")
			return
		}
	}
}

func blocksOf(document any) []map[string]any {
	d, _ := document.(map[string]any)
	return objects(d["blocks"])
}

// elementsOf is the elements, the accessory or the input element of a block.
func elementsOf(block map[string]any) []map[string]any {
	return append(objects(block["elements"]), objects([]any{block["accessory"], block["element"]})...)
}

func objects(value any) []map[string]any {
	items, _ := value.([]any)
	found := make([]map[string]any, 0, len(items))
	for _, item := range items {
		if o, ok := item.(map[string]any); ok {
			found = append(found, o)
		}
	}
	return found
}

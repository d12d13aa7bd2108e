package slack

import (
	"encoding/json"
	"fmt"
	"slices"
)

// post is a message of the app, and who sees it where.
type post struct {
	message *Message
	author  Workspace // whose installation has written it
	home    string    // the workspace of the only reader, if there is one
	reader  string    // "" is everyone in the channel
	channel string
	// unprompted says that chat.postMessage wrote it, and no answer to what a person did.
	unprompted bool
	surface    surface
}

// post shows a message: to the person alone if it is ephemeral.
func (s *Server) post(a actor, channel string, m Message) *Message {
	return s.newPost(a, channel, m).message
}

func (s *Server) newPost(a actor, channel string, m Message) *post {
	m.At = s.now()
	m.TS, m.Channel = s.timestamp(m.At), channel
	p := &post{message: &m, author: a.installed, channel: channel, surface: newSurface(m.Body)}
	if m.Ephemeral || channel != channelID {
		p.home, p.reader = a.home.TeamID, a.user.ID
	}
	s.posts = append(s.posts, p)
	return p
}

// surface is a view or a message as something that can be worked: what the person chose in it is its state.
type surface struct {
	content map[string]any // with the IDs that Slack fills in
	chosen  map[string]any // by "block_id/action_id": the option picked or the value typed
	offered map[string][]any
}

func newSurface(raw json.RawMessage) surface {
	f := surface{chosen: map[string]any{}, offered: map[string][]any{}}
	f.fill(raw)
	return f
}

// fill changes the content. What was chosen stays, as long as its element is there.
func (f *surface) fill(raw json.RawMessage) {
	f.content = map[string]any{}
	_ = json.Unmarshal(raw, &f.content) // it has been checked before
	for i, b := range blocksIn(f.content) {
		if b["block_id"] == nil {
			b["block_id"] = fmt.Sprintf("b%d", i)
		}
		for j, e := range elementsIn(b) {
			if e["action_id"] == nil {
				e["action_id"] = fmt.Sprintf("a%d", j)
			}
		}
	}
}

// find returns the first element with the action_id, and the value unless that is "", and its block_id.
func (f *surface) find(actionID, value string) (element map[string]any, blockID string, found bool) {
	for _, b := range blocksIn(f.content) {
		for _, e := range elementsIn(b) {
			if e["action_id"] == actionID && (value == "" || e["value"] == value) {
				return e, text(b["block_id"]), true
			}
		}
	}
	return nil, "", false
}

// option finds an option of the element by its value: one of its own, or one that was offered when the person typed.
func (f *surface) option(element map[string]any, value string) (any, error) {
	options := slices.Concat(optionsIn(element), f.offered[text(element["action_id"])])
	for _, o := range options {
		if option, ok := o.(map[string]any); ok && option["value"] == value {
			return option, nil
		}
	}
	return nil, fmt.Errorf("slack double: %q is not among the %d options of %v that the person sees", value, len(options), element["action_id"])
}

// state is what the elements hold: https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload
func (f *surface) state() map[string]any {
	values := map[string]any{}
	for _, b := range blocksIn(f.content) {
		held := map[string]any{}
		for _, e := range elementsIn(b) {
			actionID := text(e["action_id"])
			if name, initial := holds(text(e["type"])); name != "" {
				value := e[initial]
				if chosen, ok := f.chosen[text(b["block_id"])+"/"+actionID]; ok {
					value = chosen
				}
				if value == nil && e["type"] == "checkboxes" {
					value = []any{}
				}
				held[actionID] = map[string]any{"type": e["type"], name: value}
			}
		}
		if len(held) > 0 {
			values[text(b["block_id"])] = held
		}
	}
	return map[string]any{"values": values}
}

// isInput says that a block is a field of a form.
func (f *surface) isInput(blockID string) bool {
	return slices.ContainsFunc(blocksIn(f.content), func(b map[string]any) bool { return b["block_id"] == blockID && b["type"] == "input" })
}

// holds names what an element holds, and the property that it starts from.
func holds(elementType string) (name, initial string) {
	switch elementType {
	case "static_select", "external_select", "radio_buttons":
		return "selected_option", "initial_option"
	case "checkboxes":
		return "selected_options", "initial_options"
	case "datepicker":
		return "selected_date", "initial_date"
	case "timepicker":
		return "selected_time", "initial_time"
	case "plain_text_input":
		return "value", "initial_value"
	default:
		return "", ""
	}
}

func optionsIn(element map[string]any) []any {
	options, _ := element["options"].([]any)
	groups, _ := element["option_groups"].([]any)
	for _, g := range groups {
		if group, ok := g.(map[string]any); ok {
			options = slices.Concat(options, optionsIn(group))
		}
	}
	return options
}

func blocksIn(content map[string]any) []map[string]any { return objectsIn(content["blocks"]) }

// elementsIn are the interactive elements of a block; those of a context block are not.
func elementsIn(block map[string]any) []map[string]any {
	if block["type"] == "context" {
		return nil
	}
	candidates := append(objectsIn(block["elements"]), objectsIn([]any{block["accessory"], block["element"]})...)
	return slices.DeleteFunc(candidates, func(e map[string]any) bool { return e["type"] == "image" })
}

func objectsIn(value any) []map[string]any {
	items, _ := value.([]any)
	var found []map[string]any
	for _, item := range items {
		if o, ok := item.(map[string]any); ok {
			found = append(found, o)
		}
	}
	return found
}

func text(value any) string {
	s, _ := value.(string)
	return s
}

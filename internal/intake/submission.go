package intake

import (
	"context"
	"encoding/json"

	"github.com/followup-dev/followup-operator/internal/jobs"
	"github.com/followup-dev/followup-operator/internal/slackui"
	"github.com/followup-dev/followup-operator/internal/telemetry"
)

// submission is a form that was submitted. It becomes a job, as a click does, if all that was typed can be taken; else the
// form stays open and says what is wrong, as it does with all that its person should know: what was typed is not lost.
//
// Source: https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload
type submission struct {
	interaction
	made  slackui.Metadata
	typed typed
	drawn drawn
}

// errMetadata means that a form is not one of ours, or of a release that knew less.
var errMetadata = &fieldError{field: "view.private_metadata"}

// readSubmission reads a form of ours.
func readSubmission(in interaction) (payload, error) {
	s := submission{interaction: in}
	err := check(append(in.fields(),
		trigger(in.TriggerID),
		field{name: "view.previous_view_id", value: in.View.PreviousViewID, want: slackID, optional: true},
	)...)
	if err != nil {
		return nil, err
	}
	if s.made, err = slackui.ParseMetadata(in.View.PrivateMetadata); err != nil || !sound(s.made.Ref) || !formKey(s.made.Key) {
		return nil, errMetadata
	}
	if s.typed, err = readTyped(in.View.State); err != nil {
		return nil, err
	}
	if s.drawn, err = readDrawn(in.View.Blocks); err != nil {
		return nil, err
	}
	return s, nil
}

func formKey(key string) bool { return key == "" || printable.fits(key) }

func (s submission) envelope() envelope { return s.interaction.envelope() }

func (s submission) serve(ctx context.Context, h *Handler, r *request) answer {
	if err := s.belongs(r.tenant); err != nil {
		return s.tell(r, r.foreign(err))
	}
	if r.tenant.Disconnected {
		return s.tell(r, r.disconnected())
	}
	f := readFilled(s, r, h.Now())
	job := forms[s.name()](f)
	switch {
	case f.malformed != nil:
		return r.refuse(400, telemetry.OutcomeMalformed, f.malformed)
	case len(f.wrong) > 0:
		return corrections(f.wrong, telemetry.OutcomeAnswered)
	case job == nil: // nothing is different
		return acknowledged(telemetry.OutcomeAnswered)
	}
	return h.admit(ctx, r, s, s.envelope().kind+"."+s.name(), jobs.Click{
		SlackUserID: s.User.ID,
		TriggerID:   s.TriggerID,
		ViewID:      s.View.PreviousViewID,
	}, job)
}

// tell says it at the first input, above which there is no better place. A form without one just closes.
func (s submission) tell(_ *request, n news) answer {
	if s.drawn.first == "" {
		return acknowledged(n.outcome)
	}
	return corrections(map[string]string{s.drawn.first: n.text}, n.outcome)
}

// corrections keep the form open, with a text at each of these inputs.
//
// Source: https://docs.slack.dev/surfaces/modals#displaying_errors
func corrections(texts map[string]string, outcome string) answer {
	a := acknowledged(outcome)
	a.json = map[string]any{"response_action": "errors", "errors": texts}
	return a
}

// typed are the values of a form, by its inputs' block_id and action_id, which are the same.
type typed map[string]value

// value is what is in one input, of any kind.
type value struct {
	Value           string   `json:"value"`
	Date            string   `json:"selected_date"`
	Time            string   `json:"selected_time"`
	SelectedOption  option   `json:"selected_option"`
	SelectedOptions []option `json:"selected_options"`
}

type option struct {
	Value string `json:"value"`
}

func readTyped(raw json.RawMessage) (typed, error) {
	var state struct {
		Values map[string]map[string]value `json:"values"`
	}
	if err := decode(raw, &state, "view.state"); err != nil {
		return nil, &fieldError{field: "view.state"}
	}
	values := typed{}
	for name, block := range state.Values {
		if v, found := block[name]; found {
			values[name] = v
		}
	}
	return values, nil
}

// drawn is what we use of a form as we sent it.
type drawn struct {
	first   string            // the first input's block_id, "" if there is none
	initial map[string]string // by block_id: what was in an input when it was drawn
}

func readDrawn(raw json.RawMessage) (drawn, error) {
	var blocks []struct {
		Type    string `json:"type"`
		BlockID string `json:"block_id"`
		Element struct {
			InitialValue  string `json:"initial_value"`
			InitialOption option `json:"initial_option"`
		} `json:"element"`
	}
	d := drawn{initial: map[string]string{}}
	if err := decode(raw, &blocks, "view.blocks"); err != nil {
		return d, &fieldError{field: "view.blocks"}
	}
	for _, block := range blocks {
		if block.Type != "input" {
			continue
		}
		if d.first == "" {
			d.first = block.BlockID
		}
		d.initial[block.BlockID] = block.Element.InitialValue + block.Element.InitialOption.Value
	}
	return d, nil
}

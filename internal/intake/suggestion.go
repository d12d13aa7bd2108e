package intake

import (
	"context"
	"encoding/json"
	"sync"

	"github.com/slack-go/slack"

	"github.com/followup-dev/followup-operator/internal/blockkit"
	"github.com/followup-dev/followup-operator/internal/slackui"
	"github.com/followup-dev/followup-operator/internal/telemetry"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// suggestion asks what fits what a person has typed so far. Slack takes the options in the answer only, so it is the one
// request that is answered in place: a read, within the budget of the ack, that leaves no record. Whatever is in its way,
// the answer is an empty list: an error would stand in red below the search box.
//
// Source: https://docs.slack.dev/reference/interaction-payloads/block_suggestion-payload
type suggestion struct{ interaction }

// maxTyped is longer than any title.
const maxTyped = 300

func readSuggestion(in interaction) (payload, error) {
	if typed := []rune(in.Value); len(typed) > maxTyped {
		in.Value = string(typed[:maxTyped])
	}
	return suggestion{in}, check(append(in.fields(),
		field{name: "message.team", value: in.Message.Team, want: slackID, optional: true},
	)...)
}

func (s suggestion) envelope() envelope { return s.interaction.envelope() }

func (s suggestion) serve(ctx context.Context, h *Handler, r *request) answer {
	if err := s.belongs(r.tenant); err != nil {
		return s.tell(r, r.foreign(err))
	}
	if r.tenant.Disconnected {
		return s.tell(r, r.disconnected())
	}
	end, ok := h.searches.begin(r.tenant.ID)
	if !ok {
		return s.offer(r, telemetry.OutcomeLimited, nothingFound)
	}
	defer end()
	held, err := h.DB.Tenant(r.tenant.ID).Held(ctx)
	if err != nil {
		return s.tell(r, r.notServed(err))
	}
	if held {
		return s.tell(r, r.held())
	}
	found, err := boxes[s.name()](ctx, h, r.tenant, s)
	if err != nil {
		r.log.Warn("search failed", "error", err)
		return s.offer(r, telemetry.OutcomeUnavailable, nothingFound)
	}
	return s.offer(r, telemetry.OutcomeAnswered, found)
}

// boxes are those that are searched, by their action_id. Whoever is of the tenant may search its CRM.
var boxes = map[string]func(context.Context, *Handler, tenancy.Tenant, suggestion) (slackui.Options, error){
	slackui.ActionFind: func(ctx context.Context, h *Handler, tenant tenancy.Tenant, s suggestion) (slackui.Options, error) {
		found, err := h.Find(ctx, tenant, s.User.ID, s.Value)
		return slackui.Suggestions(found, tenant), err
	},
	slackui.ActionContact: func(ctx context.Context, h *Handler, tenant tenancy.Tenant, s suggestion) (slackui.Options, error) {
		found, err := h.Contacts(ctx, tenant, s.Value)
		return slackui.ContactSuggestions(found), err
	},
	slackui.ActionAccount: func(ctx context.Context, h *Handler, tenant tenancy.Tenant, s suggestion) (slackui.Options, error) {
		found, err := h.Accounts(ctx, tenant, s.Value)
		return slackui.AccountSuggestions(found), err
	},
}

var nothingFound = slackui.Options{Options: []*slack.OptionBlockObject{}}

// tell offers nothing: there is no place for a text.
func (s suggestion) tell(r *request, n news) answer { return s.offer(r, n.outcome, nothingFound) }

// offer answers with what was found. A list with one option that Slack would refuse is not sent, since it refuses all then.
func (suggestion) offer(r *request, outcome string, found slackui.Options) answer {
	a := acknowledged(outcome)
	if pointers := refused(found); pointers != nil {
		r.log.Error("options not sent to Slack, which would refuse them", "pointers", pointers)
		found = nothingFound
		a.outcome = telemetry.OutcomeUnavailable
	}
	a.json = found
	return a
}

// refused returns where the options are not what Slack takes, nil if they are. What is wrong there is a customer's.
func refused(options slackui.Options) (pointers []string) {
	raw, err := json.Marshal(options)
	if err != nil {
		return []string{"/"}
	}
	for _, problem := range blockkit.CheckOptions(raw) {
		pointers = append(pointers, problem.Pointer)
	}
	return pointers
}

// searches bounds how many searches run at once, in all and of one tenant: they wait for others, and take from the acks.
type searches struct {
	mu      sync.Mutex
	all     int
	tenants map[tenancy.ID]int
}

const (
	maxSearches          = 32
	maxSearchesPerTenant = 8
)

// begin returns false when there are too many; else, end is called when the search has ended.
func (s *searches) begin(id tenancy.ID) (end func(), ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all >= maxSearches || s.tenants[id] >= maxSearchesPerTenant {
		return nil, false
	}
	if s.tenants == nil {
		s.tenants = map[tenancy.ID]int{}
	}
	s.all++
	s.tenants[id]++
	return func() { s.end(id) }, true
}

func (s *searches) end(id tenancy.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all--
	s.tenants[id]--
	if s.tenants[id] == 0 {
		delete(s.tenants, id)
	}
}

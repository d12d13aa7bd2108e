package intake

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// somewhere is a workspace in the world of the property below.
type somewhere struct{ team, organisation string }

func (s somewhere) describe() any {
	described := map[string]any{"id": s.team, "domain": "x"}
	if s.organisation != "" {
		described["enterprise_id"] = s.organisation
	}
	return described
}

func (s somewhere) enterprise() any {
	if s.organisation == "" {
		return nil
	}
	return map[string]any{"id": s.organisation}
}

// installation is where the app is installed: in a workspace, or in a whole organisation.
type installation struct {
	somewhere
	orgWide bool
}

// has says whether people of a workspace are its own: of the same workspace or the same Enterprise. Slack does not tell its
// workspaces' people apart, whom it names by the Enterprise's ID.
func (i installation) has(home somewhere) bool {
	return home.team == i.team || home.organisation != "" && home.organisation == i.organisation
}

// randomClick is a click, or a search, by a person at home somewhere in what an installation has shown, as Slack describes
// it: in a modal, team is the person's; in a message, it is the installation's, or the person's.
func randomClick(r *rand.Rand, at installation, home somewhere, trigger string) map[string]any {
	person := home.team
	if home.organisation != "" && r.IntN(2) == 0 {
		person = home.organisation
	}
	payload := map[string]any{
		"type": "block_actions", "api_app_id": appID, "trigger_id": trigger, "is_enterprise_install": at.orgWide,
		// The ID tells whose person it is.
		"user": map[string]any{"id": "U" + home.team, "team_id": person},
	}
	team := home
	if r.IntN(2) == 0 {
		payload["view"] = map[string]any{"id": "V1", "app_installed_team_id": at.team}
		if at.orgWide && r.IntN(2) == 0 {
			payload["view"] = map[string]any{"id": "V1", "app_installed_team_id": at.organisation}
		}
	} else {
		payload["response_url"] = "https://hooks.slack.com/actions/x"
		payload["message"] = map[string]any{"team": at.team}
		if r.IntN(2) == 0 {
			team = at.somewhere
		}
	}
	payload["team"], payload["enterprise"] = team.describe(), team.enterprise()
	if at.orgWide && at.has(home) && r.IntN(2) == 0 {
		payload["team"] = nil
	}
	switch r.IntN(4) {
	case 0:
		payload["actions"] = []any{map[string]any{"action_id": "meetings_older", "value": "1795000000.1"}}
	case 1:
		payload["actions"] = []any{map[string]any{"action_id": "meetings_find", "selected_option": map[string]any{"value": "1795000000.1"}}}
	case 2:
		payload["actions"] = []any{map[string]any{"action_id": "meetings_newest"}}
	default:
		payload["type"], payload["action_id"], payload["value"] = "block_suggestion", "meetings_find", "x"
	}
	return payload
}

// Whoever clicks in what another company's installation shows gets an explanation, and nothing else: no job, no audit
// record, no row, no meetings, neither of that company nor of their own.
func TestPeopleOfOtherWorkspacesDoNothing(t *testing.T) {
	b := newTestbed(t)
	b.populate(t)
	homes := []somewhere{
		{"T0123456789", ""}, {"T0PARTNER", ""}, {"T0GRID", "E0CORP"}, {"T0SISTER", "E0CORP"},
		{"T0MEMBER", "E0ORG"}, {"T0STRANGER", ""}, {"T0FAR", "E0FAR"},
	}
	installations := []installation{{homes[0], false}, {homes[1], false}, {homes[2], false}, {homes[4], true}}
	const rows = `SELECT (SELECT count(*) FROM river.river_job) + (SELECT count(*) FROM followup.audit_logs) + (SELECT count(*) FROM followup.deliveries)`
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	own, foreign := 0, 0
	for n := range 600 {
		at, home := installations[r.IntN(len(installations))], homes[r.IntN(len(homes))]
		body, err := json.Marshal(randomClick(r, at, home, fmt.Sprint(n)))
		if err != nil {
			t.Fatal(err)
		}
		if at.has(home) {
			own++
			continue
		}
		foreign++
		before := b.count(t, rows)
		status, answer := b.send(t, signedFor("/slack/interactions", url.Values{"payload": {string(body)}}.Encode(), b.Now()))
		told := b.told()
		explained := cmp.Equal(told, []string{english("ack.foreign")}) || cmp.Equal(told, []string{english("ack.unknown_workspace")}) ||
			told == nil && answer == nothing
		if outcome := b.lastOutcome(t); status != 200 || !explained || outcome != "foreign" && outcome != "unknown_workspace" {
			t.Fatalf("seed %d, click %d of %v at %v: answer %d %q, outcome %s, told %q\n%s", seed, n, home, at, status, answer, outcome, told, body)
		}
		if b.count(t, rows) != before {
			t.Fatalf("seed %d, click %d of %v at %v left a row\n%s", seed, n, home, at, body)
		}
	}
	if own < 50 || foreign < 50 {
		t.Errorf("%d clicks of own people, %d of others: that proves little", own, foreign)
	}
}

// The same world, the other way round: people are served where they belong, and their job is of that tenant.
func TestOwnPeopleAreServed(t *testing.T) {
	b := newTestbed(t)
	b.populate(t)
	homes := []somewhere{{"T0123456789", ""}, {"T0GRID", "E0CORP"}, {"T0MEMBER", "E0ORG"}}
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	for n := range 200 {
		home := homes[r.IntN(len(homes))]
		at := installation{home, home.organisation == "E0ORG"}
		body, err := json.Marshal(randomClick(r, at, home, fmt.Sprint(n)))
		if err != nil {
			t.Fatal(err)
		}
		b.send(t, signedFor("/slack/interactions", url.Values{"payload": {string(body)}}.Encode(), b.Now()))
		if outcome := b.lastOutcome(t); outcome != "admitted" && outcome != "answered" {
			t.Fatalf("seed %d, click %d of %v at %v: outcome %s\n%s", seed, n, home, at, outcome, body)
		}
	}
	const strayed = `SELECT count(*) FROM river.river_job j JOIN followup.tenants t ON t.id = (j.args->>'tenant_id')::uuid
		WHERE j.args->>'slack_user_id' NOT IN ('U' || t.slack_team_id, 'UT0MEMBER')`
	if n := b.count(t, strayed); n != 0 {
		t.Errorf("%d jobs of a tenant that the person is not of", n)
	}
}

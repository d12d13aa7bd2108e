package intake

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// somewhere is a workspace in the world of the properties below.
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

func (i installation) id() string {
	if i.orgWide {
		return i.organisation
	}
	return i.team
}

// The places that have buttons.
const (
	inModal     = "modal"
	inEphemeral = "ephemeral message"
	inDM        = "direct message"
	inChannel   = "message in a channel"
)

// use is the use of what an installation has shown, by a person in a workspace, whom Slack names by some ID.
type use struct {
	at    installation
	home  somewhere
	named string
	place string
	// where Slack says that it was: home, the installation's, or nowhere.
	team *somewhere
}

// payload is a click, or a search, as Slack describes it. The user's ID tells whose installation it is.
func (u use) payload(r *rand.Rand, trigger string) map[string]any {
	payload := map[string]any{
		"type": "block_actions", "api_app_id": appID, "trigger_id": trigger, "is_enterprise_install": u.at.orgWide,
		"user": map[string]any{"id": "U" + u.at.id(), "team_id": u.named}, "team": nil, "enterprise": u.at.enterprise(),
	}
	if u.team != nil {
		payload["team"], payload["enterprise"] = u.team.describe(), u.team.enterprise()
	}
	if u.place == inModal {
		payload["view"] = map[string]any{"id": "V1", "app_installed_team_id": u.at.id()}
	} else {
		payload["response_url"] = "https://hooks.slack.com/actions/x"
		payload["container"] = map[string]any{"type": "message", "is_ephemeral": u.place == inEphemeral}
		payload["channel"] = map[string]any{"id": map[bool]string{true: "D1", false: "C1"}[u.place == inDM]}
		if u.place != inEphemeral {
			payload["message"] = map[string]any{"team": u.at.team}
		}
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

// oneOf picks.
func oneOf[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

// names are those that Slack has for the people of a workspace.
func (s somewhere) names() []string {
	if s.organisation == "" {
		return []string{s.team}
	}
	return []string{s.team, s.organisation}
}

// Whoever clicks in a channel in what another company's installation shows there gets an explanation, and nothing else: no
// job, no audit record, no row, no meetings, neither of that company nor of their own.
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
	for n := 0; n < 400; {
		u := use{at: oneOf(r, installations...), home: oneOf(r, homes...), place: inChannel}
		if u.at.has(u.home) {
			continue
		}
		n++
		u.named = oneOf(r, u.home.names()...)
		u.team = oneOf(r, &u.home, &u.at.somewhere)
		if u.at.orgWide {
			u.team = oneOf(r, u.team, nil)
		}
		body, err := json.Marshal(u.payload(r, fmt.Sprint(n)))
		if err != nil {
			t.Fatal(err)
		}
		before := b.count(t, rows)
		status, answer := b.send(t, signedFor("/slack/interactions", url.Values{"payload": {string(body)}}.Encode(), b.Now()))
		told := b.told()
		explained := cmp.Equal(told, []string{english("ack.foreign")}) || cmp.Equal(told, []string{english("ack.unknown_workspace")}) ||
			told == nil && answer == nothing
		if outcome := b.lastOutcome(t); status != 200 || !explained || outcome != "foreign" && outcome != "unknown_workspace" {
			t.Fatalf("seed %d, %+v: answer %d %q, outcome %s, told %q\n%s", seed, u, status, answer, outcome, told, body)
		}
		if b.count(t, rows) != before {
			t.Fatalf("seed %d, %+v left a row\n%s", seed, u, body)
		}
	}
}

// The same world, the other way round: people are served where they belong, and their job is of that tenant. On an
// Enterprise, Slack names them by any of their workspaces; that keeps nobody from what is theirs alone.
func TestOwnPeopleAreServed(t *testing.T) {
	b := newTestbed(t)
	b.populate(t)
	homes := []somewhere{{"T0123456789", ""}, {"T0GRID", "E0CORP"}, {"T0MEMBER", "E0ORG"}}
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	elsewhere := 0
	for n := range 300 {
		home := oneOf(r, homes...)
		u := use{at: installation{home, home.organisation == "E0ORG"}, home: home, place: oneOf(r, inModal, inEphemeral, inDM, inChannel)}
		u.named, u.team = oneOf(r, home.names()...), &u.home
		if u.place != inChannel && home.organisation != "" && r.IntN(2) == 0 {
			u.named = "T0THIRD" // in the organisation, too
			elsewhere++
		}
		if u.place != inChannel && u.at.orgWide && r.IntN(2) == 0 {
			u.team = nil
		}
		body, err := json.Marshal(u.payload(r, fmt.Sprint(n)))
		if err != nil {
			t.Fatal(err)
		}
		b.send(t, signedFor("/slack/interactions", url.Values{"payload": {string(body)}}.Encode(), b.Now()))
		if outcome := b.lastOutcome(t); outcome != "admitted" && outcome != "answered" {
			t.Fatalf("seed %d, %+v: outcome %s\n%s", seed, u, outcome, body)
		}
	}
	if elsewhere < 30 {
		t.Errorf("%d people at home elsewhere: that proves little", elsewhere)
	}
	const strayed = `SELECT count(*) FROM river.river_job j JOIN followup.tenants t ON t.id = (j.args->>'tenant_id')::uuid
		WHERE j.args->>'slack_user_id' <> 'U' || coalesce(t.slack_team_id, t.slack_enterprise_id)`
	if n := b.count(t, strayed); n != 0 {
		t.Errorf("%d jobs of a tenant that the person is not of", n)
	}
}

// A modal says whose it is, in case Slack does not know.
func TestModalsServeTheTenantThatTheyWereMadeFor(t *testing.T) {
	b := newTestbed(t)
	own, other := b.sync(t, record("acme", "T0123456789")), b.sync(t, record("globex", "T0PARTNER"))
	for name, tc := range map[string]struct {
		maker   any
		outcome string
		found   string // the outcome of a search
		told    []string
	}{
		"its own":           {maker: own.String(), outcome: "admitted", found: "answered"},
		"a notice":          {maker: nil, outcome: "admitted", found: "answered"},
		"before there were": {maker: "", outcome: "admitted", found: "answered"},
		"another's":         {maker: other.String(), outcome: "foreign", found: "foreign", told: []string{english("ack.foreign")}},
		"nobody's":          {maker: "customer text", outcome: "foreign", found: "foreign", told: []string{english("ack.foreign")}},
	} {
		t.Run(name, func(t *testing.T) {
			jobsBefore := b.count(t, countJobs)
			told := b.click(t, map[string]any{"trigger_id": "1." + tc.outcome + fmt.Sprint(len(name)), "view.private_metadata": tc.maker})
			if outcome := b.lastOutcome(t); outcome != tc.outcome || !cmp.Equal(told, tc.told) {
				t.Errorf("click: outcome %s, told %q", outcome, told)
			}
			if left := b.count(t, countJobs) > jobsBefore; left != (tc.outcome == "admitted") {
				t.Errorf("a job: %v", left)
			}
			body := b.search(t, map[string]any{"view.private_metadata": tc.maker})
			if outcome := b.lastOutcome(t); outcome != tc.found || body != nothing {
				t.Errorf("search: outcome %s, %s", outcome, body)
			}
		})
	}
}

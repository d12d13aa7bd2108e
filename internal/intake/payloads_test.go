package intake

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/followup-dev/followup-operator/internal/directory"
	"github.com/followup-dev/followup-operator/internal/store"
	"github.com/followup-dev/followup-operator/internal/telemetry"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// payloadCase is a file of testdata/payloads: what Slack sends, whose it is, and what becomes of it.
type payloadCase struct {
	About   string          `json:"about"`
	Source  string          `json:"source"`
	Route   string          `json:"route"`
	Payload json.RawMessage `json:"payload"`
	// TenantKey is what the payload's tenant is looked up by, whatever becomes of it.
	TenantKey struct {
		TeamID       string `json:"team_id"`
		EnterpriseID string `json:"enterprise_id"`
		OrgInstall   bool   `json:"org_install"`
	} `json:"tenant_key"`
	Outcome string           `json:"outcome"`
	Told    string           `json:"told"`     // the ID of the text that the person gets
	Job     *json.RawMessage `json:"job"`      // what the payload puts into its job
	JobKind string           `json:"job_kind"` // list_meetings, if it does not say
	// Corrected are the inputs of a form at which something is said.
	Corrected []string `json:"corrected"`
}

// tomorrow stands in the payloads in which somebody chooses a day: one that is over is refused.
var tomorrow = time.Now().AddDate(0, 0, 2).Format(time.DateOnly)

func payloadCases(t testing.TB) map[string]payloadCase {
	t.Helper()
	files, err := filepath.Glob("testdata/payloads/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	cases := map[string]payloadCase{}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		content = bytes.ReplaceAll(content, []byte("TOMORROW"), []byte(tomorrow))
		var c payloadCase
		decoder := json.NewDecoder(strings.NewReader(string(content)))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&c); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		cases[strings.TrimSuffix(filepath.Base(file), ".json")] = c
	}
	return cases
}

func (c payloadCase) kind() string {
	if c.JobKind == "" {
		return telemetry.KindListMeetings
	}
	return c.JobKind
}

// body is the payload as Slack sends it to its route.
func (c payloadCase) body() string {
	switch c.Route {
	case "/slack/events":
		return string(c.Payload)
	case "/slack/interactions":
		return url.Values{"payload": {string(c.Payload)}}.Encode()
	default:
		var fields map[string]string
		if err := json.Unmarshal(c.Payload, &fields); err != nil {
			panic(err)
		}
		form := url.Values{}
		for name, value := range fields {
			form.Set(name, value)
		}
		return form.Encode()
	}
}

var readers = map[string]reader{
	"/slack/commands": readCommand, "/slack/interactions": readInteraction, "/slack/events": readEvent,
}

func TestPayloadsHaveTheirTenantKey(t *testing.T) {
	for name, tc := range payloadCases(t) {
		t.Run(name, func(t *testing.T) {
			p, err := readers[tc.Route]([]byte(tc.body()))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(directory.Workspace(tc.TenantKey), p.envelope().workspace); diff != "" {
				t.Errorf("%s: -want +got:\n%s", tc.About, diff)
			}
		})
	}
}

// Of all payloads, in one world of tenants: the outcome, the job, the audit record, and the text that the person gets.
func TestPayloadsHaveTheirOutcome(t *testing.T) {
	b := newTestbed(t)
	b.populate(t)
	const rows = `SELECT (SELECT count(*) FROM river.river_job) + (SELECT count(*) FROM followup.audit_logs) + (SELECT count(*) FROM followup.deliveries)`
	for name, tc := range payloadCases(t) {
		t.Run(name, func(t *testing.T) {
			jobsBefore, rowsBefore := b.count(t, countJobs), b.count(t, rows)
			status, text := b.send(t, signedFor(tc.Route, tc.body(), b.Now()))
			if got := b.lastOutcome(t); status != 200 || got != tc.Outcome {
				t.Errorf("%s: answer %d, outcome %s; want 200, %s", tc.About, status, got, tc.Outcome)
			}
			told := b.told()
			if tc.Route == "/slack/commands" && text != "" {
				told = append(told, text)
			}
			if diff := cmp.Diff(tc.Corrected, corrected(t, text)); diff != "" {
				t.Errorf("inputs at which something is said (-want +got):\n%s", diff)
			}
			var want []string
			if tc.Told != "" {
				want = []string{english(tc.Told)}
			}
			if diff := cmp.Diff(want, told); diff != "" {
				t.Errorf("told (-want +got):\n%s", diff)
			}
			if got := b.count(t, countJobs) - jobsBefore; (got == 1) != (tc.Outcome == "admitted") || got > 1 {
				t.Errorf("%d jobs", got)
			}
			if leaves := tc.Outcome == "admitted" || tc.Outcome == "disconnected" && tc.Route == "/slack/events"; !leaves && b.count(t, rows) != rowsBefore {
				t.Errorf("it left a row, but has the outcome %s", tc.Outcome)
			}
			if tc.Job != nil {
				b.checkLastJob(t, tc.kind(), *tc.Job)
			}
		})
	}
	if strings.Contains(b.log.String(), "customer text") {
		t.Error("the log has text of customers")
	}
}

// populate declares the tenants that the payloads speak of.
func (b *testbed) populate(t *testing.T) {
	t.Helper()
	workspaces := []string{"T0123456789", "T0PARTNER", "T0GRID", "T0HELD", "T0GONE", "T0LEAVER1", "T0LEAVER2", "T0LEAVER3", "T0LEAVER4", "T0LEAVER5"}
	for _, id := range workspaces {
		r := record(strings.ToLower(id), id)
		if id == "T0HELD" {
			r.Stop = tenancy.Hold
		}
		r.MinuteLimit = 10_000
		b.sync(t, r)
	}
	for _, id := range []string{"E0ORG", "E0LEAVER1", "E0LEAVER2", "E0LEAVER3"} {
		r := record(strings.ToLower(id), "")
		r.SlackEnterpriseID = id
		r.MinuteLimit = 10_000
		b.sync(t, r)
	}
	b.disconnect(t, "T0GONE")
}

// disconnect ends the installation in a workspace, and waits until the directory has it.
func (b *testbed) disconnect(t *testing.T, teamID string) {
	t.Helper()
	workspace := directory.Workspace{TeamID: teamID}
	tenant, err := b.Directory.Lookup(t.Context(), workspace)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.DB.Tenant(tenant.ID).Disconnect(t.Context(), store.SlackEvent{
		Key: "Ev-of-" + teamID, Reason: store.AppUninstalled, At: b.Now(),
	}); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool {
		tenant, err := b.Directory.Lookup(t.Context(), workspace)
		return err == nil && tenant.Disconnected
	})
}

// lastOutcome is that of the request which was logged last.
func (b *testbed) lastOutcome(t *testing.T) string {
	t.Helper()
	return b.lastRequest(t)["outcome"].(string)
}

func (b *testbed) lastRequest(t *testing.T) map[string]any {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(b.log.String()), "\n")
	for _, text := range slices.Backward(lines) {
		line := map[string]any{}
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatal(err)
		}
		if line["msg"] == "slack request" {
			return line
		}
	}
	t.Fatal("no request was logged")
	return nil
}

// corrected are the inputs of a form that stays open, at which the answer to its submission says something.
func corrected(t *testing.T, body string) []string {
	t.Helper()
	var answer struct {
		Action string            `json:"response_action"`
		Errors map[string]string `json:"errors"`
	}
	if json.Unmarshal([]byte(body), &answer) != nil || answer.Action == "" {
		return nil
	}
	if answer.Action != "errors" || len(answer.Errors) == 0 {
		t.Errorf("answer %s", body)
	}
	return slices.Sorted(maps.Keys(answer.Errors))
}

// checkLastJob compares what of a job comes from its payload.
func (b *testbed) checkLastJob(t *testing.T, wantKind string, want json.RawMessage) {
	t.Helper()
	var args []byte
	var kind string
	if err := b.admin.QueryRow(t.Context(), `SELECT kind, args FROM river.river_job ORDER BY id DESC LIMIT 1`).Scan(&kind, &args); err != nil {
		t.Fatal(err)
	}
	got, expected := map[string]any{}, map[string]any{}
	if err := json.Unmarshal(args, &got); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(want, &expected); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"tenant_id", "trigger_id", "request_key", "received_at"} {
		delete(got, name)
	}
	if diff := cmp.Diff(expected, got); kind != wantKind || diff != "" {
		t.Errorf("job %s, want %s (-want +got):\n%s", kind, wantKind, diff)
	}
}

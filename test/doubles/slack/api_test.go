package slack_test

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	slackgo "github.com/slack-go/slack"

	"github.com/followup-dev/followup-operator/test/doubles/calls"
	"github.com/followup-dev/followup-operator/test/doubles/fault"
	"github.com/followup-dev/followup-operator/test/doubles/slack"
)

// wantError fails unless err is Slack's error code; "" is none.
func wantError(t *testing.T, err error, code string) {
	t.Helper()
	if code == "" {
		if err != nil {
			t.Errorf("error = %v, want none", err)
		}
		return
	}
	var answer slackgo.SlackErrorResponse
	if !errors.As(err, &answer) || answer.Err != code {
		t.Errorf("error = %v, want Slack's %q", err, code)
	}
}

func TestAModalIsOpenedAndUpdated(t *testing.T) {
	w := newWorld(t)
	form := w.typed(t)

	opened, err := w.open(t.Context(), "xoxb-acme", form.Get("trigger_id"), "req-1")
	if err != nil {
		t.Fatal(err)
	}
	if opened.ExternalID != "req-1" || opened.TeamID != acme || opened.AppInstalledTeamID != acme || opened.Hash == "" {
		t.Errorf("opened view = %+v", opened.View)
	}
	updated, err := w.client("xoxb-acme").UpdateViewContext(t.Context(), modal("Meetings", "req-1", section("Three")), "", opened.Hash, opened.ID)
	if err != nil {
		t.Fatal(err)
	}
	if updated.Hash == opened.Hash {
		t.Error("an update keeps the hash")
	}
	_, err = w.client("xoxb-acme").UpdateViewContext(t.Context(), modal("Meetings", "req-1", section("Four")), "", opened.Hash, opened.ID)
	wantError(t, err, "hash_conflict")
	_, err = w.client("xoxb-acme").UpdateViewContext(t.Context(), modal("Meetings", "req-1", section("Five")), "req-1", "", "")
	wantError(t, err, "")

	request := w.Requests()[0]
	if len(request.Modals) != 1 || request.Modals[0].Updates() != 2 {
		t.Fatalf("request = %+v, want one modal updated twice", request)
	}
	if got := string(request.Modals[0].Current()); !strings.Contains(got, "Five") {
		t.Errorf("the modal shows %s, want the last update", got)
	}
}

func TestTriggerIDs(t *testing.T) {
	tests := map[string]struct {
		token   string
		trigger func(minted string) string
		late    time.Duration
		twice   bool
		want    string
		outcome string
	}{
		"fresh":               {want: "", outcome: "ok"},
		"at the last moment":  {late: 3 * time.Second, want: "", outcome: "ok"},
		"expired":             {late: 3*time.Second + time.Millisecond, want: "expired_trigger_id"},
		"used before":         {twice: true, want: "exchanged_trigger_id"},
		"made up":             {trigger: func(string) string { return "1.2.abc" }, want: "invalid_trigger_id"},
		"malformed":           {trigger: func(string) string { return "hello" }, want: "invalid_trigger_id"},
		"of another team":     {token: "xoxb-globex", want: "invalid_trigger_id", outcome: "wrong_team"},
		"with a wrong token":  {token: "xoxb-nobody", want: "invalid_auth"},
		"without any token":   {token: " ", want: "not_authed"},
		"expired, other team": {token: "xoxb-globex", late: time.Minute, want: "invalid_trigger_id", outcome: "wrong_team"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			trigger := w.typed(t).Get("trigger_id")
			if tc.trigger != nil {
				trigger = tc.trigger(trigger)
			}
			if tc.token == "" {
				tc.token = "xoxb-acme"
			}
			if tc.twice {
				if _, err := w.open(t.Context(), tc.token, trigger, ""); err != nil {
					t.Fatal(err)
				}
				w.ResetCalls()
			}
			w.clock.Advance(tc.late)
			_, err := w.open(t.Context(), strings.TrimSpace(tc.token), trigger, "")
			wantError(t, err, tc.want)
			if tc.outcome == "" {
				tc.outcome = tc.want
			}
			if diff := cmp.Diff(calls.Counts{"views.open": {tc.outcome: 1}}, w.Calls()); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
		})
	}
}

func TestExternalIDsAreUniqueInATeam(t *testing.T) {
	w := newWorld(t)
	first, second, third := w.typed(t), w.typed(t), w.typed(t)
	_, err := w.open(t.Context(), "xoxb-acme", first.Get("trigger_id"), "req-1")
	wantError(t, err, "")
	_, err = w.open(t.Context(), "xoxb-acme", second.Get("trigger_id"), "req-1")
	wantError(t, err, "duplicate_external_id")
	_, err = w.open(t.Context(), "xoxb-acme", second.Get("trigger_id"), "req-2")
	wantError(t, err, "") // the refusal has not used the trigger up
	_, err = w.client("xoxb-acme").UpdateViewContext(t.Context(), modal("Meetings", "req-1", section("x")), "req-2", "", "")
	wantError(t, err, "duplicate_external_id")
	if closed := w.CloseModals(acme, ada); closed != 2 {
		t.Errorf("closed %d modals, want 2", closed)
	}
	_, err = w.open(t.Context(), "xoxb-acme", third.Get("trigger_id"), "req-1")
	wantError(t, err, "")
}

func TestViewsThatCannotBeUpdated(t *testing.T) {
	tests := map[string]struct {
		token, externalID, viewID string
		closed                    bool
		want                      string
		outcome                   string
	}{
		"unknown external_id":          {externalID: "req-9", want: "not_found"},
		"unknown view_id":              {viewID: "V9", want: "not_found"},
		"closed by the user":           {externalID: "req-1", closed: true, want: "not_found"},
		"of another team":              {token: "xoxb-globex", externalID: "req-1", want: "not_found", outcome: "wrong_team"},
		"named twice":                  {externalID: "req-1", viewID: "V1", want: "invalid_arguments"},
		"of another team, and unknown": {token: "xoxb-globex", externalID: "req-9", want: "not_found"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			if _, err := w.open(t.Context(), "xoxb-acme", w.typed(t).Get("trigger_id"), "req-1"); err != nil {
				t.Fatal(err)
			}
			if tc.closed {
				w.CloseModals(acme, ada)
			}
			if tc.token == "" {
				tc.token = "xoxb-acme"
			}
			_, err := w.client(tc.token).UpdateViewContext(t.Context(), modal("Meetings", "", section("x")), tc.externalID, "", tc.viewID)
			wantError(t, err, tc.want)
			if tc.outcome == "" {
				tc.outcome = tc.want
			}
			if got := w.Calls()["views.update"]; !cmp.Equal(got, map[string]int{tc.outcome: 1}) {
				t.Errorf("outcomes = %v, want one %q", got, tc.outcome)
			}
		})
	}
}

func TestAViewBeyondTheLimitsIsRefused(t *testing.T) {
	w := newWorld(t)
	view := modal("A title that is longer than 24", "", section(strings.Repeat("à", 3001)))
	_, err := w.client("xoxb-acme").OpenViewContext(t.Context(), w.typed(t).Get("trigger_id"), view)
	wantError(t, err, "invalid_arguments")
	var answer slackgo.SlackErrorResponse
	_ = errors.As(err, &answer)
	want := []string{
		"[ERROR] must be less than 3001 characters [json-pointer:/view/blocks/0/text/text]",
		"[ERROR] must be less than 25 characters [json-pointer:/view/title/text]",
	}
	if diff := cmp.Diff(want, answer.ResponseMetadata.Messages); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
}

func TestUsersInfo(t *testing.T) {
	w := newWorld(t)
	user, err := w.client("xoxb-acme").GetUserInfoContext(t.Context(), ada)
	if err != nil {
		t.Fatal(err)
	}
	got := []any{user.ID, user.TeamID, user.RealName, user.Profile.Email, user.TZ, user.TZOffset, user.Locale}
	want := []any{ada, acme, "Ada Lovelace", "ada@acme.example", "Europe/Rome", 3600, "en-US"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("user (-want +got):\n%s", diff)
	}
	_, err = w.client("xoxb-acme").GetUserInfoContext(t.Context(), "U0NOBODY")
	wantError(t, err, "user_not_found")
	_, err = w.client("xoxb-acme").GetUserInfoContext(t.Context(), hank)
	wantError(t, err, "user_not_found")
	w.want(t, "", "xoxb-acme", "users.info", map[string]any{"user": ada, "team_id": acme})
	w.want(t, "team_access_not_granted", "xoxb-acme", "users.info", map[string]any{"user": ada, "team_id": globex})
	if got := w.Calls()["users.info"]["wrong_team"]; got != 2 {
		t.Errorf("%d calls beyond the token's workspace counted, want 2", got)
	}
}

func TestUsersInfoWithoutScopes(t *testing.T) {
	w := newWorld(t, func(c *slack.Config) {
		c.Workspaces[0].Scopes = []string{"commands", "users:read"}
		c.Workspaces[1].Scopes = []string{"commands"}
	})
	user, err := w.client("xoxb-acme").GetUserInfoContext(t.Context(), ada)
	if err != nil || user.Profile.Email != "" {
		t.Errorf("user = %+v, error %v; want no e-mail without users:read.email, and no error", user, err)
	}
	_, err = w.client("xoxb-globex").GetUserInfoContext(t.Context(), hank)
	var answer slackgo.SlackErrorResponse
	if !errors.As(err, &answer) || answer.Err != "missing_scope" || answer.Needed != "users:read" || answer.Provided != "commands" {
		t.Errorf("error = %+v, want missing_scope with the scopes", err)
	}
}

func TestRequestsThatSlackWouldNotRead(t *testing.T) {
	tests := map[string]struct {
		method, contentType, path, body string
		want                            string
	}{
		"no content type":        {path: "views.open", body: "{}", want: "missing_post_type"},
		"wrong content type":     {path: "views.open", contentType: "text/plain", body: "{}", want: "invalid_post_type"},
		"broken JSON":            {path: "views.open", contentType: "application/json", body: "{", want: "invalid_json"},
		"JSON, but no object":    {path: "views.open", contentType: "application/json", body: "[]", want: "json_not_object"},
		"unknown method":         {path: "views.opne", contentType: "application/json", body: "{}", want: "unknown_method"},
		"GET of a write":         {method: http.MethodGet, path: "views.open", want: "insecure_request"},
		"unknown argument":       {path: "users.info", contentType: "application/json", body: `{"user":"U0ADA00001","usr":"x"}`, want: "invalid_arguments"},
		"no view":                {path: "views.open", contentType: "application/json", body: `{"trigger_id":"1.2.a"}`, want: "invalid_arguments"},
		"view of a wrong type":   {path: "views.open", contentType: "application/json", body: `{"trigger_id":"1.2.a","view":[]}`, want: "invalid_arguments"},
		"number for a string":    {path: "users.info", contentType: "application/json", body: `{"user":1}`, want: "invalid_arguments"},
		"arguments in the query": {path: "users.info?user=U0ADA00001", contentType: "application/json", body: `{}`, want: "invalid_arguments"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			if tc.method == "" {
				tc.method = http.MethodPost
			}
			r, err := http.NewRequestWithContext(t.Context(), tc.method, w.url+"/api/"+tc.path, strings.NewReader(tc.body))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", "Bearer xoxb-acme")
			if tc.contentType != "" {
				r.Header.Set("Content-Type", tc.contentType)
			}
			answer, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
			body, err := io.ReadAll(answer.Body)
			if err != nil {
				t.Fatal(err)
			}
			if answer.StatusCode != http.StatusOK || !strings.Contains(string(body), `"error":"`+tc.want+`"`) || !strings.Contains(string(body), `"ok":false`) {
				t.Errorf("answer = %d %s, want 200 and %s", answer.StatusCode, body, tc.want)
			}
		})
	}
}

func TestFaults(t *testing.T) {
	w := newWorld(t)
	info := func() error {
		_, err := w.client("xoxb-acme").GetUserInfoContext(t.Context(), ada)
		return err
	}
	fail := func(f fault.Fault) {
		t.Helper()
		if err := w.Fail("users.info", f); err != nil {
			t.Fatal(err)
		}
	}
	fail(fault.Fault{Kind: fault.RateLimited, RetryAfter: 30})
	var limited *slackgo.RateLimitedError
	if err := info(); !errors.As(err, &limited) || limited.RetryAfter != 30*time.Second {
		t.Errorf("error = %v, want a rate limit of 30 s", err)
	}
	fail(fault.Fault{Kind: fault.Error, Code: "token_revoked", Times: 2})
	wantError(t, info(), "token_revoked")
	wantError(t, info(), "token_revoked")
	wantError(t, info(), "")
	fail(fault.Fault{Kind: fault.HTML})
	var status slackgo.StatusCodeError
	if err := info(); !errors.As(err, &status) || status.Code != http.StatusServiceUnavailable {
		t.Errorf("error = %v, want status 503", err)
	}
	if err := w.Fail("users.inof", fault.Fault{Kind: fault.Drop}); err == nil {
		t.Error("a fault for an unknown operation is taken")
	}
	want := map[string]int{"fault:rate_limited": 1, "fault:error": 2, "fault:html": 1, "ok": 1}
	if diff := cmp.Diff(want, w.Calls()["users.info"]); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

func TestOneOfManyExchangesTheTrigger(t *testing.T) {
	w := newWorld(t)
	trigger := w.typed(t).Get("trigger_id")
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			_, err := w.open(t.Context(), "xoxb-acme", trigger, "req-"+strconv.Itoa(i))
			if err != nil {
				wantError(t, err, "exchanged_trigger_id")
			}
		})
		all.Go(func() { _ = w.Screens("", "") })
		all.Go(func() { w.typed(t) })
	}
	all.Wait()
	want := map[string]int{"ok": 1, "exchanged_trigger_id": 19}
	if diff := cmp.Diff(want, w.Calls()["views.open"]); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if modals := w.Requests()[0].Modals; len(modals) != 1 {
		t.Errorf("%d modals, want 1", len(modals))
	}
}

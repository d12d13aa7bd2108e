package workers

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/followup-dev/followup-operator/internal/credentials"
	"github.com/followup-dev/followup-operator/internal/jobs"
	"github.com/followup-dev/followup-operator/internal/tenancy"
	"github.com/followup-dev/followup-operator/test/doubles/fathom"
	"github.com/followup-dev/followup-operator/test/doubles/fault"
)

const (
	looking = ":hourglass_flowing_sand: Looking for your meetings in Fathom…"
	shown   = "*Quarterly review*\nMon 23 Nov, 09:00 · 54 min\nWith Al (x.example)\n<https://fathom.video/calls/1286743150677284|Open in Fathom>"
	listed  = "Meetings that you recorded or were invited to, newest first. Times are in Europe/Rome.\n" + shown + "\nThere are no older ones."
)

func TestListMeetingsFillsTheModal(t *testing.T) {
	w := newWorld(t, newDatabase(t))
	if err := w.work(t.Context(), w.types(jane), 1); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(seen{Modal: []string{looking, listed}}, w.seen()); diff != "" {
		t.Errorf("seen (-want +got):\n%s", diff)
	}

	var rows []string
	conn, err := pgx.Connect(t.Context(), w.db.admin)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	const kept = `SELECT format('%s %s %s %s %s %s', slack_email, slack_real_name, fathom_recording_id, fathom_meeting_title, fathom_duration_minutes, fathom_participants)
		FROM followup.users u JOIN followup.meeting_sessions s ON s.user_id = u.id`
	found, _ := conn.Query(t.Context(), kept)
	if rows, err = pgx.CollectRows(found, pgx.RowTo[string]); err != nil {
		t.Fatal(err)
	}
	want := []string{"jane@acme.example Jane Roe 9007199254740993 Quarterly review 54 {al@x.example,jane@acme.example}"}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

// answers always gives one answer, whose body holds text that must not get into logs.
func answers(status int, header, value string) http.HandlerFunc {
	return func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "text/html")
		if header != "" {
			rw.Header().Set(header, value)
		}
		rw.WriteHeader(status)
		_, _ = fmt.Fprint(rw, "<html>planted: Quarterly review with jane@acme.example")
	}
}

func says(body string) http.HandlerFunc {
	return func(rw http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(rw, body) }
}

// spend uses the calls of the minute up before it lets one through.
func spend(double http.HandlerFunc) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		for range 60 {
			double(httptest.NewRecorder(), r)
		}
		double(rw, r)
	}
}

func drops(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

func hangs(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// once lets the first call fail.
func once(first, then http.HandlerFunc) http.HandlerFunc {
	failed := false
	return func(rw http.ResponseWriter, r *http.Request) {
		if !failed {
			failed = true
			first(rw, r)
			return
		}
		then(rw, r)
	}
}

func TestListMeetingsTellsWhatFathomDid(t *testing.T) {
	db := newDatabase(t)
	down, nobodys := "Fathom is not answering properly at the moment.", "I looked through one recording, back to Mon 23 Nov. It was not recorded by *jane@acme.example*"
	missing := func(how fathom.Missing) func(*world) http.HandlerFunc {
		return func(w *world) http.HandlerFunc {
			alone := notJanes
			alone.Missing = how
			w.fathomHas(alone)
			return w.fathom
		}
	}
	tests := map[string]struct {
		fathom func(*world) http.HandlerFunc
		want   string
	}{
		"key refused":              {func(*world) http.HandlerFunc { return answers(401, "", "") }, "Fathom no longer accepts this workspace's API key."},
		"key forbidden":            {func(*world) http.HandlerFunc { return answers(403, "", "") }, "Fathom no longer accepts this workspace's API key."},
		"busy":                     {func(*world) http.HandlerFunc { return answers(429, "RateLimit-Reset", "23") }, "Try again in 23 seconds."},
		"busy for a while":         {func(*world) http.HandlerFunc { return answers(429, "Retry-After", "300") }, "Try again in 5 minutes."},
		"busy, who knows":          {func(*world) http.HandlerFunc { return answers(429, "", "") }, "Try again in a minute or two."},
		"down":                     {func(*world) http.HandlerFunc { return answers(503, "", "") }, down},
		"down once":                {func(w *world) http.HandlerFunc { return once(answers(502, "", ""), w.fathom) }, shown},
		"bad request":              {func(*world) http.HandlerFunc { return answers(400, "", "") }, down},
		"moved":                    {func(*world) http.HandlerFunc { return answers(302, "Location", "https://evil.example/") }, down},
		"HTML for JSON":            {func(*world) http.HandlerFunc { return answers(200, "", "") }, down},
		"connection lost":          {func(*world) http.HandlerFunc { return drops }, down},
		"connection lost once":     {func(w *world) http.HandlerFunc { return once(drops, w.fathom) }, shown},
		"hangs":                    {func(*world) http.HandlerFunc { return hangs }, down},
		"another key":              {func(w *world) http.HandlerFunc { w.secret["acme-fathom/key"] = "fathom-key-2"; return w.fathom }, "Fathom no longer accepts this workspace's API key."},
		"nothing there":            {func(w *world) http.HandlerFunc { w.fathomHas(); return w.fathom }, "Fathom has no recording that this workspace's Fathom key can see"},
		"null for a list":          {func(*world) http.HandlerFunc { return says(`{"items": null, "next_cursor": null}`) }, "Fathom has no recording that this workspace's Fathom key can see"},
		"no list":                  {func(*world) http.HandlerFunc { return says(`{}`) }, "Fathom has no recording that this workspace's Fathom key can see"},
		"invitees null":            {missing(fathom.Null), nobodys},
		"invitees absent":          {missing(fathom.Absent), nobodys},
		"invitees empty":           {missing(fathom.Empty), nobodys},
		"three years old":          {func(w *world) http.HandlerFunc { w.wait(3 * 365 * 24 * time.Hour); return w.fathom }, "*Quarterly review*\nMon 23 Nov 2026, 09:00"},
		"the limit of calls spent": {func(w *world) http.HandlerFunc { return spend(w.fathom) }, "Try again in 60 seconds."},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, db)
			w.fathom = tc.fathom(w)
			if err := w.work(t.Context(), w.types(jane), 1); err != nil {
				t.Fatal(err)
			}
			got := w.seen()
			if len(got.Modal) != 2 || got.Modal[0] != looking || !strings.Contains(got.Modal[1], tc.want) || got.Messages != nil {
				t.Errorf("seen %q, want the modal to say %q", got, tc.want)
			}
		})
	}
}

// fail queues faults of Slack.
func (w *world) fail(operation string, f fault.Fault) {
	w.t.Helper()
	if err := w.slack.Fail(operation, f); err != nil {
		w.t.Fatal(err)
	}
}

func TestListMeetingsAnswersWhateverSlackDoes(t *testing.T) {
	db := newDatabase(t)
	const lost = ":warning: *Followup has lost its connection to this Slack workspace"
	header := func(text string) []string { return []string{"Meetings\n" + text} }
	warning := func(text string) []string { return []string{"Something is in the way\n" + text} }
	always := fault.Always
	tests := map[string]struct {
		user string
		with func(*world)
		want seen // each text may be the beginning
	}{
		"trigger too late":           {with: func(w *world) { w.wait(3 * time.Second) }, want: seen{Messages: header(listed)}},
		"trigger expires on the way": {with: func(w *world) { w.fail("views.open", fault.Fault{Kind: fault.Error, Code: "expired_trigger_id"}) }, want: seen{Messages: header(listed)}},
		"opening throttled":          {with: func(w *world) { w.fail("views.open", fault.Fault{Kind: fault.RateLimited, RetryAfter: 60}) }, want: seen{Messages: header(listed)}},
		"opening lost":               {with: func(w *world) { w.fail("views.open", fault.Fault{Kind: fault.Drop}) }, want: seen{Messages: header(listed)}},
		"opened, answer lost":        {with: func(w *world) { w.fail("views.open", fault.Fault{Kind: fault.DropAfter}) }, want: seen{Modal: []string{looking, listed}}},
		"opening hangs":              {with: func(w *world) { w.fail("views.open", fault.Fault{Kind: fault.Hang}) }, want: seen{Messages: header(listed)}},
		"opening gets HTML":          {with: func(w *world) { w.fail("views.open", fault.Fault{Kind: fault.HTML}) }, want: seen{Messages: header(listed)}},
		"update lost once":           {with: func(w *world) { w.fail("views.update", fault.Fault{Kind: fault.Drop}) }, want: seen{Modal: []string{looking, listed}}},
		"updated, answer lost":       {with: func(w *world) { w.fail("views.update", fault.Fault{Kind: fault.DropAfter}) }, want: seen{Modal: []string{looking, listed, listed}}},
		"closed while loading": {with: func(w *world) {
			double := w.fathom
			w.fathom = func(rw http.ResponseWriter, r *http.Request) {
				w.slack.CloseModals(acme, jane)
				double(rw, r)
			}
		}, want: seen{Modal: []string{looking}, Messages: header(listed)}},
		"token revoked":                 {with: func(w *world) { w.fail("views.open", fault.Fault{Kind: fault.Error, Code: "token_revoked"}) }, want: seen{Messages: warning(lost)}},
		"app removed":                   {with: func(w *world) { w.fail("views.open", fault.Fault{Kind: fault.Error, Code: "account_inactive"}) }, want: seen{Messages: warning(lost)}},
		"token that nobody has":         {with: func(w *world) { w.secret["acme-slack/token"] = "xoxb-old" }, want: seen{Messages: warning(lost)}},
		"token dies before users.info":  {with: func(w *world) { w.fail("users.info", fault.Fault{Kind: fault.Error, Code: "invalid_auth"}) }, want: seen{Modal: []string{looking, lost}}},
		"token of another workspace":    {with: func(w *world) { w.secret["acme-slack/token"] = "xoxb-globex" }, want: seen{Messages: warning(":warning: *Followup can't find you in Slack: its bot token seems to belong to another workspace")}},
		"token missing":                 {with: func(w *world) { delete(w.secret, "acme-slack/token") }, want: seen{Messages: warning(":warning: *Followup is not fully connected to this Slack workspace")}},
		"token of another kind":         {with: func(w *world) { w.secret["acme-slack/token"] = "xoxp-planted" }, want: seen{Messages: warning(":warning: *Followup is not fully connected to this Slack workspace")}},
		"Fathom key missing":            {with: func(w *world) { delete(w.secret, "acme-fathom/key") }, want: seen{Modal: []string{looking, ":warning: *Followup is not connected to Fathom yet"}}},
		"Fathom key of no shape":        {with: func(w *world) { w.secret["acme-fathom/key"] = `{"key": "planted"}` }, want: seen{Modal: []string{looking, ":warning: *Followup is not connected to Fathom yet"}}},
		"address hidden":                {user: "U0NOMAIL01", want: seen{Modal: []string{looking, ":warning: *I show you the meetings that have your e-mail address"}}},
		"scope for the address missing": {with: func(w *world) { w.fail("users.info", fault.Fault{Kind: fault.Error, Code: "missing_scope"}) }, want: seen{Modal: []string{looking, ":warning: *I show you the meetings that have your e-mail address"}}},
		"users.info down": {with: func(w *world) {
			w.fail("users.info", fault.Fault{Kind: fault.Status, Status: 500, Body: "planted", Times: always})
		}, want: seen{Modal: []string{looking, ":warning: *Slack could not tell me your e-mail address"}}},
		"users.info down, once": {with: func(w *world) { w.fail("users.info", fault.Fault{Kind: fault.Status, Status: 500}) }, want: seen{Modal: []string{looking, listed}}},
		"everyone sees all, nobody asked": {with: func(w *world) {
			w.tenant.Visibility = tenancy.Everyone
			w.fail("users.info", fault.Fault{Kind: fault.Drop, Times: always})
		}, want: seen{Modal: []string{looking, "Meetings of this workspace, newest first. Times are in Europe/Rome.\n*Not Jane's*"}}},
		"answer may have arrived": {with: func(w *world) { w.wait(time.Minute); w.fail("response_url", fault.Fault{Kind: fault.DropAfter}) }, want: seen{Messages: header(listed)}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, db)
			args := w.types(map[bool]string{true: jane, false: tc.user}[tc.user == ""])
			if tc.with != nil {
				tc.with(w)
			}
			if err := w.work(t.Context(), args, 1); err != nil {
				t.Fatal(err)
			}
			got := w.seen()
			if !begin(got.Modal, tc.want.Modal) || !begin(got.Messages, tc.want.Messages) {
				t.Errorf("seen (-want +got):\n%s", cmp.Diff(tc.want, got))
			}
		})
	}
}

// Whoever declares a Tenant can write another's Secret into it, of either kind, and the app's. None is used: not for
// Fathom's list, and not as a token for Slack.
func TestListMeetingsUsesNoOtherTenantsCredentials(t *testing.T) {
	db := newDatabase(t)
	globex, app := credentials.OfTenant("globex"), credentials.OfSlackApp("followup")
	for name, aim := range map[string]struct {
		ref   tenancy.SecretRef
		owner credentials.Owner
	}{
		"another's Secret":                     {tenancy.SecretRef{Name: "globex-own", Key: "key"}, globex},
		"what External Secrets made another's": {tenancy.SecretRef{Name: "tenant-globex-own", Key: "credentials"}, globex},
		"the app's signing secret":             {tenancy.SecretRef{Name: "slackapp-followup-slack", Key: "credentials"}, app},
	} {
		t.Run("Fathom key: "+name, func(t *testing.T) {
			w := newWorld(t, db)
			w.tenant.Visibility, w.tenant.FathomKey = tenancy.Everyone, aim.ref
			w.secret[aim.ref.String()], w.owners[aim.ref.String()] = "fathom-key", aim.owner
			w.fathom = func(http.ResponseWriter, *http.Request) { t.Error("Fathom was asked with another's credential") }
			if err := w.work(t.Context(), w.types(jane), 1); err != nil {
				t.Fatal(err)
			}
			if got := w.seen(); !begin(got.Modal, []string{looking, ":warning: *Followup is not connected to Fathom yet"}) {
				t.Errorf("seen %q, want to be told that Fathom is not connected", got)
			}
		})
		t.Run("bot token: "+name, func(t *testing.T) {
			w := newWorld(t, db)
			w.tenant.SlackToken = aim.ref
			w.secret[aim.ref.String()], w.owners[aim.ref.String()] = "xoxb-acme", aim.owner
			if err := w.work(t.Context(), w.types(jane), 1); err != nil {
				t.Fatal(err)
			}
			if got := w.seen(); got.Modal != nil || len(got.Messages) != 1 || !strings.Contains(got.Messages[0], "not fully connected") {
				t.Errorf("seen %q, want to be told that Slack is not connected", got)
			}
			for operation := range w.slack.Calls() {
				if operation != "response_url" {
					t.Errorf("Slack was called with another's credential: %s", operation)
				}
			}
		})
	}
}

// begin says whether the texts begin as wanted, one by one.
func begin(got, want []string) bool {
	if len(got) != len(want) {
		return false
	}
	for i := range got {
		if !strings.HasPrefix(got[i], want[i]) {
			return false
		}
	}
	return true
}

// Runs after runs: whatever happened in between, one modal or one message.
func TestListMeetingsAgain(t *testing.T) {
	db := newDatabase(t)
	t.Run("killed while it asked Fathom", func(t *testing.T) {
		w := newWorld(t, db)
		ctx, kill := context.WithCancel(t.Context())
		w.fathom = once(func(_ http.ResponseWriter, r *http.Request) { kill(); <-r.Context().Done() }, w.fathom)
		args := w.types(jane)
		if err := w.work(ctx, args, 1); err == nil || cancelled(err) {
			t.Errorf("error %v, want one that makes it run again", err)
		}
		w.wait(time.Minute)
		w.again(args, 2, seen{Modal: []string{looking, listed}})
	})
	t.Run("killed after the list was shown", func(t *testing.T) {
		w := newWorld(t, db)
		args := w.types(jane)
		w.again(args, 1, seen{Modal: []string{looking, listed}})
		w.wait(time.Minute)
		w.again(args, 2, seen{Modal: []string{looking, listed, listed}})
	})
	t.Run("killed after a message, modal never opened", func(t *testing.T) {
		w := newWorld(t, db)
		args := w.types(jane)
		w.wait(3 * time.Second)
		w.again(args, 1, seen{Messages: []string{"Meetings\n" + listed}})
		w.again(args, 2, seen{Messages: []string{"Meetings\n" + listed, "Meetings\n" + listed}}) // the one doubling there is: see slackui
	})
	t.Run("killed before it opened anything, back at once", func(t *testing.T) {
		w := newWorld(t, db)
		w.again(w.types(jane), 2, seen{Modal: []string{looking, listed}})
	})
	t.Run("killed after opening, back at once", func(t *testing.T) {
		w := newWorld(t, db)
		args := w.types(jane)
		w.again(args, 1, seen{Modal: []string{looking, listed}})
		w.again(args, 2, seen{Modal: []string{looking, listed, listed}})
	})
	t.Run("update fails for a while", func(t *testing.T) {
		w := newWorld(t, db)
		args := w.types(jane)
		w.fail("views.update", fault.Fault{Kind: fault.Status, Status: 503, Times: 2})
		if err := w.work(t.Context(), args, 1); err == nil || cancelled(err) {
			t.Errorf("error %v, want one that makes it run again", err)
		}
		w.wait(time.Minute)
		w.again(args, 2, seen{Modal: []string{looking, listed}})
	})
	t.Run("update fails to the end", func(t *testing.T) {
		w := newWorld(t, db)
		args := w.types(jane)
		w.fail("views.update", fault.Fault{Kind: fault.Status, Status: 503, Times: fault.Always})
		for attempt := 1; attempt < maxAttempts; attempt++ {
			if err := w.work(t.Context(), args, attempt); err == nil {
				t.Errorf("attempt %d: no error, want to run again", attempt)
			}
			w.wait(time.Minute)
		}
		w.again(args, maxAttempts, seen{Modal: []string{looking}, Messages: []string{"Meetings\n" + listed}})
	})
}

func (w *world) again(args jobs.ListMeetings, attempt int, want seen) {
	w.t.Helper()
	if err := w.work(w.t.Context(), args, attempt); err != nil {
		w.t.Errorf("attempt %d: %v", attempt, err)
	}
	if diff := cmp.Diff(want, w.seen()); diff != "" {
		w.t.Errorf("seen after attempt %d (-want +got):\n%s", attempt, diff)
	}
}

func TestListMeetingsWithoutADatabase(t *testing.T) {
	w := newWorld(t, newDatabase(t))
	w.adapters.Store = open(t, "postgres://nobody@localhost:1/nothing")
	args := w.types(jane)
	if err := w.work(t.Context(), args, 1); err == nil || cancelled(err) {
		t.Errorf("error %v, want one that makes it run again", err)
	}
	if diff := cmp.Diff(seen{Modal: []string{looking}}, w.seen()); diff != "" {
		t.Errorf("seen (-want +got):\n%s", diff)
	}
	if err := w.work(t.Context(), args, maxAttempts); err == nil {
		t.Error("the last attempt has no error")
	}
	got := w.seen()
	if len(got.Modal) != 2 || !strings.Contains(got.Modal[1], "Something went wrong on our side") {
		t.Errorf("seen %q, want to be told", got)
	}
}

func TestListMeetingsGivesUp(t *testing.T) {
	db := newDatabase(t)
	tests := map[string]func(*world, *jobs.ListMeetings){
		"response_url expired": func(w *world, _ *jobs.ListMeetings) { w.wait(31 * time.Minute) },
		"response_url of others": func(w *world, args *jobs.ListMeetings) {
			w.wait(time.Minute)
			args.ResponseURL = "https://evil.example/"
		},
	}
	for name, spoil := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, db)
			args := w.types(jane)
			spoil(w, &args)
			if err := w.work(t.Context(), args, 1); !cancelled(err) {
				t.Errorf("error %v, want the job cancelled", err)
			}
			if diff := cmp.Diff(seen{}, w.seen()); diff != "" {
				t.Errorf("seen (-want +got):\n%s", diff)
			}
		})
	}
}

// A Tenant may be deleted between the acknowledgement and the work.
func TestUserOfARemovedTenantIsToldSo(t *testing.T) {
	w := newWorld(t, newDatabase(t))
	args := w.types(jane)
	args.TenantID[0] ^= 1
	if err := w.work(t.Context(), args, 1); !cancelled(err) {
		t.Errorf("error %v, want the job cancelled", err)
	}
	requests := w.slack.Requests()
	told := requests[len(requests)-1].Messages
	if len(told) != 1 || !strings.Contains(string(told[0].Body), "isn't set up for Followup") {
		t.Errorf("told %+v, want one message that the workspace isn't set up", told)
	}
}

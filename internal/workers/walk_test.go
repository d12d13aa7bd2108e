package workers

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/followup-dev/followup-operator/internal/jobs"
	"github.com/followup-dev/followup-operator/internal/slackui"
	"github.com/followup-dev/followup-operator/internal/store"
	"github.com/followup-dev/followup-operator/internal/tenancy"
	"github.com/followup-dev/followup-operator/test/doubles/fathom"
	"github.com/followup-dev/followup-operator/test/doubles/fault"
	"github.com/followup-dev/followup-operator/test/doubles/slack"
)

// walker is Jane before a modal, whose clicks become jobs and whose typing becomes searches, as the webhook makes them.
type walker struct {
	*world
	fathom *fathom.Server
	app    string
	job    jobs.ListMeetings
	typed  error // what a search failed with
}

// newWalker has n meetings, an hour apart, the even ones Jane's.
func newWalker(t *testing.T, db *database, n int) *walker {
	t.Helper()
	w := &walker{world: newWorld(t, db)}
	var all []fathom.Meeting
	for i := 1; i <= n; i++ {
		end := w.clock().Add(-time.Duration(i) * time.Hour)
		email := janeEmail
		if i%2 == 1 {
			email = "bob@acme.example"
		}
		all = append(all, fathom.Meeting{
			RecordingID: int64(i), Title: fmt.Sprintf("Quarterly %d", i), Start: end.Add(-time.Hour), End: end, RecordedBy: fathom.Person{Email: email},
		})
	}
	var err error
	if w.fathom, err = fathom.New(fathom.Config{Keys: []fathom.Key{{Key: "fathom-key", Meetings: all}}, Now: w.clock}); err != nil {
		t.Fatal(err)
	}
	w.world.fathom = w.fathom.ServeHTTP
	w.app = w.serve(http.HandlerFunc(w.intake))
	return w
}

func (w *walker) intake(rw http.ResponseWriter, r *http.Request) {
	var click struct {
		Type      string
		TriggerID string `json:"trigger_id"`
		Value     string
		View      struct{ ID string }
		Actions   []struct {
			ActionID       string `json:"action_id"`
			Value          string
			SelectedOption struct{ Value string } `json:"selected_option"`
		}
	}
	if err := json.Unmarshal([]byte(r.PostFormValue("payload")), &click); err != nil {
		w.t.Error(err)
		return
	}
	if click.Type == "block_suggestion" {
		found, err := w.adapters.Find(r.Context(), w.tenant, jane, click.Value)
		w.typed = err
		rw.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(rw).Encode(slackui.Suggestions(found, w.tenant))
		return
	}
	w.job = jobs.ListMeetings{Pick: click.Actions[0].SelectedOption.Value, Click: jobs.Click{
		TenantID: w.tenant.ID, SlackUserID: jane, TriggerID: click.TriggerID, RequestKey: jobs.RequestKey(click.TriggerID),
		ReceivedAt: w.clock(), ViewID: click.View.ID,
	}}
	if click.Actions[0].ActionID == slackui.ActionOlder {
		w.job.Before = click.Actions[0].Value
	}
}

// known makes Jane one whom Slack was just asked for.
func (w *walker) known(email string) {
	w.t.Helper()
	user := store.User{SlackUserID: jane, Email: email, RefreshedAt: w.clock()}
	if _, err := w.db.worker.Tenant(w.tenant.ID).SaveUser(w.t.Context(), user); err != nil {
		w.t.Fatal(err)
	}
}

// opens types the command.
func (w *walker) opens() {
	w.t.Helper()
	w.job = w.types(jane)
	w.works()
}

// clicks on a button, or picks an option.
func (w *walker) clicks(action, option string) {
	w.t.Helper()
	if _, err := w.slack.SendAction(w.t.Context(), w.app, slack.Action{TeamID: acme, UserID: jane, ActionID: action, Option: option}); err != nil {
		w.t.Fatal(err)
	}
	w.works()
}

func (w *walker) works() {
	w.t.Helper()
	if err := w.work(w.t.Context(), w.job, 1); err != nil {
		w.t.Fatal(err)
	}
}

// finds are the titles that typing offers.
func (w *walker) finds(text string) (titles []string) {
	w.t.Helper()
	found, err := w.slack.SendTyping(w.t.Context(), w.app, slack.Typing{TeamID: acme, UserID: jane, ActionID: slackui.ActionFind, Text: text})
	if err != nil || w.typed != nil || found.Problems != nil {
		w.t.Fatal(err, w.typed, found.Problems)
	}
	for _, option := range found.Options {
		title, _, _ := strings.Cut(option.Text, " · ")
		titles = append(titles, title)
	}
	return titles
}

// modal is what the only modal shows.
func (w *walker) modal() string {
	w.t.Helper()
	var modals []*slack.Modal
	for _, r := range w.slack.Requests() {
		modals = append(modals, r.Modals...)
	}
	if len(modals) != 1 {
		w.t.Fatalf("%d modals", len(modals))
	}
	return plain(w.t, modals[0].Current())
}

var title = regexp.MustCompile(`\*(Quarterly \d+)\*`)

// sees are the meetings that the modal shows.
func (w *walker) sees() (titles []string) {
	w.t.Helper()
	for _, found := range title.FindAllStringSubmatch(w.modal(), -1) {
		titles = append(titles, found[1])
	}
	return titles
}

// even are the titles of Jane's meetings.
func even(from, to int) (titles []string) {
	for i := from; i <= to; i += 2 {
		titles = append(titles, fmt.Sprintf("Quarterly %d", i))
	}
	return titles
}

func TestAUserWalksBackAndForth(t *testing.T) {
	w := newWalker(t, newDatabase(t), 50)
	w.opens()
	want := func(step string, titles []string) {
		t.Helper()
		if diff := cmp.Diff(titles, w.sees()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step, diff)
		}
	}
	want("newest", even(2, 20))
	w.clicks(slackui.ActionOlder, "")
	want("older", even(22, 40))
	w.clicks(slackui.ActionOlder, "")
	want("oldest", even(42, 50))
	if strings.Contains(w.modal(), "[Older meetings]") {
		t.Errorf("there is a button at the end:\n%s", w.modal())
	}
	w.clicks(slackui.ActionNewest, "")
	want("newest again", even(2, 20))
}

// A limit reached on the way cuts the page short, and the next click goes on from there.
func TestAUserGoesOnWhereFathomWasBusy(t *testing.T) {
	w := newWalker(t, newDatabase(t), 50)
	pages := 0
	w.world.fathom = func(rw http.ResponseWriter, r *http.Request) {
		pages++
		if pages == 2 {
			answers(429, "RateLimit-Reset", "23")(rw, r)
			return
		}
		w.fathom.ServeHTTP(rw, r)
	}
	w.opens()
	if diff := cmp.Diff(even(2, 8), w.sees()); diff != "" || !strings.Contains(w.modal(), "in 23 seconds") {
		t.Errorf("cut short (-want +got):\n%s\n%s", diff, w.modal())
	}
	w.db.gatesOpen(t) // 23 seconds later
	w.clicks(slackui.ActionOlder, "")
	if diff := cmp.Diff(even(10, 28), w.sees()); diff != "" {
		t.Errorf("gone on (-want +got):\n%s", diff)
	}
}

func TestAUserFindsAndPicks(t *testing.T) {
	w := newWalker(t, newDatabase(t), 120)
	w.opens()
	for w.sees()[0] != "Quarterly 62" {
		w.clicks(slackui.ActionOlder, "")
	}
	want := func(typed string, titles ...string) {
		t.Helper()
		if diff := cmp.Diff(titles, w.finds(typed)); diff != "" {
			t.Errorf("%q finds (-want +got):\n%s", typed, diff)
		}
	}
	want("quarterly 48", "Quarterly 48")
	want("quarterly 47")                 // Bob's
	want("quarterly 80", "Quarterly 80") // older than what a search reads, but shown before
	want("quarterly 90")                 // never shown
	want("JANE quarter", even(2, 80)...)

	w.clicks(slackui.ActionFind, fmt.Sprintf("%d.80", w.clock().Add(-80*time.Hour+35*time.Second).Unix()))
	if diff := cmp.Diff(even(80, 80), w.sees()); diff != "" || !strings.Contains(w.modal(), "[Newest meetings]") {
		t.Errorf("picked (-want +got):\n%s\n%s", diff, w.modal())
	}
	w.clicks(slackui.ActionNewest, "")
	if diff := cmp.Diff(even(2, 20), w.sees()); diff != "" {
		t.Errorf("newest again (-want +got):\n%s", diff)
	}
}

// What a search offers from before is held to what the user may see now.
func TestASearchWithoutFathom(t *testing.T) {
	db := newDatabase(t)
	tests := map[string]struct {
		shownTo tenancy.Visibility // when it was listed
		then    func(*walker)
		want    []string
	}{
		"is what was shown":                      {tenancy.Participants, func(*walker) {}, even(2, 4)},
		"of everyone's":                          {tenancy.Everyone, func(*walker) {}, []string{"Quarterly 1", "Quarterly 2", "Quarterly 3", "Quarterly 4"}},
		"is the user's own, once not everyone's": {tenancy.Everyone, func(w *walker) { w.tenant.Visibility = tenancy.Participants }, even(2, 4)},
		"is not by an address of yesterday":      {tenancy.Participants, func(w *walker) { w.wait(24 * time.Hour) }, nil},
		"is by the address now":                  {tenancy.Participants, func(w *walker) { w.known("carol@acme.example") }, nil},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWalker(t, db, 4)
			w.known(janeEmail)
			w.tenant.Visibility = tc.shownTo
			w.opens()
			if err := w.fathom.Fail(fathom.ListMeetings, fault.Fault{Kind: fault.Drop, Times: fault.Always}); err != nil {
				t.Fatal(err)
			}
			tc.then(w)
			if diff := cmp.Diff(tc.want, w.finds("quarterly")); diff != "" {
				t.Errorf("found (-want +got):\n%s", diff)
			}
		})
	}
}

package slackui

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/slack-go/slack"

	"github.com/followup-dev/followup-operator/internal/blockkit"
	"github.com/followup-dev/followup-operator/internal/followup"
	"github.com/followup-dev/followup-operator/internal/i18n"
	"github.com/followup-dev/followup-operator/internal/tenancy"
	"github.com/followup-dev/followup-operator/test/doubles/slack/render"
)

var update = flag.Bool("update", false, "write testdata anew")

var (
	english = audienceOf(tenancy.Tenant{Locale: "en", TimeZone: "Europe/Rome"})
	italian = audienceOf(tenancy.Tenant{Locale: "it", TimeZone: "Europe/Rome"})
	earlier = followup.Position{CreatedAt: time.Date(2026, 11, 9, 9, 0, 0, 0, time.UTC), RecordingID: "4711"}
)

func person(name, email string, external bool) followup.Person {
	_, company, _ := strings.Cut(email, "@")
	return followup.Person{Name: name, Email: email, Company: company, External: external}
}

var qbr = followup.Meeting{
	RecordingID: "1", Title: "QBR <Acme> & Co", URL: "https://fathom.video/calls/1",
	Start: time.Date(2026, 11, 23, 13, 30, 0, 0, time.UTC), Duration: 54 * time.Minute,
	RecordedBy: person("Jane Roe", "jane@acme.com", false),
	Invitees: []followup.Person{
		person("Jane Roe", "Jane@Acme.com", false), person("Bob", "bob@acme.com", false), person("Al Fa", "al@x.co", true),
		person("", "be@x.co", true), person("Cy", "cy@x.co", true), person("Di", "di@acme.com", false), person("", "", true),
	},
}

// some is a page of janes meetings, with what else is given.
func some(list followup.List) followup.List {
	list.Email, list.Recordings, list.Oldest = "jane@acme.com", 30, earlier.CreatedAt
	list.Meetings = []followup.Meeting{
		qbr,
		{Title: "Retrospettiva", Start: time.Date(2026, 2, 3, 9, 0, 0, 0, time.UTC), Duration: 125 * time.Minute, RecordedBy: person("Bob", "bob@acme.com", false)},
		{Start: time.Date(2025, 12, 31, 23, 30, 0, 0, time.UTC), RecordedBy: person("Jane Roe", "jane@acme.com", false)},
		{Title: "Kick-off"},
	}
	return list
}

// screens are all that a user can get to see, by what it is.
func screens(a audience) []struct {
	name string
	page page
} {
	list := func(l followup.List) page {
		l.Visibility = tenancy.Participants
		return a.meetings(l, noon)
	}
	busy := &followup.Problem{Reason: followup.FathomBusy, RetryAfter: 17 * time.Second}
	all := []struct {
		name string
		page page
	}{
		{"loading", a.loading()},
		{"the newest, with older ones", list(some(followup.List{Newest: true, Older: earlier}))},
		{"the newest, and no others", list(some(followup.List{Newest: true}))},
		{"in between", list(some(followup.List{Older: earlier}))},
		{"the last page", list(some(followup.List{}))},
		{"cut short", list(some(followup.List{Newest: true, Older: earlier, Cut: busy}))},
		{"of everyone", a.meetings(followup.List{Meetings: []followup.Meeting{{Title: "All hands"}}, Visibility: tenancy.Everyone, Newest: true, Recordings: 1}, noon)},
		{"nothing at all", list(followup.List{Newest: true})},
		{"none of theirs", list(followup.List{Newest: true, Email: "jane&joe@acme.com", Recordings: 30, Oldest: earlier.CreatedAt})},
		{"none of theirs yet", list(followup.List{Newest: true, Email: "jane@acme.com", Recordings: 1, Oldest: earlier.CreatedAt, Older: earlier})},
		{"none of theirs further back", list(followup.List{Email: "jane@acme.com", Recordings: 30, Oldest: earlier.CreatedAt, Older: earlier, Cut: &followup.Problem{Reason: followup.FathomDown}})},
		{"nothing older", list(followup.List{})},
		{"the one picked", a.meeting(qbr, "jane@acme.com", noon)},
		{"a new recording", a.announcement(session.Meeting, noon)},
		{"where the card is", a.pointer(session.Meeting)},
		{"a card that Slack does not take", a.unshowable(session.Meeting, noon)},
		{"a form is opening", a.opening()},
		{"a form came too late", a.tooLate()},
		{"a task of no meeting", a.task(action(followup.CRMTask, followup.Done, meant(followup.TaskInput{Subject: "Call Al"})), allOf, time.Time{}, nil)},
		{"in the way of a form", a.hindrance(followup.Problem{Reason: followup.CRMDown, RetryAfter: time.Minute})},
	}
	for _, c := range cards() {
		all = append(all, struct {
			name string
			page page
		}{"card: " + c.name, a.card(c.card, noon)})
	}
	for _, f := range forms() {
		all = append(all, struct {
			name string
			page page
		}{"form: " + f.name, a.form(f.form, noon)})
	}
	for _, reason := range reasons {
		p := followup.Problem{Reason: reason}
		if reason == followup.FathomBusy {
			p.RetryAfter = 17 * time.Second
		}
		all = append(all, struct {
			name string
			page page
		}{"problem: " + string(reason), a.problem(p)})
	}
	return all
}

var reasons = []followup.Reason{
	followup.FathomNotSetUp, followup.FathomKeyRefused, followup.FathomBusy, followup.FathomDown, followup.EmailHidden, followup.SlackDown,
	followup.SlackNotSetUp, followup.SlackTokenDead, followup.WrongWorkspace, followup.MeetingGone,
	followup.NotReady, followup.NothingSaid, followup.WriterNotSetUp, followup.WriterRefused, followup.WriterBusy, followup.WriterDown,
	followup.GoogleNotSetUp, followup.GoogleNotYours, followup.GoogleReconnect, followup.GoogleBusy, followup.GoogleDown, followup.GoogleRefused,
	followup.CRMNotSetUp, followup.CRMReconnect, followup.CRMBusy, followup.CRMDown, followup.CRMRefused,
	followup.NotSure, followup.CannotUndo, followup.Internal, "a reason without words",
}

// testdata has the screens as they are seen. To write them anew: go test ./internal/slackui -update.
func TestScreens(t *testing.T) {
	for lang, a := range map[string]audience{"en": english, "it": italian} {
		t.Run(lang, func(t *testing.T) {
			var b strings.Builder
			for _, s := range screens(a) {
				checkLimits(t, s.page)
				drawn, err := render.View(marshal(t, s.page.modal("")))
				if err != nil {
					t.Fatal(err)
				}
				fmt.Fprintf(&b, "%s\n%s\n", s.name, drawn)
			}
			file := "testdata/screens." + lang + ".txt"
			if *update {
				if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), b.String()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", file, diff)
			}
		})
	}
}

func TestProblemsAreToldApart(t *testing.T) {
	said := map[string]followup.Reason{}
	for _, reason := range reasons[:len(reasons)-1] {
		summary := english.problem(followup.Problem{Reason: reason}).summary
		if other, taken := said[summary]; taken {
			t.Errorf("%s and %s say the same", reason, other)
		}
		said[summary] = reason
	}
}

// What is clicked on comes back as what package intake reads.
func TestControls(t *testing.T) {
	type control struct{ Type, Action, Value string }
	search, older, newest := control{"external_select", ActionFind, ""}, control{"button", ActionOlder, "1794214800.4711"}, control{"button", ActionNewest, ""}
	want := map[string][]control{
		"loading":                     nil,
		"the newest, with older ones": {search, older},
		"the newest, and no others":   {search},
		"in between":                  {search, older, newest},
		"the last page":               {search, newest},
		"cut short":                   {search, older},
		"of everyone":                 {search},
		"nothing at all":              nil,
		"none of theirs":              {search},
		"none of theirs yet":          {search, older},
		"none of theirs further back": {search, older, newest},
		"nothing older":               {search, newest},
		"the one picked":              {search, newest},
		"problem: fathom_busy":        {newest},
		"problem: slack_token_dead":   nil,
	}
	for _, s := range screens(english) {
		expected, listed := want[s.name]
		if !listed {
			continue
		}
		var got []control
		for _, block := range s.page.blocks {
			actions, ok := block.(*slack.ActionBlock)
			if !ok {
				continue
			}
			for _, element := range actions.Elements.ElementSet {
				switch e := element.(type) {
				case *slack.ButtonBlockElement:
					got = append(got, control{string(e.Type), e.ActionID, e.Value})
				case *slack.SelectBlockElement:
					got = append(got, control{e.Type, e.ActionID, ""})
				}
			}
		}
		if diff := cmp.Diff(expected, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", s.name, diff)
		}
		delete(want, s.name)
	}
	if len(want) > 0 {
		t.Errorf("no such screens: %v", want)
	}
}

func marshal(t *testing.T, v any) json.RawMessage {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// checkLimits holds a page to Block Kit's limits, as a modal and as a message.
func checkLimits(t *testing.T, p page) {
	t.Helper()
	modal := marshal(t, p.modal("0123456789abcdef0123456789abcdef"))
	for _, problem := range blockkit.CheckView(modal) {
		t.Errorf("modal: %s", problem)
	}
	for _, replace := range []bool{false, true} {
		for _, problem := range blockkit.CheckMessage(marshal(t, p.message(replace))) {
			t.Errorf("message: %s", problem)
		}
	}
	if len(modal) > 250<<10 {
		t.Errorf("modal has %d bytes, Slack takes 250 KiB", len(modal))
	}
}

// The largest page that can come about still fits: all that is escaped, at full length.
func TestTheLargestPageFits(t *testing.T) {
	amps := strings.Repeat("&", 500)
	m := followup.Meeting{
		Title: amps, URL: "https://fathom.video/?" + strings.Repeat("&", 55),
		Start: time.Date(2025, 12, 30, 23, 59, 0, 0, time.UTC), Duration: 1<<63 - 1,
	}
	for range 100 {
		m.Invitees = append(m.Invitees, followup.Person{Name: amps, Company: amps, External: true})
	}
	list := followup.List{Older: earlier, Visibility: tenancy.Participants}
	for range 10 {
		list.Meetings = append(list.Meetings, m)
	}
	for _, locale := range i18n.Languages {
		a := audienceOf(tenancy.Tenant{Locale: locale, TimeZone: "America/Argentina/ComodRivadavia"})
		checkLimits(t, a.meetings(list, noon))
		checkLimits(t, a.meeting(m, "", noon))
		if size := utf8.RuneCountInString(a.describe(m, "", maxPeopleOne, noon)); size < 1500 {
			t.Errorf("the largest section has only %d characters: is it the largest?", size)
		}
	}
}

// The same of a card, with all that it can have at once.
func TestTheLargestCardFits(t *testing.T) {
	amps := strings.Repeat("&", 4000)
	long := "https://fathom.video/?" + strings.Repeat("&", 50)
	c := cards()[4].card
	c.Session.Meeting.Title, c.Session.Meeting.URL = amps, long
	for range 100 {
		c.Session.Meeting.Invitees = append(c.Session.Meeting.Invitees, followup.Person{Name: amps, Company: amps, Email: amps + "@" + uuid.NewString(), External: true})
	}
	c.Session.Account = &followup.Match{
		AccountName: amps, AccountURL: "https://app.crono.one/?" + strings.Repeat("&", 50), Why: followup.ByContact, Evidence: amps, TimesUsed: 1e6,
	}
	insights := make([]followup.Insight, 50)
	steps := make([]followup.NextStep, 50)
	for i := range insights {
		insights[i] = followup.Insight{Text: amps, Quote: amps, Second: 99999}
		steps[i] = followup.NextStep{What: amps, Owner: amps, Due: "2025-12-30"}
	}
	c.Revision = &followup.Revision{Number: 1000, Model: amps, Texts: followup.Texts{
		Summary: amps, Email: followup.Email{Subject: amps, Body: amps}, NextSteps: steps,
		Event:    &followup.Proposal{Title: amps, Start: "2025-12-30T23:59", Minutes: 1e6},
		Insights: followup.Insights{PainPoints: insights, Objections: insights, Roadblocks: insights},
	}}
	c.Progress, c.Until, c.Problem = followup.Acting, soon, &followup.Problem{Reason: followup.WriterRefused}
	named := crono
	named.Name = amps
	c.Has.CRM = &named
	for i := range 10 {
		made := action(followup.CalendarEvent, followup.Done, at("https://www.google.com/calendar/?"+strings.Repeat("&", 50)))
		made.Target, made.Revision = strconv.Itoa(i), 1
		made.Input = json.RawMessage(`{"title":"` + amps + `"}`)
		c.Actions = append(c.Actions, made)
	}
	for _, locale := range i18n.Languages {
		a := audienceOf(tenancy.Tenant{Locale: locale, TimeZone: "America/Argentina/ComodRivadavia"})
		p := a.card(c, noon)
		checkLimits(t, p)
		if len(p.blocks) > 40 {
			t.Errorf("%d blocks", len(p.blocks))
		}
	}
}

func TestMessageIsForItsUserAlone(t *testing.T) {
	p := english.meetings(followup.List{}, noon)
	fresh, replacing := p.message(false), p.message(true)
	if fresh.ResponseType != "ephemeral" || fresh.ReplaceOriginal || fresh.DeleteOriginal || fresh.Text == "" {
		t.Errorf("message %+v", fresh)
	}
	if replacing.ResponseType != "" || !replacing.ReplaceOriginal || replacing.DeleteOriginal || replacing.Text == "" {
		t.Errorf("replacing message %+v", replacing)
	}
	if *fresh.UnfurlLinks || *fresh.UnfurlMedia {
		t.Error("links are unfurled")
	}
}

func TestTextIsVerbatim(t *testing.T) {
	if got, want := string(marshal(t, section("@channel #general"))), `{"type":"section","text":{"type":"mrkdwn","text":"@channel #general","verbatim":true}}`; got != want {
		t.Errorf("got %s", got)
	}
}

func TestNotices(t *testing.T) {
	modal := marshal(t, NoticeModal("it", "Followup è in pausa."))
	if problems := blockkit.CheckView(modal); problems != nil {
		t.Error(problems)
	}
	drawn, err := render.View(modal)
	if err != nil || !strings.Contains(drawn, "Followup è in pausa.") || !strings.Contains(drawn, "Chiudi") {
		t.Errorf("modal, %v:\n%s", err, drawn)
	}
	message := NoticeMessage("Paused.")
	if problems := blockkit.CheckMessage(marshal(t, message)); problems != nil {
		t.Error(problems)
	}
	if message.Text != "Paused." || message.ResponseType != "ephemeral" || message.ReplaceOriginal {
		t.Errorf("message %+v", message)
	}
}

// The pages for people who ask what a text means know each problem, and all that a list or a card can say.
func TestEachTextIsDocumented(t *testing.T) {
	var doc string
	for _, name := range []string{"meetings", "followup"} {
		text, err := os.ReadFile("../../docs/user/" + name + ".md")
		if err != nil {
			t.Fatal(err)
		}
		doc += string(text)
	}
	for _, locale := range i18n.Languages {
		say := i18n.For(locale).Say
		for reason, w := range problems {
			if !strings.Contains(doc, say(w.what)) {
				t.Errorf("docs/user does not explain %s: %q", reason, say(w.what))
			}
		}
		for _, id := range []string{
			"screen.none", "screen.none_older", "screen.none_yours", "screen.end", "screen.button.older", "screen.button.newest",
			"screen.button.further", "screen.search", "problem.title",
			"card.button.start", "card.button.edit", "card.button.regenerate", "card.button.retry", "card.button.undo", "card.button.look",
			"card.button.was_done", "card.button.was_not_done", "card.button.change_account", "card.button.choose_account",
			"card.draft.offer", "card.event.offer", "form.too_late", "card.announcement.title", "card.progress.reading",
		} {
			if !strings.Contains(doc, say(id)) {
				t.Errorf("docs/user does not explain %s: %q", id, say(id))
			}
		}
	}
}

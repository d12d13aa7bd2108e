package slackui

import (
	"encoding/json"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"github.com/followup-dev/followup-operator/internal/blockkit"
	"github.com/followup-dev/followup-operator/internal/crm"
	"github.com/followup-dev/followup-operator/internal/followup"
	"github.com/followup-dev/followup-operator/internal/i18n"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

var (
	fragments = []string{
		"", " ", "a", "Quarterly review", "&", "<", ">", "<!channel>", "<!here|x>", "<@U123>", "<#C1|y>", "<https://evil.example|click>",
		"*bold*", "_", "`", "```", "~", "|", "\n", "\r\n", "\x00", "\u2028", "\u202e", "\u200b", "\xff\xfe", "🚀", "👨‍👩‍👧‍👦", "e\u0301",
		"привет", strings.Repeat("&", 400), strings.Repeat("🚀", 400), strings.Repeat("<", 100), "https://fathom.video/", "@channel", "#general",
		"{{.Names}}", "{{", "}}", ":tada:",
	}
	// ours are the only angle brackets that a page may have.
	ours = regexp.MustCompile(`<https://(([a-z]+\.)?fathom\.video|mail\.google\.com|www\.google\.com/calendar|app\.crono\.one)/[^<>| ]*\|[^<>]*>|<@U0ANA>`)
)

func hostile(r *rand.Rand) string {
	var b strings.Builder
	for range r.IntN(6) {
		b.WriteString(fragments[r.IntN(len(fragments))])
	}
	return b.String()
}

func hostileMeeting(r *rand.Rand) followup.Meeting {
	m := followup.Meeting{
		RecordingID: "1", CreatedAt: time.Unix(r.Int64N(4e9)+1, 0),
		Title: hostile(r), URL: "https://fathom.video/" + hostile(r), Start: time.Unix(r.Int64N(4e9), 0), Duration: time.Duration(r.Uint64()),
	}
	for range r.IntN(30) {
		m.Invitees = append(m.Invitees, followup.Person{Name: hostile(r), Email: hostile(r), Company: hostile(r), External: r.IntN(2) == 0})
	}
	return m
}

func hostileList(r *rand.Rand) followup.List {
	list := followup.List{
		Email: hostile(r), Visibility: []tenancy.Visibility{tenancy.Participants, tenancy.Everyone}[r.IntN(2)], Newest: r.IntN(2) == 0,
		Recordings: r.IntN(60), Oldest: time.Unix(r.Int64N(4e9), 0), Older: []followup.Position{{}, earlier}[r.IntN(2)],
		Cut: []*followup.Problem{nil, {Reason: followup.FathomBusy, RetryAfter: time.Duration(r.Uint64())}}[r.IntN(2)],
	}
	for range r.IntN(11) {
		list.Meetings = append(list.Meetings, hostileMeeting(r))
	}
	return list
}

func hostileTexts(r *rand.Rand) followup.Texts {
	t := followup.Texts{
		Summary: hostile(r), Email: followup.Email{Subject: hostile(r), Body: hostile(r)}, Note: hostile(r),
		Event: []*followup.Proposal{nil, {Title: hostile(r), Start: hostile(r), Minutes: r.Int()}}[r.IntN(2)],
	}
	for range r.IntN(20) {
		t.NextSteps = append(t.NextSteps, followup.NextStep{What: hostile(r), Owner: hostile(r), Due: hostile(r)})
		insight := followup.Insight{Text: hostile(r), Quote: hostile(r), Second: r.IntN(1e6)}
		t.Insights.PainPoints = append(t.Insights.PainPoints, insight)
		t.Insights.Objections = append(t.Insights.Objections, insight)
		t.Insights.Roadblocks = append(t.Insights.Roadblocks, insight)
	}
	return t
}

func hostileMatch(r *rand.Rand) followup.Match {
	reasons := []followup.MatchWhy{followup.ByDeclaration, followup.ByChoice, followup.ByImport, followup.ByMapping, followup.ByContact, followup.ByWebsite, followup.ByName, "?"}
	return followup.Match{
		AccountID: hostile(r), AccountName: hostile(r), AccountURL: "https://app.crono.one/" + hostile(r), Why: reasons[r.IntN(len(reasons))],
		Evidence: hostile(r), ChosenBy: []string{"U0ANA", hostile(r), "!channel"}[r.IntN(3)], TimesUsed: r.IntN(3),
	}
}

func hostileSession(r *rand.Rand) followup.Session {
	match := hostileMatch(r)
	return followup.Session{
		ID: sessionID, Meeting: hostileMeeting(r), Viewer: followup.Viewer{SlackUserID: "U0JANE", Profile: followup.Profile{Email: hostile(r)}},
		Account: []*followup.Match{nil, &match}[r.IntN(2)],
	}
}

func hostileCard(r *rand.Rand) followup.Card {
	named := crm.Capabilities{Name: hostile(r), Tasks: true, Deals: true}
	c := followup.Card{
		Session: hostileSession(r), Revision: &followup.Revision{Number: 2, Model: hostile(r), Texts: hostileTexts(r), Edited: r.IntN(4) == 0},
		Has:      []followup.Connected{allOf, {Google: true, CRM: &named}}[r.IntN(2)],
		Progress: []followup.Progress{"", followup.Acting, followup.Writing, followup.NotYet}[r.IntN(4)],
		Problem:  []*followup.Problem{nil, {Reason: reasons[r.IntN(len(reasons))], RetryAfter: time.Duration(r.Int64())}}[r.IntN(2)],
		Until:    []time.Time{{}, soon}[r.IntN(2)],
	}
	kinds := []followup.Kind{followup.GmailDraft, followup.CalendarEvent, followup.CRMNote, followup.CRMTask, followup.CRMDeal}
	states := []followup.ActionState{followup.Planned, followup.Sending, followup.Unknown, followup.Done, followup.Failed, followup.Undone}
	urls := []string{"https://mail.google.com/", "https://www.google.com/calendar/", "https://evil.example/", "javascript:"}
	for range r.IntN(12) {
		c.Actions = append(c.Actions, followup.Action{
			ID: actionID, Kind: kinds[r.IntN(len(kinds))], Target: hostile(r), Revision: r.IntN(3), State: states[r.IntN(len(states))],
			Artefact: followup.Artefact{ExternalID: hostile(r), URL: urls[r.IntN(len(urls))] + hostile(r)},
			Input:    json.RawMessage(`{"subject":` + strconv.Quote(hostile(r)) + `}`), Reason: reasons[r.IntN(len(reasons))],
		})
	}
	return c
}

func hostileForms(r *rand.Rand) []followup.Form {
	session, texts := hostileSession(r), followup.Revision{Number: 2, Texts: hostileTexts(r)}
	deals := make([]crm.Deal, r.IntN(50))
	for i := range deals {
		deals[i] = crm.Deal{ID: hostile(r), Name: hostile(r), Stage: hostile(r), Amount: hostile(r), Currency: hostile(r), Description: hostile(r), URL: hostile(r)}
	}
	candidates := make([]followup.Match, r.IntN(14))
	for i := range candidates {
		candidates[i] = hostileMatch(r)
	}
	capabilities := crm.Capabilities{Name: hostile(r), TaskTypes: []string{"email", hostile(r), hostile(r)}}
	deal := crm.Deal{ID: hostile(r), Name: hostile(r), Stage: hostile(r), Amount: hostile(r), Currency: hostile(r), Description: hostile(r)}
	match := hostileMatch(r)
	return []followup.Form{
		&followup.EditForm{Session: session, Revision: texts},
		&followup.RegenerateForm{Session: session, Revision: texts, Tone: hostile(r)},
		&followup.EventForm{
			Session: session, Revision: texts, Guests: session.Recipients(),
			Input: followup.EventInput{Title: hostile(r), Description: hostile(r), Start: hostile(r), Minutes: r.IntN(500), Invite: true, Meet: true},
		},
		&followup.AccountForm{Session: session, Revision: texts, CRM: hostile(r), Candidates: candidates, Then: followup.CRMNote},
		&followup.TaskForm{
			Session: sessionID, Number: 2, Key: "key-1", CRM: capabilities, Account: &match,
			Input:   followup.TaskInput{Type: hostile(r), Due: hostile(r), Subject: hostile(r), Description: hostile(r)},
			Contact: &crm.Contact{ID: hostile(r), Name: hostile(r), Email: hostile(r), AccountID: hostile(r)},
		},
		&followup.DealList{Session: session, Revision: texts, CRM: hostile(r), Account: match, Deals: deals},
		&followup.DealForm{Session: session, Revision: texts, Key: "key-1", CRM: hostile(r), Deal: deal, Stages: []string{hostile(r), hostile(r)}},
	}
}

// texts are what a page says in mrkdwn.
func texts(p page) (all []string) {
	for _, block := range p.blocks {
		switch b := block.(type) {
		case *slack.SectionBlock:
			all = append(all, b.Text.Text)
		case *slack.ContextBlock:
			all = append(all, b.ContextElements.Elements[0].(*slack.TextBlockObject).Text)
		}
	}
	return all
}

// Whatever customers write into a title or a name, Slack takes the page, and nothing in it mentions or links.
func TestHostileTextStaysText(t *testing.T) {
	const rounds = 60
	for seed := range uint64(rounds) {
		r := rand.New(rand.NewPCG(seed, 0))
		tenant := tenancy.Tenant{Locale: i18n.Languages[seed%2], TimeZone: "Europe/Rome"}
		a := audienceOf(tenant)
		for _, p := range []page{a.meetings(hostileList(r), noon), a.meeting(hostileMeeting(r), hostile(r), noon)} {
			checkLimits(t, p)
			checkTexts(t, p)
		}
		checkSuggestions(t, r, tenant)
		checkFollowUp(t, r, a)
		if t.Failed() {
			t.Fatalf("with seed %d", seed)
		}
	}
}

// checkFollowUp holds what is shown of a follow-up to the same.
func checkFollowUp(t *testing.T, r *rand.Rand, a audience) {
	t.Helper()
	card := hostileCard(r)
	told := []page{
		a.card(card, noon), a.pointer(hostileMeeting(r)), a.announcement(hostileMeeting(r), noon), a.unshowable(hostileMeeting(r), noon),
	}
	for _, act := range card.Actions {
		told = append(told, a.task(act, card.Has, card.Until, nil))
	}
	for _, p := range told {
		checkLimits(t, p)
		checkTexts(t, p)
		if blocks := len(p.blocks); blocks >= 50 {
			t.Errorf("%d blocks", blocks)
		}
	}
	for _, form := range hostileForms(r) {
		p := a.form(form, noon)
		for _, problem := range blockkit.CheckView(marshal(t, p.modal("key"))) {
			t.Errorf("%T: %s", form, problem)
		}
		checkTexts(t, p)
	}
	contacts := []crm.Contact{{ID: hostile(r), Name: hostile(r), Email: hostile(r), AccountID: hostile(r)}}
	accounts := []crm.Account{{ID: hostile(r), Name: hostile(r), Website: hostile(r)}}
	for _, options := range []Options{ContactSuggestions(contacts), AccountSuggestions(accounts)} {
		for _, problem := range blockkit.CheckOptions(marshal(t, options)) {
			t.Errorf("options: %s", problem)
		}
	}
}

func checkTexts(t *testing.T, p page) {
	t.Helper()
	for _, text := range texts(p) {
		if rest := ours.ReplaceAllString(text, ""); strings.ContainsAny(rest, "<>") {
			t.Errorf("angle brackets in %q", rest)
		}
		checkCharacters(t, text)
	}
}

func checkSuggestions(t *testing.T, r *rand.Rand, tenant tenancy.Tenant) {
	t.Helper()
	meetings := make([]followup.Meeting, r.IntN(130))
	for i := range meetings {
		meetings[i] = hostileMeeting(r)
	}
	options := Suggestions(meetings, tenant)
	for _, problem := range blockkit.CheckOptions(marshal(t, options)) {
		t.Errorf("options: %s", problem)
	}
	if len(options.Options) != min(100, len(meetings)) {
		t.Errorf("%d options of %d meetings", len(options.Options), len(meetings))
	}
	for _, o := range options.Options {
		checkCharacters(t, o.Text.Text)
	}
}

func checkCharacters(t *testing.T, text string) {
	t.Helper()
	if !utf8.ValidString(text) || strings.ContainsAny(text, "\x00\u202e\u2028") {
		t.Errorf("odd characters in %q", text)
	}
}

package slackui

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"

	"github.com/followup-dev/followup-operator/internal/followup"
	"github.com/followup-dev/followup-operator/internal/tenancy"
	"github.com/followup-dev/followup-operator/internal/blockkit"
)

var rome = newClock("Europe/Rome")

// texts are what a page says, in order.
func texts(t *testing.T, p page) []string {
	t.Helper()
	var all []string
	for _, block := range p.blocks {
		switch b := block.(type) {
		case *slack.SectionBlock:
			all = append(all, b.Text.Text)
		case *slack.ContextBlock:
			all = append(all, b.ContextElements.Elements[0].(*slack.TextBlockObject).Text)
		default:
			t.Fatalf("a %T", block)
		}
	}
	return all
}

func person(name, email string, external bool) followup.Person {
	_, company, _ := strings.Cut(email, "@")
	return followup.Person{Name: name, Email: email, Company: company, External: external}
}

func TestMeetingsSayWhatWhenAndWithWhom(t *testing.T) {
	qbr := followup.Meeting{
		RecordingID: "1", Title: "QBR <Acme> & Co", URL: "https://fathom.video/calls/1",
		Start: time.Date(2026, 11, 23, 13, 30, 0, 0, time.UTC), Duration: 54 * time.Minute,
		RecordedBy: person("Jane Roe", "jane@acme.com", false),
		Invitees: []followup.Person{
			person("Jane Roe", "Jane@Acme.com", false), person("Bob", "bob@acme.com", false), person("Al Fa", "al@x.co", true),
			person("", "be@x.co", true), person("Cy", "cy@x.co", true), person("Di", "di@acme.com", false), person("", "", true),
		},
	}
	tests := map[string]struct {
		list followup.List
		want []string
	}{
		"of a participant": {
			followup.List{Meetings: []followup.Meeting{qbr}, Email: "jane@acme.com", Visibility: tenancy.Participants, Recordings: 3},
			[]string{
				"Meetings of the last 14 days that you recorded or were invited to, newest first.",
				"*QBR &lt;Acme&gt; &amp; Co*\nMon 23 Nov, 14:30 (Europe/Rome) · 54 min\nWith Al Fa (x.co), be@x.co, Cy (x.co), Bob and 1 more\n<https://fathom.video/calls/1|Open in Fathom>",
			},
		},
		"of everyone": {
			followup.List{Meetings: []followup.Meeting{{RecordedBy: person("Bob", "bob@acme.com", false)}}, Visibility: tenancy.Everyone, Recordings: 51, Older: somewhere},
			[]string{
				"Meetings of the last 14 days in this workspace, newest first.",
				"*Untitled meeting*\nTime unknown\nWith Bob",
				"This workspace has many recordings: I looked through 51 of these days, and there are more.",
			},
		},
		"alone": {
			followup.List{Meetings: []followup.Meeting{{Title: "Dictation", RecordedBy: person("Jane", "jane@acme.com", false)}}, Email: "jane@acme.com"},
			[]string{
				"Meetings of the last 14 days that you recorded or were invited to, newest first.",
				"*Dictation*\nTime unknown\nNo other participants known",
			},
		},
		"none at all": {
			followup.List{Visibility: tenancy.Participants, Email: "jane@acme.com"},
			[]string{
				"*No meetings found in the last 14 days.*\nFathom has no recording of these days that this workspace's Fathom key can see. A key sees what its owner recorded, and what others shared with them or their team.",
				"A recording shows up here some minutes after its meeting ends. If one is missing, ask whoever recorded it to share it in Fathom.",
			},
		},
		"none of theirs": {
			followup.List{Visibility: tenancy.Participants, Email: "jane&joe@acme.com", Recordings: 50, Older: somewhere},
			[]string{
				"*No meetings found in the last 14 days.*\nI looked through 50 recordings. None was recorded by *jane&amp;joe@acme.com*, your address in Slack, or has it on the invitation.",
				"Invited under another address? Ask the organiser to use this one, or a Slack admin to change yours.",
				"This workspace has many recordings: I looked through 50 of these days, and there are more.",
			},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, texts(t, meetings(tc.list, rome))); diff != "" {
				t.Errorf("page (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTroubleSaysWhatToDo(t *testing.T) {
	busy := texts(t, trouble(followup.Problem{Reason: followup.FathomBusy, RetryAfter: 17 * time.Second}))
	want := []string{
		":warning: *Fathom takes only so many requests a minute, and this workspace has just used them up.*",
		"Type the command again in 17 seconds.",
	}
	if diff := cmp.Diff(want, busy); diff != "" {
		t.Errorf("busy (-want +got):\n%s", diff)
	}
	reasons := []followup.Reason{
		followup.FathomNotSetUp, followup.FathomKeyRefused, followup.FathomBusy, followup.FathomDown, followup.EmailHidden,
		followup.SlackDown, followup.SlackNotSetUp, followup.SlackTokenDead, followup.WrongWorkspace, followup.Internal,
	}
	said := map[string]followup.Reason{}
	for _, reason := range append(reasons, "a reason without words") {
		p := trouble(followup.Problem{Reason: reason})
		checkLimits(t, p)
		all := texts(t, p)
		if len(all) != 2 || strings.Contains(strings.Join(all, ""), "{") {
			t.Errorf("%s: %q", reason, all)
		}
		if other, taken := said[all[0]]; taken && reason != "a reason without words" {
			t.Errorf("%s and %s say the same", reason, other)
		}
		said[all[0]] = reason
	}
}

func TestLoadingIsWithinLimits(t *testing.T) { checkLimits(t, loading) }

// checkLimits holds a page to Block Kit's limits, as a modal and as a message.
func checkLimits(t *testing.T, p page) {
	t.Helper()
	modal, err := json.Marshal(p.modal())
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range blockkit.CheckView(modal) {
		t.Errorf("modal: %s", problem)
	}
	message, err := json.Marshal(p.message())
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range blockkit.CheckMessage(message) {
		t.Errorf("message: %s", problem)
	}
	if len(modal) > 250<<10 {
		t.Errorf("modal has %d bytes, Slack takes 250 KiB", len(modal))
	}
}

var (
	fragments = []string{
		"", " ", "a", "Quarterly review", "&", "<", ">", "<!channel>", "<!here|x>", "<@U123>", "<#C1|y>", "<https://evil.example|click>",
		"*bold*", "_", "`", "```", "~", "|", "\n", "\r\n", "\x00", "\u2028", "\u202e", "\u200b", "\xff\xfe", "🚀", "👨‍👩‍👧‍👦", "e\u0301",
		"привет", strings.Repeat("&", 400), strings.Repeat("🚀", 400), strings.Repeat("<", 100), "https://fathom.video/", "@channel", "#general",
	}
	// ours are the only angle brackets that a page may have.
	ours = regexp.MustCompile(`<https://([a-z]+\.)?fathom\.video[^<>| ]*\|Open in Fathom>`)
)

func hostile(r *rand.Rand) string {
	var b strings.Builder
	for range r.IntN(6) {
		b.WriteString(fragments[r.IntN(len(fragments))])
	}
	return b.String()
}

var somewhere = followup.Position{CreatedAt: time.Unix(1, 0), RecordingID: "1"}

func hostileList(r *rand.Rand) followup.List {
	list := followup.List{
		Email: hostile(r), Visibility: []tenancy.Visibility{tenancy.Participants, tenancy.Everyone}[r.IntN(2)],
		Recordings: r.IntN(60), Older: []followup.Position{{}, somewhere}[r.IntN(2)],
	}
	for range r.IntN(21) {
		m := followup.Meeting{
			RecordingID: hostile(r), Title: hostile(r), URL: "https://fathom.video/" + hostile(r), Start: time.Unix(r.Int64N(4e9), 0),
			Duration: time.Duration(r.Uint64()),
		}
		for range r.IntN(30) {
			m.Invitees = append(m.Invitees, followup.Person{Name: hostile(r), Email: hostile(r), Company: hostile(r), External: r.IntN(2) == 0})
		}
		list.Meetings = append(list.Meetings, m)
	}
	return list
}

// Whatever customers write into a title or a name, Slack takes the page, and nothing in it mentions or links.
func TestHostileTextStaysText(t *testing.T) {
	const rounds = 60
	for seed := range uint64(rounds) {
		list := hostileList(rand.New(rand.NewPCG(seed, 0)))
		p := meetings(list, rome)
		checkLimits(t, p)
		for _, text := range texts(t, p) {
			if rest := ours.ReplaceAllString(text, ""); strings.ContainsAny(rest, "<>") {
				t.Errorf("angle brackets in %q", rest)
			}
			if !utf8.ValidString(text) || strings.ContainsAny(text, "\x00\u202e\u2028") {
				t.Errorf("odd characters in %q", text)
			}
		}
		if t.Failed() {
			t.Fatalf("with seed %d", seed)
		}
	}
}

// The largest section that can come about still fits: all that counts five-fold, at full length, four times.
func TestTheLargestMeetingFits(t *testing.T) {
	amps := strings.Repeat("&", 500)
	m := followup.Meeting{
		Title: amps, URL: "https://fathom.video/?" + strings.Repeat("&", 55),
		Start: time.Date(2026, 12, 30, 23, 59, 0, 0, time.UTC), Duration: 1<<63 - 1,
	}
	for range 100 {
		m.Invitees = append(m.Invitees, followup.Person{Name: amps, Company: amps, External: true})
	}
	list := followup.List{Older: somewhere, Visibility: tenancy.Participants}
	for n := range 20 {
		m.RecordingID = fmt.Sprint(n)
		list.Meetings = append(list.Meetings, m)
	}
	p := meetings(list, newClock("America/Argentina/ComodRivadavia"))
	checkLimits(t, p)
	if size := utf8.RuneCountInString(texts(t, p)[1]); size < 2000 {
		t.Errorf("the largest section has only %d characters: is it the largest?", size)
	}
}

func TestMessageIsForItsUserAlone(t *testing.T) {
	message := meetings(followup.List{}, rome).message()
	if message.ResponseType != "ephemeral" || message.ReplaceOriginal || message.DeleteOriginal || message.Text == "" {
		t.Errorf("message %+v", message)
	}
}

func TestTextIsVerbatim(t *testing.T) {
	raw, err := json.Marshal(section("@channel #general"))
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"type":"section","text":{"type":"mrkdwn","text":"@channel #general","verbatim":true}}`; string(raw) != want {
		t.Errorf("got %s", raw)
	}
}

// The page for people who ask what a text means knows each of them.
func TestEachTroubleIsDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/user/meetings.md")
	if err != nil {
		t.Fatal(err)
	}
	for reason, w := range troubles {
		if !strings.Contains(string(page), "| "+w.what+" |") {
			t.Errorf("docs/user/meetings.md does not explain %s: %q", reason, w.what)
		}
	}
}

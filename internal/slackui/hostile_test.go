package slackui

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"github.com/followup-dev/followup-operator/internal/blockkit"
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
	ours = regexp.MustCompile(`<https://([a-z]+\.)?fathom\.video[^<>| ]*\|(Open|Apri) in Fathom>`)
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
			for _, text := range texts(p) {
				if rest := ours.ReplaceAllString(text, ""); strings.ContainsAny(rest, "<>") {
					t.Errorf("angle brackets in %q", rest)
				}
				checkCharacters(t, text)
			}
		}
		checkSuggestions(t, r, tenant)
		if t.Failed() {
			t.Fatalf("with seed %d", seed)
		}
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

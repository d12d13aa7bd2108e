package followup

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// brief is of a meeting on Monday, 23 November 2026, between Jane and two people of another company.
func testBrief() Brief {
	return Brief{
		Meeting: Meeting{
			RecordingID: "123", Title: "Kick-off", URL: "https://fathom.video/calls/123", Start: noon.Add(-time.Hour), CreatedAt: noon,
			RecordedBy: Person{Name: "Jane Doe", Email: "jane@acme.com"},
			Invitees: []Person{
				{Name: "Jane Doe", Email: "jane@acme.com"},
				{Name: "Bob Stone", Email: "bob@client.example", External: true},
				{Name: "Zoë Müller", Email: "zoe@client.example", External: true},
				{Name: "Zoë Park", Email: "zp@client.example", External: true},
			},
		},
		Viewer: jane,
		Recording: Recording{Language: "it", Lines: []Line{
			{Second: 10, Speaker: "Bob Stone", Text: "The price is, frankly, too high."},
			{Second: 15, Speaker: "Bob Stone", Text: "And we are slow."},
			{Second: 20, Speaker: "Jane Doe", Text: "Understood. Però è così!"},
		}},
		Zone: rome(), Now: noon, MaxNote: 100,
	}
}

func rome() *time.Location {
	zone, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		panic(err)
	}
	return zone
}

func TestTextsLoseLinksAndAddressesButTheMeetingsOwn(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"plain text stays":                          {"Prices: 3.5:1, e.g. v2.0 (S.p.A.), Node.js; ore 15.30.\n\n- one\n  - two", "Prices: 3.5:1, e.g. v2.0 (S.p.A.), Node.js; ore 15.30.\n\n- one\n  - two"},
		"URL":                                       {"Click http://evil.example/x?y=1 now.", "Click now."},
		"URL in parentheses":                        {"Click (https://evil.com) now", "Click now"},
		"URL of any scheme":                         {"slack://x javascript://y xhttp://z a", "a"},
		"URL ends a line":                           {"Click http://evil.com.\nBye", "Click.\nBye"},
		"URL in Slack's form":                       {"a <http://evil.com|Click>", "a"},
		"URL in Markdown's form":                    {"[Click](http://evil.com) now", "Click now"},
		"URL in capitals":                           {"HTTP://EVIL.COM a", "a"},
		"host that is known":                        {"www.evil.com a", "a"},
		"host with a path":                          {"see evil.com/login now", "see now"},
		"host with a port":                          {"see evil.com:8080 now", "see now"},
		"host alone can't be clicked":               {"see evil.com now", "see evil. com now"},
		"host in another script":                    {"см. пример.рф сейчас", "см. пример. рф сейчас"},
		"host with odd dots":                        {"see evil。com/x now", "see now"},
		"host below which anybody registers":        {"see evil.github.io now", "see evil. github. io now"},
		"sentence without a space":                  {"fatto.Ci sentiamo", "fatto. Ci sentiamo"},
		"recording":                                 {"See https://fathom.video/calls/123.", "See https://fathom.video/calls/123."},
		"recording at a moment":                     {"https://fathom.video/calls/123?timestamp=62", "https://fathom.video/calls/123?timestamp=62"},
		"recording's URL with more to it":           {"a https://fathom.video/calls/123?next=http://evil.com", "a"},
		"another recording":                         {"a https://fathom.video/calls/1234", "a"},
		"recording's URL as a user's name":          {"a https://fathom.video/calls/123@evil.com", "a"},
		"address":                                   {"Mail evil@x.example today", "Mail today"},
		"address without a dot":                     {"Mail evil@localhost today", "Mail today"},
		"address with mailto":                       {"mailto:evil@x.example a", "a"},
		"invited address":                           {"Mail BOB@client.example, or jane@acme.com.", "Mail BOB@client.example, or jane@acme.com."},
		"domain of an invited address":              {"acme.com and client.example", "acme.com and client.example"},
		"two halves do not become one":              {"http:evil@x.example//evil.com/x", "http: //"},
		"what can't be seen hides nothing":          {"ht\u200btp://evil\u00ad.com a\u202eb", "ab"},
		"line breaks of any kind, no other control": {"a\r\nb\rc\u2028d\x00\x07", "a\nb\nc\nd"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := Checked(Texts{Summary: test.text, Email: Email{Body: test.text}}, testBrief())
			if got.Summary != test.want || got.Email.Body != test.want {
				t.Errorf("summary %q, body %q, want %q", got.Summary, got.Email.Body, test.want)
			}
		})
	}
}

func TestTextsAreNoLongerThanTheirFieldsTake(t *testing.T) {
	long := strings.Repeat("é", 5000)
	got := Checked(Texts{Summary: long, Email: Email{Subject: long + "\n\nBcc: x", Body: long}, Note: long}, testBrief())
	sizes := map[string]int{}
	for name, text := range map[string]string{"summary": got.Summary, "subject": got.Email.Subject, "body": got.Email.Body, "note": got.Note} {
		sizes[name] = len([]rune(text))
	}
	if diff := cmp.Diff(map[string]int{"summary": 3000, "subject": 250, "body": 3000, "note": 100}, sizes); diff != "" {
		t.Errorf("characters (-want +got):\n%s", diff)
	}
	if got := Checked(Texts{Email: Email{Subject: "a\r\nBcc: b"}}, testBrief()).Email.Subject; got != "a Bcc: b" {
		t.Errorf("subject of two lines: %q", got)
	}
}

func TestNextStepsBelongToParticipantsAndAreDueOnPossibleDays(t *testing.T) {
	got := Checked(Texts{NextSteps: []NextStep{
		{What: "Send the offer", Owner: "jane  DOE", Due: "2026-11-23"},
		{What: "Answer", Owner: "Bob", Due: "2028-11-23"},
		{What: "Nobody of two", Owner: "Zoë", Due: "2026-11-22"},
		{What: "Accents", Owner: "zoe muller", Due: "2029-01-01"},
		{What: "A stranger", Owner: "Mallory", Due: "tomorrow"},
		{What: " ", Owner: "Jane Doe"},
	}}, testBrief()).NextSteps
	want := []NextStep{
		{What: "Send the offer", Owner: "Jane Doe", Due: "2026-11-23"},
		{What: "Answer", Owner: "Bob Stone", Due: "2028-11-23"},
		{What: "Nobody of two"},
		{What: "Accents", Owner: "Zoë Müller"},
		{What: "A stranger"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("next steps (-want +got):\n%s", diff)
	}
	if got := len(Checked(Texts{NextSteps: make([]NextStep, 100)}, testBrief()).NextSteps); got != 0 {
		t.Errorf("%d steps of nothing", got)
	}
}

func TestEventIsOneThatIsStillToCome(t *testing.T) {
	tests := map[string]struct{ event, want *Proposal }{
		"none":                      {nil, nil},
		"possible":                  {&Proposal{Title: "Demo\n", Description: "at www.evil.com ", Start: "2026-11-30T15:00", Minutes: 45}, &Proposal{Title: "Demo", Description: "at", Start: "2026-11-30T15:00", Minutes: 45}},
		"without a title":           {&Proposal{Start: "2026-11-30T15:00", Minutes: 45}, &Proposal{Title: "Kick-off", Start: "2026-11-30T15:00", Minutes: 45}},
		"too long":                  {&Proposal{Title: "Demo", Start: "2026-11-30T15:00", Minutes: 9999}, &Proposal{Title: "Demo", Start: "2026-11-30T15:00", Minutes: 30}},
		"over in the tenant's zone": {&Proposal{Title: "Demo", Start: "2026-11-23T12:59", Minutes: 30}, nil},
		"too far":                   {&Proposal{Title: "Demo", Start: "2027-11-24T12:00", Minutes: 30}, nil},
		"no time":                   {&Proposal{Title: "Demo", Start: "next Monday", Minutes: 30}, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, Checked(Texts{Event: test.event}, testBrief()).Event); diff != "" {
				t.Errorf("event (-want +got):\n%s", diff)
			}
		})
	}
}

func TestQuotesAreWhatOnePersonSaid(t *testing.T) {
	tests := map[string]struct {
		quote, want string
		second      int
	}{
		"as it was said":      {"The price is, frankly, too high.", "The price is, frankly, too high.", 10},
		"otherwise written":   {"“the PRICE is frankly too high”", "the PRICE is frankly too high", 10},
		"without its accents": {"Pero e cosi", "Pero e cosi", 20},
		"over two lines":      {"too high. And we", "too high. And we", 10},
		"of a later line":     {"we are slow", "we are slow", 15},
		"half a word":         {"rankly, too", "", 0},
		"of two speakers":     {"we are slow. Understood", "", 0},
		"never said":          {"It is cheap", "", 0},
		"nothing":             {" … ", "", 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := Checked(Texts{Insights: Insights{PainPoints: []Insight{{Text: "Price", Quote: test.quote, Second: 99}}}}, testBrief()).Insights.PainPoints
			want := []Insight{{Text: "Price", Quote: test.want, Second: test.second}}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("insights (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLanguageIsOneOrTheRecordings(t *testing.T) {
	for given, want := range map[string]string{"de": "de", "pt-br": "pt-BR", "": "it", "click here": "it"} {
		if got := Checked(Texts{Language: given}, testBrief()).Language; got != want {
			t.Errorf("%q became %q, want %q", given, got, want)
		}
	}
}

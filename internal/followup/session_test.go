package followup

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRecipientsAreTheGuestsOrElseTheColleagues(t *testing.T) {
	mine, bob, ann := Person{Email: "JANE@acme.com"}, Person{Email: "bob@acme.com"}, Person{Email: "ann@client.example", External: true}
	zoe := Person{Email: "zoe@client.example", External: true}
	tests := map[string]struct{ invitees, want []Person }{
		"nobody":               {nil, nil},
		"only the user":        {[]Person{mine}, nil},
		"colleagues":           {[]Person{mine, bob}, []Person{bob}},
		"guests, in an order":  {[]Person{zoe, mine, bob, ann}, []Person{ann, zoe}},
		"each once":            {[]Person{ann, {Email: "Ann@Client.Example", External: true}}, []Person{ann}},
		"whom mail can reach":  {[]Person{{Name: "By phone", External: true}, bob}, []Person{bob}},
		"the user, as a guest": {[]Person{{Email: "jane@acme.com", External: true}, ann}, []Person{ann}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := Session{Viewer: jane, Meeting: Meeting{Invitees: test.invitees, RecordedBy: Person{Email: "recorder@acme.com"}}}
			if diff := cmp.Diff(test.want, s.Recipients()); diff != "" {
				t.Errorf("recipients (-want +got):\n%s", diff)
			}
		})
	}
}

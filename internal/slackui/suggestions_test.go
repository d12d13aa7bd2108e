package slackui

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"

	"github.com/followup-dev/followup-operator/internal/followup"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

func TestSuggestions(t *testing.T) {
	at := time.Date(2026, 12, 31, 23, 30, 0, 0, time.UTC) // 2027 in Rome
	made := followup.Meeting{RecordingID: "7", CreatedAt: time.Unix(1795447800, 0), Start: at}
	titled := func(title string) followup.Meeting {
		m := made
		m.Title = title
		return m
	}
	unknown := made
	unknown.Start = time.Time{}
	tests := map[string]struct {
		meeting followup.Meeting
		locale  string
		want    string
	}{
		"title and day":       {titled("QBR <Acme> & Co"), "en", "QBR <Acme> & Co · 1 Jan 2027"},
		"in Italian":          {titled("Revisione"), "it", "Revisione · 1 gen 2027"},
		"no title":            {made, "it", "Riunione senza titolo · 1 gen 2027"},
		"cut by code point":   {titled(strings.Repeat("é", 80)), "en", strings.Repeat("é", 61) + "… · 1 Jan 2027"},
		"as long as it gets":  {titled(strings.Repeat("🚀", 62)), "en", strings.Repeat("🚀", 62) + " · 1 Jan 2027"},
		"start unknown":       {unknown, "en", "Untitled meeting · 23 Nov 2026"},
		"in one line, inert":  {titled("a\n<!channel>\u202e"), "en", "a <!channel> · 1 Jan 2027"},
		"an unknown language": {made, "de", "Untitled meeting · 1 Jan 2027"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got := Suggestions([]followup.Meeting{tc.meeting}, tenancy.Tenant{Locale: tc.locale, TimeZone: "Europe/Rome"})
			want := Options{Options: []*slack.OptionBlockObject{slack.NewOptionBlockObject("1795447800.7", plainText(tc.want), nil)}}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("options (-want +got):\n%s", diff)
			}
		})
	}
}

// Slack takes an empty list for "no results", and an answer without one for a failure.
func TestNoSuggestionsAreSaid(t *testing.T) {
	if got := string(marshal(t, Suggestions(nil, tenancy.Tenant{}))); got != `{"options":[]}` {
		t.Errorf("got %s", got)
	}
}

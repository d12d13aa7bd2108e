package seed_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/followup-dev/followup-operator/test/doubles/awssm"
	"github.com/followup-dev/followup-operator/test/doubles/fathom"
	"github.com/followup-dev/followup-operator/test/doubles/seed"
	"github.com/followup-dev/followup-operator/test/doubles/slack"
)

func example(t *testing.T) seed.File {
	t.Helper()
	file, err := os.Open("testdata/seed.json")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	f, err := seed.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestTheExampleSeedsAllDoubles(t *testing.T) {
	f := example(t)
	now := time.Date(2026, 11, 23, 12, 0, 30, 0, time.UTC)
	if _, err := slack.New(f.SlackConfig()); err != nil {
		t.Error(err)
	}
	if _, err := fathom.New(f.FathomConfig(now)); err != nil {
		t.Error(err)
	}
	if _, err := awssm.New(f.AWSConfig()); err != nil {
		t.Error(err)
	}

	review := f.FathomConfig(now).Keys[0].Meetings[0]
	want := fathom.Meeting{
		RecordingID: 123456789, Title: "Quarterly business review",
		Start:      time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC),
		End:        time.Date(2026, 11, 23, 9, 45, 0, 0, time.UTC),
		RecordedBy: fathom.Person{Name: "Ada Lovelace", Email: "ada@acme.example", Team: "Sales"},
		Invitees: []fathom.Invitee{
			{Name: "Ada Lovelace", Email: "ada@acme.example"},
			{Name: "Björn Borg", Email: "bjorn@initech.example", External: true},
		},
	}
	if diff := cmp.Diff(want, review); diff != "" {
		t.Errorf("meeting (-want +got):\n%s", diff)
	}
	secrets := []awssm.Secret{
		{Name: "slack-bot-token-acme", Value: "xoxb-acme"},
		{Name: "slack-app", Value: `{"signing_secret":"8f742231b10e8888abcd99yyyzzz85a5"}`},
	}
	if diff := cmp.Diff(secrets, f.AWSConfig().Secrets); diff != "" {
		t.Errorf("secrets (-want +got):\n%s", diff)
	}
}

func TestASeedSurvivesEncoding(t *testing.T) {
	f := example(t)
	encoded, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	again, err := seed.Read(strings.NewReader(string(encoded)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(f.FathomConfig(time.Unix(0, 0)), again.FathomConfig(time.Unix(0, 0)), cmp.FilterPath(isClock, cmp.Ignore())); diff != "" {
		t.Errorf("fathom (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(f.AWSConfig(), again.AWSConfig(), cmp.FilterPath(isClock, cmp.Ignore())); diff != "" {
		t.Errorf("aws (-want +got):\n%s", diff)
	}
}

func isClock(p cmp.Path) bool { return p.Last().String() == ".Now" }

func TestASeedIsReadStrictly(t *testing.T) {
	for name, text := range map[string]string{
		"misspelt":   `{"slak": {}}`,
		"nested":     `{"slack": {"app": {"appid": "A0"}}}`,
		"time":       `{"fathom": {"keys": [{"meetings": [{"start": "yesterday"}]}]}}`,
		"two of it":  `{} {}`,
		"not closed": `{`,
	} {
		if _, err := seed.Read(strings.NewReader(text)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

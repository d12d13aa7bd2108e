package writer

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/followup-dev/followup-operator/internal/followup"
)

func TestReadTakesWhatCanBeRead(t *testing.T) {
	kept := followup.Texts{Summary: "S", Email: followup.Email{Subject: "Kick-off", Body: "B"}, Note: "S"}
	with := func(change func(*followup.Texts)) *followup.Texts {
		texts := kept
		change(&texts)
		return &texts
	}
	tests := map[string]struct {
		json string
		want *followup.Texts // nil for nothing
	}{
		"the least":       {`{"summary":"S","email":{"body":"B"}}`, &kept},
		"nulls":           {`{"summary":"S","email":{"body":"B","subject":null},"note":null,"next_steps":null,"event":null,"insights":null}`, &kept},
		"unknown fields":  {`{"summary":"S","email":{"body":"B"},"mood":"good"}`, &kept},
		"an odd step":     {`{"summary":"S","email":{"body":"B"},"next_steps":["x",{"what":"Do","owner":"Ada"},{"what":"Go"}]}`, with(func(t *followup.Texts) { t.NextSteps = []followup.NextStep{{What: "Go"}} })},
		"no list":         {`{"summary":"S","email":{"body":"B"},"next_steps":{},"insights":{"objections":"none"}}`, &kept},
		"an odd event":    {`{"summary":"S","email":{"body":"B"},"event":"tomorrow"}`, &kept},
		"a short time":    {`{"summary":"S","email":{"body":"B"},"event":{"date":"2026-11-30","time":"9:30"}}`, with(func(t *followup.Texts) { t.Event = &followup.Proposal{Start: "2026-11-30T9:30"} })},
		"an odd stamp":    {`{"summary":"S","email":{"body":"B"},"insights":{"objections":[{"text":"x","timestamp":"soon"}]}}`, with(func(t *followup.Texts) { t.Insights.Objections = []followup.Insight{{Text: "x"}} })},
		"no summary":      {`{"email":{"body":"B"}}`, nil},
		"no e-mail":       {`{"summary":"S"}`, nil},
		"another summary": {`{"summary":["S"],"email":{"body":"B"}}`, nil},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got, ok := read([]byte(tc.json), followup.Brief{Meeting: followup.Meeting{Title: "Kick-off"}})
			if ok != (tc.want != nil) {
				t.Fatalf("read: %v", ok)
			}
			if diff := cmp.Diff(tc.want, &got); ok && diff != "" {
				t.Errorf("texts (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSecondReadsTimes(t *testing.T) {
	for text, want := range map[string]int{"01:02:05": 3725, "[00:05:32]": 332, "05:32": 332, "": 0, "soon": 0, "1:x": 0} {
		if got := second(text); got != want {
			t.Errorf("%q is %d, want %d", text, got, want)
		}
	}
}

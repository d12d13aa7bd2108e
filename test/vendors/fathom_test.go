package vendors

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/followup-dev/followup-operator/test/doubles/fathom"
	"github.com/followup-dev/followup-operator/test/doubles/fault"
)

func TestFathomTypescript(t *testing.T) {
	var secondsAgo atomic.Int64 // the double's clock is late by that
	double, err := fathom.New(fathom.Config{
		Keys: []fathom.Key{{Key: "ada", Meetings: twelve(), Teams: []fathom.Team{
			{Name: "Sales", CreatedAt: time.Now(), Members: []fathom.Person{{Name: "Ada", Email: "ada@acme.example"}}},
			{Name: "Support", CreatedAt: time.Now(), Members: []fathom.Person{{Name: "Cem", Email: "cem@acme.example"}}},
		}}},
		Now: func() time.Time { return time.Now().Add(-time.Duration(secondsAgo.Load()) * time.Second) },
	})
	if err != nil {
		t.Fatal(err)
	}
	works := http.NewServeMux()
	works.HandleFunc("POST /announce", func(w http.ResponseWriter, r *http.Request) {
		var wanted struct {
			Recording  int64 `json:"recording"`
			SecondsAgo int64 `json:"seconds_ago"`
		}
		err := json.NewDecoder(r.Body).Decode(&wanted)
		secondsAgo.Store(wanted.SecondsAgo)
		defer secondsAgo.Store(0)
		done(w, errors.Join(err, announce(r.Context(), double, wanted.Recording)))
	})
	works.HandleFunc("POST /fail", func(w http.ResponseWriter, r *http.Request) {
		var wanted struct {
			Operation string      `json:"operation"`
			Fault     fault.Fault `json:"fault"`
		}
		err := json.NewDecoder(r.Body).Decode(&wanted)
		done(w, errors.Join(err, double.Fail(wanted.Operation, wanted.Fault)))
	})
	run(t, "fathom.mjs", map[string]string{"FATHOM_URL": serve(t, double), "WORKS_URL": serve(t, works)})

	got := map[string]bool{}
	for operation, outcomes := range double.Calls() {
		got[operation] = outcomes["ok"] > 0
	}
	want := map[string]bool{
		fathom.ListMeetings: true, fathom.GetSummary: true, fathom.GetTranscript: true, fathom.ListTeams: true,
		fathom.ListTeamMembers: true, fathom.CreateWebhook: true, fathom.DeleteWebhook: true,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("operations that succeeded (-want +got):\n%s", diff)
	}
}

// announce sends the webhooks of a recording.
func announce(ctx context.Context, double *fathom.Server, recordingID int64) error {
	messages, err := double.Announce("ada", recordingID)
	for _, m := range messages {
		_, failure := double.Send(ctx, m)
		err = errors.Join(err, failure)
	}
	return err
}

func done(w http.ResponseWriter, err error) {
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, err.Error())
	}
}

// twelve meetings, the newest first; what was said in the second is not there at once.
func twelve() []fathom.Meeting {
	var meetings []fathom.Meeting
	for n := range 12 {
		end := time.Now().Add(-time.Duration(n+1) * time.Hour).Truncate(time.Second)
		meetings = append(meetings, fathom.Meeting{
			RecordingID: int64(1001 + n), Title: fmt.Sprintf("Meeting %d", n+1), Start: end.Add(-30 * time.Minute), End: end,
			RecordedBy: fathom.Person{Name: "Ada", Email: "ada@acme.example"},
			Invitees:   []fathom.Invitee{{Name: "Bob", Email: "bob@globex.example", External: true}},
			Summary:    "## Next steps\nCall Bob",
			Transcript: []fathom.Line{{Speaker: "Bob", Email: "bob@globex.example", At: 5*time.Minute + 32*time.Second, Text: "Hello"}},
		})
	}
	meetings[1].PendingCalls = 1
	return meetings
}

package adapters

import (
	"context"
	"errors"
	"log/slog"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/followup-dev/followup-operator/internal/credentials"
	"github.com/followup-dev/followup-operator/internal/fathom"
	"github.com/followup-dev/followup-operator/internal/followup"
	"github.com/followup-dev/followup-operator/internal/outcome"
	"github.com/followup-dev/followup-operator/internal/vendorhttp"
	double "github.com/followup-dev/followup-operator/test/doubles/fathom"
	"github.com/followup-dev/followup-operator/test/doubles/fault"
)

var (
	ended = time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	// entry is where the recording is listed: the double makes entries 35 s after the end.
	entry = followup.Position{CreatedAt: ended.Add(35 * time.Second), RecordingID: "7"}
)

// contentOf is Fathom with twelve recordings of the very same second, the last of which has content.
func contentOf(t *testing.T, change func(*double.Meeting)) (*double.Server, *content) {
	t.Helper()
	var meetings []double.Meeting
	for id := range int64(12) {
		m := double.Meeting{RecordingID: 18 - id, Title: "A meeting", Start: ended.Add(-time.Hour), End: ended}
		if m.RecordingID == 7 {
			m.Language, m.Summary, m.ActionItems = "it", "They met.", []string{"Send the offer"}
			m.Transcript = []double.Line{{Speaker: "Ada", At: 65 * time.Second, Text: "Buongiorno"}}
			change(&m)
		}
		meetings = append(meetings, m)
	}
	server, err := double.New(double.Config{Keys: []double.Key{{Key: "k", Meetings: meetings}}})
	if err != nil {
		t.Fatal(err)
	}
	listener := httptest.NewServer(server)
	t.Cleanup(listener.Close)
	http := vendorhttp.New(nil, func(outcome.Call) {})
	client := fathom.New(http, listener.URL+"/external/v1", credentials.NewSecret("k"))
	return server, &content{fathom: client, log: slog.New(slog.DiscardHandler)}
}

func unchanged(*double.Meeting) {}

func TestContentOfARecordingIsFoundAndRead(t *testing.T) {
	_, c := contentOf(t, unchanged)
	found, err := c.Find(t.Context(), entry)
	if err != nil || found.Position() != entry {
		t.Fatalf("found %+v, %v", found, err)
	}
	read, err := c.Read(t.Context(), "7")
	if err != nil {
		t.Fatal(err)
	}
	want := followup.Recording{
		Language: "it", Lines: []followup.Line{{Second: 65, Speaker: "Ada", Text: "Buongiorno"}}, Summary: "They met.", ActionItems: []string{"Send the offer"},
	}
	if diff := cmp.Diff(want, read); diff != "" {
		t.Errorf("recording (-want +got):\n%s", diff)
	}
}

func TestContentIsNotMixedWithAnotherRecordings(t *testing.T) {
	_, c := contentOf(t, unchanged)
	if _, err := c.Find(t.Context(), followup.Position{CreatedAt: entry.CreatedAt, RecordingID: "8"}); err != nil {
		t.Fatal(err)
	}
	read, err := c.Read(t.Context(), "7")
	if err != nil || read.Language != "" || read.ActionItems != nil {
		t.Errorf("read %+v, %v", read, err)
	}
}

func TestContentIsNotWrittenAtOnce(t *testing.T) {
	_, c := contentOf(t, func(m *double.Meeting) { m.PendingCalls = 2 })
	for range 2 {
		if _, err := c.Read(t.Context(), "7"); !errors.Is(err, followup.ErrNotWritten) {
			t.Errorf("ended with %v", err)
		}
	}
	if read, err := c.Read(t.Context(), "7"); err != nil || read.Summary == "" {
		t.Errorf("read %+v, %v", read, err)
	}
}

func TestContentNeedsNoSummaryAndNoKnownLanguage(t *testing.T) {
	_, c := contentOf(t, func(m *double.Meeting) { m.Summary, m.Language, m.ActionItems = "", "unknown", nil })
	if _, err := c.Find(t.Context(), entry); err != nil {
		t.Fatal(err)
	}
	read, err := c.Read(t.Context(), "7")
	if err != nil || read.Summary != "" || read.Language != "" || read.ActionItems != nil || len(read.Lines) != 1 {
		t.Errorf("read %+v, %v", read, err)
	}
}

func TestContentSaysWhatIsInTheWay(t *testing.T) {
	find := func(ctx context.Context, c *content) error {
		_, err := c.Find(ctx, entry)
		return err
	}
	read := func(ctx context.Context, c *content) error {
		_, err := c.Read(ctx, "7")
		return err
	}
	always := func(code string) *fault.Fault {
		return &fault.Fault{Kind: fault.Error, Code: code, Times: fault.Always}
	}
	tests := map[string]struct {
		operation string
		fault     *fault.Fault
		do        func(context.Context, *content) error
		want      followup.Problem
	}{
		"no such recording": {do: func(ctx context.Context, c *content) error {
			_, err := c.Find(ctx, followup.Position{CreatedAt: entry.CreatedAt, RecordingID: "99"})
			return err
		}, want: followup.Problem{Reason: followup.MeetingGone}},
		"recorded at another time": {do: func(ctx context.Context, c *content) error {
			_, err := c.Find(ctx, followup.Position{CreatedAt: entry.CreatedAt.Add(time.Minute), RecordingID: "7"})
			return err
		}, want: followup.Problem{Reason: followup.MeetingGone}},
		"no key to find with": {do: func(ctx context.Context, c *content) error { return find(ctx, &content{log: c.log}) }, want: followup.Problem{Reason: followup.FathomNotSetUp}},
		"no key to read with": {do: func(ctx context.Context, c *content) error { return read(ctx, &content{log: c.log}) }, want: followup.Problem{Reason: followup.FathomNotSetUp}},
		"key refused":         {double.ListMeetings, always("401"), find, followup.Problem{Reason: followup.FathomKeyRefused}},
		"list busy":           {double.ListMeetings, &fault.Fault{Kind: fault.RateLimited, RetryAfter: 9}, find, followup.Problem{Reason: followup.FathomBusy, RetryAfter: 9 * time.Second}},
		"transcript busy":     {double.GetTranscript, &fault.Fault{Kind: fault.RateLimited, RetryAfter: 9}, read, followup.Problem{Reason: followup.FathomBusy, RetryAfter: 9 * time.Second}},
		"transcript gone":     {double.GetTranscript, always("404"), read, followup.Problem{Reason: followup.MeetingGone}},
		"transcript down":     {double.GetTranscript, always("500"), read, followup.Problem{Reason: followup.FathomDown}},
		"summary down":        {double.GetSummary, &fault.Fault{Kind: fault.HTML, Times: 2}, read, followup.Problem{Reason: followup.FathomDown}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			server, c := contentOf(t, unchanged)
			if tc.fault != nil {
				if err := server.Fail(tc.operation, *tc.fault); err != nil {
					t.Fatal(err)
				}
			}
			err := tc.do(t.Context(), c)
			problem, ok := errors.AsType[*followup.Problem](err)
			if !ok || *problem != tc.want {
				t.Errorf("ended with %v, want %v", err, &tc.want)
			}
		})
	}
}

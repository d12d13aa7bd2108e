package fathom

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/followup-dev/followup-operator/internal/credentials"
	"github.com/followup-dev/followup-operator/internal/outcome"
	"github.com/followup-dev/followup-operator/internal/vendorhttp"
)

// recording asks a Fathom that gives one answer at a path.
func recording(t *testing.T, path string, status int, body string) *Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet || r.URL.Path != path || r.Header.Get("X-Api-Key") != "key-1" {
			t.Errorf("asked %s %s with the key %q", r.Method, r.URL.Path, r.Header.Get("X-Api-Key"))
		}
		w.WriteHeader(status)
		_, _ = fmt.Fprint(w, body)
	}))
	t.Cleanup(server.Close)
	return New(vendorhttp.New(nil, func(outcome.Call) {}), server.URL, credentials.NewSecret("key-1"))
}

func TestSummaryReadsWhatFathomSends(t *testing.T) {
	for body, want := range map[string]string{
		`{"summary":{"template_name":"general","markdown_formatted":"## Summary\nThey met."}}`: "## Summary\nThey met.",
		`{"summary":{"template_name":null,"markdown_formatted":null}}`:                         "",
		`{"summary":null}`: "",
		`{}`:               "",
	} {
		got, err := recording(t, "/recordings/7/summary", 200, body).Summary(t.Context(), "7")
		if err != nil || got != want {
			t.Errorf("%s: %q, %v", body, got, err)
		}
	}
}

func TestTranscriptReadsWhatFathomSends(t *testing.T) {
	tests := map[string]struct {
		body string
		want []Line
	}{
		"documented": {
			`{"transcript":[{"speaker":{"display_name":"Jane","matched_calendar_invitee_email":null},"text":"Hello","timestamp":"01:05:32"}],"new":1}`,
			[]Line{{Speaker: "Jane", Text: "Hello", At: time.Hour + 5*time.Minute + 32*time.Second}},
		},
		"without a speaker or time": {
			`{"transcript":[{"speaker":null,"text":" Hello ","timestamp":null},{"text":"You","timestamp":"soon"},{"text":"there","timestamp":7}]}`,
			[]Line{{Text: "Hello"}, {Text: "You"}, {Text: "there"}},
		},
		"silence":      {`{"transcript":[{"speaker":{"display_name":"Jane"},"text":" ","timestamp":"00:00:01"}]}`, nil},
		"not yet":      {`{"transcript":[]}`, nil},
		"null":         {`{"transcript":null}`, nil},
		"nothing":      {`{}`, nil},
		"minutes only": {`{"transcript":[{"text":"x","timestamp":"05:32"}]}`, []Line{{Text: "x", At: 332 * time.Second}}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := recording(t, "/recordings/7/transcript", 200, tc.body).Transcript(t.Context(), "7")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("lines (-want +got):\n%s", diff)
			}
		})
	}
}

func TestATranscriptMayBeLong(t *testing.T) {
	line := `{"speaker":{"display_name":"Jane"},"text":"` + strings.Repeat("word ", 200) + `","timestamp":"00:00:01"}`
	body := `{"transcript":[` + strings.Repeat(line+",", 5000) + line + `]}` // 5 MB
	lines, err := recording(t, "/recordings/7/transcript", 200, body).Transcript(t.Context(), "7")
	if err != nil || len(lines) != 5001 {
		t.Errorf("%d lines, %v", len(lines), err)
	}
}

func TestContentOfARecordingThatIsGone(t *testing.T) {
	_, err := recording(t, "/recordings/7/transcript", 404, `{"error":"not found"}`).Transcript(t.Context(), "7")
	want := &outcome.Error{Vendor: "fathom", Operation: "get_transcript", Class: outcome.Permanent, Status: 404}
	if diff := cmp.Diff(error(want), err); diff != "" {
		t.Errorf("error (-want +got):\n%s", diff)
	}
}

package fathom

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/followup-dev/followup-operator/internal/credentials"
	"github.com/followup-dev/followup-operator/internal/outcome"
	"github.com/followup-dev/followup-operator/internal/vendorhttp"
)

var since = time.Date(2026, 11, 9, 12, 0, 0, 0, time.FixedZone("CET", 3600))

// list asks a Fathom that gives one answer, and returns the request it got, too.
func list(t *testing.T, status int, body string, q Query) (Page, *http.Request, error) {
	t.Helper()
	var asked *http.Request
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r
		w.Header().Set("RateLimit-Reset", "9")
		w.WriteHeader(status)
		_, _ = fmt.Fprint(w, body)
	}))
	defer server.Close()
	http := vendorhttp.New(nil, func(outcome.Call) {})
	page, err := New(http, server.URL+"/external/v1/", credentials.NewSecret("key-1")).Meetings(t.Context(), q)
	return page, asked, err
}

func TestMeetingsReadsWhatFathomSends(t *testing.T) {
	tests := map[string]struct {
		body string
		want Page
	}{
		"documented": {
			body: `{"limit":10,"next_cursor":"eyJw","items":[{
				"title":"Quarterly Business Review","meeting_title":"QBR 2025 Q1","meeting_type":"QBR","recording_id":9007199254740993,
				"url":"https://fathom.video/calls/443282345","created_at":"2025-03-01T17:01:30Z",
				"scheduled_start_time":"2025-03-01T16:00:00Z","scheduled_end_time":"2025-03-01T17:00:00Z",
				"recording_start_time":"2025-03-01T16:01:12Z","recording_end_time":"2025-03-01T17:00:55Z",
				"transcript":null,"transcript_language":"it","action_items":[{"description":"Send it","assignee":{"name":null}}],"shared_with":"a_new_value","crm_matches":{"error":"No CRM connected"},
				"calendar_invitees":[{"name":"Alice","email":"a@acme.com","email_domain":"acme.com","is_external":true,"matched_speaker_display_name":null}],
				"recorded_by":{"name":"Bob","email":"b@x.co","email_domain":"x.co","team":null}}]}`,
			want: Page{Next: "eyJw", Meetings: []Meeting{{
				RecordingID: "9007199254740993", Title: "Quarterly Business Review", CalendarTitle: "QBR 2025 Q1",
				URL:            "https://fathom.video/calls/443282345",
				CreatedAt:      at("2025-03-01T17:01:30Z"),
				ScheduledStart: at("2025-03-01T16:00:00Z"), ScheduledEnd: at("2025-03-01T17:00:00Z"),
				RecordingStart: at("2025-03-01T16:01:12Z"), RecordingEnd: at("2025-03-01T17:00:55Z"),
				Invitees:   []Person{{Name: "Alice", Email: "a@acme.com", Domain: "acme.com", External: true}},
				RecordedBy: Person{Name: "Bob", Email: "b@x.co", Domain: "x.co"},
				Language:   "it", ActionItems: []ActionItem{{Description: "Send it"}},
			}}},
		},
		"nulls": {
			body: `{"limit":null,"next_cursor":null,"items":[{"recording_id":1,"title":null,"meeting_title":null,
				"recording_start_time":null,"calendar_invitees":[{"name":null,"email":null,"email_domain":null}],"recorded_by":null}]}`,
			want: Page{Meetings: []Meeting{{RecordingID: "1", Invitees: []Person{{}}}}},
		},
		"absent":               {`{"items":[{"recording_id":"2"}]}`, Page{Meetings: []Meeting{{RecordingID: "2"}}}},
		"a date that is none":  {`{"items":[{"recording_id":3,"created_at":"soon","recording_start_time":7}]}`, Page{Meetings: []Meeting{{RecordingID: "3"}}}},
		"empty invitees":       {`{"items":[{"recording_id":4,"calendar_invitees":[]}]}`, Page{Meetings: []Meeting{{RecordingID: "4", Invitees: []Person{}}}}},
		"null invitees":        {`{"items":[{"recording_id":5,"calendar_invitees":null}]}`, Page{Meetings: []Meeting{{RecordingID: "5"}}}},
		"no meetings":          {`{"items":[]}`, Page{Meetings: []Meeting{}}},
		"null instead of list": {`{"items":null}`, Page{}},
		"nothing":              {`{}`, Page{}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got, _, err := list(t, http.StatusOK, tc.body, Query{CreatedAfter: since})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("page (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMeetingsAsks(t *testing.T) {
	tests := map[string]struct {
		query Query
		want  url.Values
	}{
		"all": {Query{}, url.Values{}},
		"a span": {
			Query{CreatedAfter: since, CreatedBefore: since.Add(time.Second)},
			url.Values{"created_after": {"2026-11-09T11:00:00Z"}, "created_before": {"2026-11-09T11:00:01Z"}},
		},
		"first page":         {Query{CreatedAfter: since}, url.Values{"created_after": {"2026-11-09T11:00:00Z"}}},
		"what is to be done": {Query{ActionItems: true}, url.Values{"include_action_items": {"true"}}},
		"next page":          {Query{CreatedAfter: since, Cursor: "a=b&c"}, url.Values{"created_after": {"2026-11-09T11:00:00Z"}, "cursor": {"a=b&c"}}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			_, asked, err := list(t, http.StatusOK, `{}`, tc.query)
			if err != nil {
				t.Fatal(err)
			}
			if asked.Method != http.MethodGet || asked.URL.Path != "/external/v1/meetings" {
				t.Errorf("asked %s %s", asked.Method, asked.URL.Path)
			}
			if diff := cmp.Diff(tc.want, asked.URL.Query()); diff != "" {
				t.Errorf("query (-want +got):\n%s", diff)
			}
			if got := asked.Header.Get("X-Api-Key"); got != "key-1" {
				t.Errorf("X-Api-Key = %q", got)
			}
		})
	}
}

func TestMeetingsFails(t *testing.T) {
	tests := map[string]struct {
		status int
		body   string
		want   outcome.Error
	}{
		"key refused": {401, `{"error":"no"}`, outcome.Error{Class: outcome.Unauthorized, Status: 401}},
		"limit spent": {429, "", outcome.Error{Class: outcome.Throttled, Status: 429, RetryAfter: 9 * time.Second}},
		"down":        {500, "<html>", outcome.Error{Class: outcome.Transient, Status: 500}},
		"no JSON":     {200, "<html>", outcome.Error{Class: outcome.Transient, Code: "unreadable"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			_, _, err := list(t, tc.status, tc.body, Query{CreatedAfter: since})
			tc.want.Vendor, tc.want.Operation = "fathom", "list_meetings"
			if diff := cmp.Diff(error(&tc.want), err); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
		})
	}
}

func at(s string) Time {
	parsed, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return Time{parsed}
}

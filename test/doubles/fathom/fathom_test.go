package fathom_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/followup-dev/followup-operator/test/doubles/calls"
	"github.com/followup-dev/followup-operator/test/doubles/fathom"
	"github.com/followup-dev/followup-operator/test/doubles/fault"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// meeting number n ended n hours before noon.
func meeting(n int) fathom.Meeting {
	end := noon.Add(-time.Duration(n) * time.Hour)
	return fathom.Meeting{
		RecordingID: int64(1000 + n), Title: fmt.Sprintf("Meeting %d", n), Start: end.Add(-30 * time.Minute), End: end,
		RecordedBy: fathom.Person{Name: "Ada", Email: "ada@acme.example"},
		Invitees:   []fathom.Invitee{{Name: "Bob", Email: "bob@globex.example", External: true}},
	}
}

type double struct {
	*fathom.Server
	url   string
	clock *clock
}

func start(t *testing.T, meetings ...fathom.Meeting) double {
	t.Helper()
	d := double{clock: &clock{now: noon}}
	var err error
	d.Server, err = fathom.New(fathom.Config{Now: d.clock.Now, Keys: []fathom.Key{{Key: "ada", Meetings: meetings}, {Key: "bob"}}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(d.Server)
	t.Cleanup(server.Close)
	d.url = server.URL + "/external/v1/meetings"
	return d
}

type page struct {
	Limit      int              `json:"limit"`
	NextCursor *string          `json:"next_cursor"`
	Items      []map[string]any `json:"items"`
}

func (p page) ids() []int {
	var ids []int
	for _, item := range p.Items {
		ids = append(ids, int(item["recording_id"].(float64)))
	}
	return ids
}

// get asks as the owner of the key and returns the answer with its body read.
func (d double) get(t *testing.T, key string, query url.Values) (*http.Response, page) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, d.url+"?"+query.Encode(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if key != "" {
		r.Header.Set("X-Api-Key", key)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	var p page
	if err := json.Unmarshal(body, &p); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return answer, p
}

func TestPagesOfTenNewestFirst(t *testing.T) {
	var meetings []fathom.Meeting
	for _, n := range []int{3, 1, 2, 4, 5, 6, 7, 8, 9, 10, 12, 11, 13, 14, 15, 16, 17, 18, 19, 20, 21} {
		meetings = append(meetings, meeting(n))
	}
	d := start(t, meetings...)
	var got []int
	query := url.Values{}
	for pages := 1; ; pages++ {
		_, p := d.get(t, "ada", query)
		got = append(got, p.ids()...)
		if p.NextCursor == nil {
			if pages != 3 || p.Limit != 10 {
				t.Errorf("%d pages of %d, want 3 of 10", pages, p.Limit)
			}
			break
		}
		query.Set("cursor", *p.NextCursor)
	}
	if len(got) != 21 || !slices.IsSorted(got) {
		t.Errorf("recordings = %v, want 1001 to 1021, newest first", got)
	}
}

func TestFilters(t *testing.T) {
	internal := meeting(3)
	internal.Invitees = []fathom.Invitee{{Name: "Cem", Email: "cem@acme.example"}}
	internal.RecordedBy = fathom.Person{Name: "Cem", Email: "cem@acme.example", Team: "Sales"}
	tests := map[string]struct {
		query url.Values
		want  []int
	}{
		"none":                  {want: []int{1001, 1002, 1003}},
		"created_after":         {query: url.Values{"created_after": {noon.Add(-2 * time.Hour).Format(time.RFC3339)}}, want: []int{1001, 1002}},
		"created_before":        {query: url.Values{"created_before": {noon.Add(-2 * time.Hour).Format(time.RFC3339)}}, want: []int{1003}},
		"after the very moment": {query: url.Values{"created_after": {noon.Add(-2*time.Hour + 35*time.Second).Format(time.RFC3339)}}, want: []int{1001}},
		"recorded_by":           {query: url.Values{"recorded_by[]": {"CEM@acme.example", "x@y"}}, want: []int{1003}},
		"teams":                 {query: url.Values{"teams[]": {"Sales"}}, want: []int{1003}},
		"domain":                {query: url.Values{"calendar_invitees_domains[]": {"globex.example"}}, want: []int{1001, 1002}},
		"internal":              {query: url.Values{"calendar_invitees_domains_type": {"only_internal"}}, want: []int{1003}},
		"external":              {query: url.Values{"calendar_invitees_domains_type": {"one_or_more_external"}}, want: []int{1001, 1002}},
		"as the SDK asks":       {query: url.Values{"calendar_invitees_domains_type": {"all"}, "include_summary": {"false"}}, want: []int{1001, 1002, 1003}},
		"unknown type: nothing": {query: url.Values{"meeting_type": {"QBR"}}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			d := start(t, meeting(1), meeting(2), internal)
			answer, p := d.get(t, "ada", tc.query)
			if answer.StatusCode != http.StatusOK || !cmp.Equal(tc.want, p.ids()) {
				t.Errorf("%d, recordings %v; want %v", answer.StatusCode, p.ids(), tc.want)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	tests := map[string]struct {
		key   string
		query url.Values
		want  int
	}{
		"no key":            {want: 401},
		"unknown key":       {key: "eve", want: 401},
		"unknown parameter": {key: "ada", query: url.Values{"limit": {"50"}}, want: 400},
		"not RFC 3339":      {key: "ada", query: url.Values{"created_after": {"yesterday"}}, want: 400},
		"made-up cursor":    {key: "ada", query: url.Values{"cursor": {"2"}}, want: 400},
		"cursor of others":  {key: "ada", query: url.Values{"cursor": {"eyJwYWdlX251bSI6Mn0="}}, want: 400},
		"unknown enum":      {key: "ada", query: url.Values{"calendar_invitees_domains_type": {"some"}}, want: 400},
		"twice":             {key: "ada", query: url.Values{"include_summary": {"true", "false"}}, want: 400},
		"not a boolean":     {key: "ada", query: url.Values{"include_summary": {"yes"}}, want: 400},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			d := start(t, meeting(1))
			if answer, _ := d.get(t, tc.key, tc.query); answer.StatusCode != tc.want {
				t.Errorf("status %d, want %d", answer.StatusCode, tc.want)
			}
		})
	}
}

func TestAKeySeesItsOwnMeetingsOnly(t *testing.T) {
	d := start(t, meeting(1))
	if _, p := d.get(t, "bob", nil); len(p.Items) != 0 {
		t.Errorf("Bob sees %v", p.ids())
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, d.url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Api-Key", "ada")
	r.Header.Set("Authorization", "Bearer ada")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("a key beside a bearer token: status %d, want 401", answer.StatusCode)
	}
}

func TestSixtyCallsAMinuteForEachUser(t *testing.T) {
	d := start(t)
	limits := func(answer *http.Response) string {
		return fmt.Sprintf("%d, %s of %s left, %s s", answer.StatusCode, answer.Header.Get("RateLimit-Remaining"),
			answer.Header.Get("RateLimit-Limit"), answer.Header.Get("RateLimit-Reset"))
	}
	want := func(key, want string) {
		t.Helper()
		if answer, _ := d.get(t, key, nil); limits(answer) != want {
			t.Errorf("got %s, want %s", limits(answer), want)
		}
	}
	want("ada", "200, 59 of 60 left, 60 s")
	for range 58 {
		d.get(t, "ada", nil)
	}
	d.clock.Advance(30500 * time.Millisecond)
	want("ada", "200, 0 of 60 left, 30 s")
	want("ada", "429, 0 of 60 left, 30 s")
	want("bob", "200, 59 of 60 left, 60 s")
	d.clock.Advance(30 * time.Second)
	want("ada", "200, 59 of 60 left, 60 s")
	if diff := cmp.Diff(calls.Counts{fathom.ListMeetings: {"ok": 62, "rate_limited": 1}}, d.Calls()); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

func TestTheThreeWaysOfHavingNothing(t *testing.T) {
	for missing, want := range map[fathom.Missing]string{fathom.Null: "null", fathom.Absent: "absent", fathom.Empty: "[]"} {
		m := meeting(1)
		m.Invitees, m.Missing = nil, missing
		_, p := start(t, m).get(t, "ada", nil)
		for _, name := range []string{"calendar_invitees", "transcript", "action_items", "highlights"} {
			got := "absent"
			if value, ok := p.Items[0][name]; ok {
				encoded, err := json.Marshal(value)
				if err != nil {
					t.Fatal(err)
				}
				got = string(encoded)
			}
			if got != want {
				t.Errorf("%s: got %s, want %s", name, got, want)
			}
		}
	}
}

func TestFaults(t *testing.T) {
	d := start(t, meeting(1))
	fail := func(f fault.Fault) {
		t.Helper()
		if err := d.Fail(fathom.ListMeetings, f); err != nil {
			t.Fatal(err)
		}
	}
	fail(fault.Fault{Kind: fault.RateLimited, RetryAfter: 17})
	if answer, _ := d.get(t, "ada", nil); answer.StatusCode != http.StatusTooManyRequests || answer.Header.Get("RateLimit-Reset") != "17" {
		t.Errorf("rate limited: %d %v", answer.StatusCode, answer.Header)
	}
	fail(fault.Fault{Kind: fault.Error, Code: "503"})
	if answer, _ := d.get(t, "ada", nil); answer.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("error 503: %d", answer.StatusCode)
	}
	fail(fault.Fault{Kind: fault.Status, Status: 401, Body: `{"message":"expired"}`})
	if answer, _ := d.get(t, "ada", nil); answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("status 401: %d", answer.StatusCode)
	}
	if err := d.Fail("list_users", fault.Fault{Kind: fault.Drop}); err == nil {
		t.Error("a fault for an unknown operation is taken")
	}
	if answer, p := d.get(t, "ada", nil); answer.StatusCode != http.StatusOK || !strings.HasPrefix(p.Items[0]["title"].(string), "Meeting") {
		t.Errorf("after the faults: %d", answer.StatusCode)
	}
}

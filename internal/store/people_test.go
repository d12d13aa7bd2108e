package store

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"
)

func TestSaveUserThenFindIt(t *testing.T) {
	bed := newTestbed(t)
	tenant := bed.worker.Tenant(bed.syncTenant(t, tenantRecord("acme")))
	if _, err := tenant.FindUser(t.Context(), "U1"); !errors.Is(err, ErrNotFound) {
		t.Fatalf("FindUser before SaveUser: error = %v, want ErrNotFound", err)
	}

	refreshed := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	want := User{SlackUserID: "U1", Email: "ann@acme.test", RealName: "Ann", RefreshedAt: refreshed}
	for range 2 { // insert, then update
		saved, err := tenant.SaveUser(t.Context(), want)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, saved, cmpopts.IgnoreFields(User{}, "ID")); diff != "" {
			t.Errorf("saved (-want +got):\n%s", diff)
		}
		found, err := tenant.FindUser(t.Context(), "U1")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(saved, found); diff != "" {
			t.Errorf("found (-saved +found):\n%s", diff)
		}
		if want.ID != uuid.Nil && saved.ID != want.ID {
			t.Errorf("ID = %v, want %v as before", saved.ID, want.ID)
		}
		want = User{ID: saved.ID, SlackUserID: "U1", Email: "ann@example.test", RealName: "Ann B", RefreshedAt: refreshed.Add(time.Hour)}
	}
}

func TestSaveListedMeetingsThenReadThem(t *testing.T) {
	bed := newTestbed(t)
	tenant := bed.worker.Tenant(bed.syncTenant(t, tenantRecord("acme")))
	user, err := tenant.SaveUser(t.Context(), User{SlackUserID: "U1"})
	if err != nil {
		t.Fatal(err)
	}
	date := time.Date(2026, 11, 20, 14, 0, 0, 0, time.UTC)
	standup := ListedMeeting{"1001", date, "Stand-up", date.Add(-20 * time.Minute), 15, []string{"ann@acme.test"}, "https://fathom.video/1"}
	demo := ListedMeeting{"1002", date.Add(time.Hour), "Demo", date, 45, nil, "https://fathom.video/2"}
	renamed := standup
	renamed.Title = "Daily"

	for _, listed := range [][]ListedMeeting{{standup, demo}, {renamed}, {}} {
		if err := tenant.SaveListedMeetings(t.Context(), user.ID, listed); err != nil {
			t.Fatal(err)
		}
	}
	colleague, err := tenant.SaveUser(t.Context(), User{SlackUserID: "U2"})
	if err != nil {
		t.Fatal(err)
	}
	if err := tenant.SaveListedMeetings(t.Context(), colleague.ID, []ListedMeeting{{RecordingID: "1003"}}); err != nil {
		t.Fatal(err)
	}
	got, err := tenant.ListedMeetings(t.Context(), user.ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]ListedMeeting{demo, renamed}, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("kept (-want +got):\n%s", diff)
	}
}

func TestSaveListedMeetingsKeepsAllOrNone(t *testing.T) {
	bed := newTestbed(t)
	tenant := bed.worker.Tenant(bed.syncTenant(t, tenantRecord("acme")))
	user, err := tenant.SaveUser(t.Context(), User{SlackUserID: "U1"})
	if err != nil {
		t.Fatal(err)
	}
	listed := []ListedMeeting{{RecordingID: "1001"}, {RecordingID: "1002", DurationMinutes: -1}}
	if err := tenant.SaveListedMeetings(t.Context(), user.ID, listed); err == nil {
		t.Error("a negative duration was saved")
	}
	if kept := queryOne[int](t, bed, "SELECT count(*) FROM followup.meeting_sessions"); kept != 0 {
		t.Errorf("%d meetings were kept, want none", kept)
	}
}

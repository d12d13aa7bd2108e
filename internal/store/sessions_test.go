package store

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"
)

// newUsers returns a tenant with two users, U1 and U2.
func (b testbed) newUsers(t *testing.T) (*Tenant, User, User) {
	t.Helper()
	tenant := b.worker.Tenant(b.syncTenant(t, tenantRecord("acme")))
	var users [2]User
	for i, id := range []string{"U1", "U2"} {
		var err error
		users[i], err = tenant.SaveUser(t.Context(), User{SlackUserID: id, Email: id + "@acme.test", RealName: "Name of " + id})
		if err != nil {
			t.Fatal(err)
		}
	}
	return tenant, users[0], users[1]
}

var demo = ListedMeeting{
	RecordingID: "1001", CreatedAt: time.Date(2026, 11, 20, 15, 0, 0, 0, time.UTC), Title: "Demo", Date: time.Date(2026, 11, 20, 14, 0, 0, 0, time.UTC),
	DurationMinutes: 45, Participants: []string{"eve@globex.test"}, URL: "https://fathom.video/1",
}

func openDemo(t *testing.T, tenant *Tenant, user User) Session {
	t.Helper()
	session, err := tenant.OpenSession(t.Context(), user.ID, demo, Attendees{})
	if err != nil {
		t.Fatal(err)
	}
	return session
}

func TestOpenSessionThenFindIt(t *testing.T) {
	bed := newTestbed(t)
	tenant, user, _ := bed.newUsers(t)
	if err := tenant.SaveListedMeetings(t.Context(), user.ID, []ListedMeeting{demo}); err != nil {
		t.Fatal(err)
	}
	attendees := Attendees{
		RecordedBy: Attendee{Name: "Ann", Email: "ann@acme.test", Company: "acme.test"},
		Invitees:   []Attendee{{Email: "eve@globex.test", Company: "globex.test", External: true}, {Name: "Bob"}},
	}
	opened, err := tenant.OpenSession(t.Context(), user.ID, demo, attendees)
	if err != nil {
		t.Fatal(err)
	}
	want := Session{ID: opened.ID, Attendees: attendees, User: user, ListedMeeting: demo}
	if diff := cmp.Diff(want, opened); diff != "" {
		t.Errorf("opened (-want +got):\n%s", diff)
	}

	want.CardChannel, want.CardTS, want.Match = "D1", "1.2", json.RawMessage(`{"account_id": "7"}`)
	if err := errors.Join(tenant.SetCard(t.Context(), want.ID, "D1", "1.2"), tenant.SetMatch(t.Context(), want.ID, want.Match)); err != nil {
		t.Fatal(err)
	}
	// To list the meeting again takes nothing away, to open it again brings it up to date.
	renamed := demo
	renamed.Title, want.Title = "Demo II", "Demo II"
	if err := tenant.SaveListedMeetings(t.Context(), user.ID, []ListedMeeting{renamed}); err != nil {
		t.Fatal(err)
	}
	found, err := tenant.FindSession(t.Context(), want.ID, "U1")
	if diff := cmp.Diff(want, found); err != nil || diff != "" {
		t.Errorf("found: %v (-want +got):\n%s", err, diff)
	}
	want.Attendees = Attendees{RecordedBy: attendees.RecordedBy}
	again, err := tenant.OpenSession(t.Context(), user.ID, renamed, want.Attendees)
	if diff := cmp.Diff(want, again); err != nil || diff != "" {
		t.Errorf("opened again: %v (-want +got):\n%s", err, diff)
	}
}

func TestASessionIsItsUsersOnly(t *testing.T) {
	bed := newTestbed(t)
	tenant, user, colleague := bed.newUsers(t)
	mine, theirs := openDemo(t, tenant, user), openDemo(t, tenant, colleague)
	if mine.ID == theirs.ID {
		t.Error("two users of one meeting share a session")
	}
	for name, ask := range map[string]struct {
		id   uuid.UUID
		user string
	}{"a colleague's": {theirs.ID, "U1"}, "nobody's": {uuid.New(), "U1"}, "of a user not known": {mine.ID, "U9"}} {
		if _, err := tenant.FindSession(t.Context(), ask.id, ask.user); !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: error = %v, want ErrNotFound", name, err)
		}
	}
}

func TestEmailTone(t *testing.T) {
	bed := newTestbed(t)
	tenant, user, _ := bed.newUsers(t)
	for _, want := range []string{"", "formal", "friendly", ""} {
		if err := tenant.SetEmailTone(t.Context(), "U1", want); err != nil {
			t.Fatal(err)
		}
		if _, err := tenant.SaveUser(t.Context(), user); err != nil { // which leaves it
			t.Fatal(err)
		}
		if got, err := tenant.EmailTone(t.Context(), "U1"); got != want || err != nil {
			t.Errorf("tone = %q, %v; want %q", got, err, want)
		}
	}
	if got, err := tenant.EmailTone(t.Context(), "U9"); got != "" || err != nil {
		t.Errorf("of a user not known: %q, %v; want none", got, err)
	}
	if err := tenant.SetEmailTone(t.Context(), "U1", "rude"); err == nil {
		t.Error("a tone that there is not was kept")
	}
}

func TestTheFirstToWriteARevisionWins(t *testing.T) {
	bed := newTestbed(t)
	tenant, user, _ := bed.newUsers(t)
	session := openDemo(t, tenant, user)
	first := Revision{Number: 1, Model: "m1", Texts: json.RawMessage(`{"summary": "first"}`)}
	edited := Revision{Number: 2, Edited: true, Texts: json.RawMessage(`{"summary": "edited"}`)}
	late := Revision{Number: 1, Model: "m2", Texts: json.RawMessage(`{"summary": "late"}`)}

	steps := []struct{ add, want Revision }{{first, first}, {edited, edited}, {late, first}}
	for i, step := range steps {
		got, err := tenant.AddRevision(t.Context(), session.ID, step.add)
		if diff := cmp.Diff(step.want, got, cmpopts.IgnoreFields(Revision{}, "CreatedAt")); err != nil || diff != "" {
			t.Errorf("step %d: %v (-want +got):\n%s", i, err, diff)
		}
		kept, err := tenant.Revision(t.Context(), session.ID, step.add.Number)
		if diff := cmp.Diff(got, kept); err != nil || diff != "" {
			t.Errorf("step %d: then read: %v (-added +kept):\n%s", i, err, diff)
		}
	}
	current, err := tenant.FindSession(t.Context(), session.ID, "U1")
	if err != nil || current.Revision != 2 {
		t.Errorf("current revision = %d, %v; want 2", current.Revision, err)
	}
	if _, err := tenant.Revision(t.Context(), session.ID, 3); !errors.Is(err, ErrNotFound) {
		t.Errorf("a revision not written: error = %v, want ErrNotFound", err)
	}
	if _, err := tenant.AddRevision(t.Context(), uuid.New(), first); !errors.Is(err, ErrNotFound) {
		t.Errorf("of no session: error = %v, want ErrNotFound", err)
	}
}

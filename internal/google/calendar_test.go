package google

import (
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/followup-dev/followup-operator/test/doubles/fault"
	double "github.com/followup-dev/followup-operator/test/doubles/google"
)

func event(t *testing.T) Event {
	t.Helper()
	rome, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		t.Fatal(err)
	}
	return Event{
		Key: "s1/calendar_event/primary/1", Title: "Demo", Description: "Agenda",
		Start: time.Date(2026, 11, 30, 15, 0, 0, 0, rome), Length: 30 * time.Minute,
	}
}

func TestAnEventIsAsItWasAskedFor(t *testing.T) {
	w := start(t, nil)
	made, err := w.calendar().Insert(t.Context(), event(t))
	if err != nil || !strings.HasPrefix(made.URL, "https://www.google.com/calendar/event?eid=") {
		t.Fatalf("made %+v, %v", made, err)
	}
	all, _ := w.Events(ada)
	all[0].Private = nil // a hash
	want := double.Event{
		ID: made.ID, Status: "confirmed", Title: "Demo", Description: "Agenda", Zone: "Europe/Rome",
		Start: event(t).Start, End: event(t).Start.Add(30 * time.Minute),
	}
	if diff := cmp.Diff([]double.Event{want}, all); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if told := w.Invitations(); told != nil {
		t.Errorf("told %+v, want nobody", told)
	}
}

func TestAttendeesAreInvitedAndCancelled(t *testing.T) {
	w := start(t, nil)
	wanted := event(t)
	wanted.Attendees, wanted.Meet = []mail.Address{{Name: "Zoé", Address: "zoe@globex.example"}}, true
	made, err := w.calendar().Insert(t.Context(), wanted)
	if err != nil {
		t.Fatal(err)
	}
	if all, _ := w.Events(ada); len(all) != 1 || all[0].Meet == "" || all[0].Attendees[0] != "zoe@globex.example" {
		t.Errorf("events %+v", all)
	}
	for range 2 { // the second time it is gone
		if err := w.calendar().Delete(t.Context(), made.ID); err != nil {
			t.Error(err)
		}
	}
	if err := w.calendar().Delete(t.Context(), "neverwas"); err != nil {
		t.Error(err)
	}
	want := []double.Invitation{
		{From: ada, To: "zoe@globex.example", EventID: made.ID, Kind: "invitation"},
		{From: ada, To: "zoe@globex.example", EventID: made.ID, Kind: "cancellation"},
	}
	if diff := cmp.Diff(want, w.Invitations()); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
}

func TestAnEventIsMadeOnce(t *testing.T) {
	w := start(t, nil)
	w.strike(t, double.InsertEvent, fault.Fault{Kind: fault.DropAfter})
	made, err := w.calendar().Insert(t.Context(), event(t)) // repeated at once: it is a duplicate
	if err != nil {
		t.Fatal(err)
	}
	changed := event(t)
	changed.Title = "Demo 2"
	again, err := w.calendar().Insert(t.Context(), changed)
	if err != nil || again != made {
		t.Errorf("again %+v, %v; want %+v", again, err, made)
	}
	if all, _ := w.Events(ada); len(all) != 1 || all[0].Title != "Demo" {
		t.Errorf("events %+v, want one as it was made", all)
	}
	if err := w.CancelEvent(ada, made.ID); err != nil {
		t.Fatal(err)
	}
	again, err = w.calendar().Insert(t.Context(), changed)
	if err != nil || again != made {
		t.Errorf("restored %+v, %v; want %+v", again, err, made)
	}
	if all, _ := w.Events(ada); len(all) != 1 || all[0].Title != "Demo 2" || all[0].Status != "confirmed" {
		t.Errorf("events %+v, want it restored as it is wanted now", all)
	}
}

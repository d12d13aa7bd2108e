package road

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// tomorrow is a day that forms take.
func tomorrow() string { return time.Now().AddDate(0, 0, 2).Format(time.DateOnly) }

// Of one meeting: the texts edited and written anew, and each thing done that can be done, with the edited words.
func TestAMeetingIsFollowedUpAllTheWay(t *testing.T) {
	w := newWorld(t)
	w.prepares(ada)
	w.sees(ada, "0:14") // a quote with its place in the recording

	w.clicks(ada, "followup_form_edit")
	w.submits(ada, map[string]string{"subject": "Sixty seats", "body": "Dear Peter,\n\nas agreed.", "note": "They want sixty."})
	w.works()
	w.sees(ada, "Sixty seats")

	w.clicks(ada, "followup_act_gmail_draft")
	drafts, err := w.google.Drafts(adaEmail)
	w.must(err)
	if len(drafts) != 1 || drafts[0].Subject != "Sixty seats" || drafts[0].Text != "Dear Peter,\n\nas agreed.\n" && drafts[0].Text != "Dear Peter,\n\nas agreed." {
		t.Errorf("drafts %+v", drafts)
	} else if diff := cmp.Diff([]string{"peter@initech.example", "samir@initech.example"}, drafts[0].To); diff != "" {
		t.Errorf("to (-want +got):\n%s", diff)
	}

	w.clicks(ada, "followup_form_event")
	w.submits(ada, map[string]string{"title": "Offer", "date": tomorrow(), "time": "15:00", "minutes": "45", "options": "invite"})
	w.works()
	events, err := w.google.Events(adaEmail)
	w.must(err)
	if len(events) != 1 || events[0].Title != "Offer" || events[0].Zone != "Europe/Rome" || len(w.google.Invitations()) != 2 ||
		events[0].End.Sub(events[0].Start) != 45*time.Minute || events[0].Start.In(rome(t)).Format("15:04") != "15:00" {
		t.Errorf("events %+v, invitations %+v", events, w.google.Invitations())
	}

	w.clicks(ada, "followup_act_crm_note")
	w.clicks(ada, "followup_form_task")
	w.submits(ada, map[string]string{"type": "Call", "date": tomorrow(), "time": "09:30", "subject": "Call Peter"})
	w.works()
	w.clicks(ada, "followup_form_deals")
	w.clicks(ada, "followup_form_deal")
	w.submits(ada, map[string]string{"stage": "Won", "amount": "6000,50"})
	w.works()
	w.closes(ada)
	got := w.crono.Received("crono-public")
	if len(got.Notes) != 1 || got.Notes[0].AccountID != "acc-1" || !strings.Contains(got.Notes[0].Text, "They want sixty.") ||
		!strings.Contains(got.Notes[0].Text, "ref: fathom-88012345601-") {
		t.Errorf("notes %+v", got.Notes)
	}
	if len(got.Tasks) != 1 || got.Tasks[0].Subject != "Call Peter" || got.Tasks[0].ContactID != "con-1" || got.Tasks[0].Due.In(rome(t)).Format("15:04") != "09:30" {
		t.Errorf("tasks %+v", got.Tasks)
	}
	if len(got.Changes) != 1 || *got.Changes[0].Stage != "Won" || got.Changes[0].Amount.String() != "6000.50" || got.Changes[0].Description != nil {
		t.Errorf("changes %+v", got.Changes)
	}

	w.clicks(ada, "followup_form_regenerate")
	w.submits(ada, map[string]string{"length": "shorter", "note": "Leave the price out."})
	w.works()
	if requests := w.anthropic.Requests(); len(requests) != 2 || !requests[1].Contains("Leave the price out.") {
		t.Errorf("%d requests to the model", len(requests))
	}
	w.sees(ada, "Version 3")
	if n := w.count(`SELECT count(*) FROM followup.meeting_actions WHERE state = 'done'`); n != 5 {
		t.Errorf("%d actions done, want 5", n)
	}
	for _, event := range []string{"gmail_draft.done", "calendar_event.done", "crm_note.done", "crm_task.done", "crm_deal.done"} {
		if w.count(`SELECT count(*) FROM followup.audit_logs WHERE event_type = $1 AND actor_slack_id = $2`, event, ada) != 1 {
			t.Errorf("%s is not in the audit log", event)
		}
	}
}

func rome(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func TestWhatGoogleMadeIsTakenBack(t *testing.T) {
	w := newWorld(t)
	w.prepares(ada)
	w.clicks(ada, "followup_act_gmail_draft")
	w.clicks(ada, "followup_undo")
	drafts, err := w.google.Drafts(adaEmail)
	w.must(err)
	if len(drafts) != 0 {
		t.Errorf("drafts %+v", drafts)
	}
	w.clicks(ada, "followup_act_gmail_draft")
	if drafts, err = w.google.Drafts(adaEmail); err != nil || len(drafts) != 1 {
		t.Errorf("made again: %+v, %v", drafts, err)
	}
}

// A button that is pressed twice makes one thing, even if both clicks are taken in before the first is worked.
func TestASecondClickMakesNothing(t *testing.T) {
	w := newWorld(t)
	w.prepares(ada)
	for range 3 {
		w.presses(ada, "followup_act_gmail_draft")
		w.presses(ada, "followup_act_crm_note")
	}
	w.works()
	drafts, err := w.google.Drafts(adaEmail)
	w.must(err)
	if notes := w.crono.Received("crono-public").Notes; len(drafts) != 1 || len(notes) != 1 {
		t.Errorf("%d drafts, %d notes; want one each", len(drafts), len(notes))
	}
}

func TestATaskWithoutAMeeting(t *testing.T) {
	w := newWorld(t)
	w.types(ada, "/crono-add-task")
	found, err := w.slack.SendTyping(t.Context(), w.url+"/slack/interactions", typing(ada, "followup_contact", "gib"))
	if err != nil || len(found.Options) != 1 || found.Problems != nil {
		t.Fatalf("%+v, %v\n%s", found, err, w.log)
	}
	w.submits(ada, map[string]string{
		"type": "Email", "date": tomorrow(), "time": "08:00", "subject": "Write to Peter", "followup_contact": found.Options[0].Value,
	})
	w.works()
	tasks := w.crono.Received("crono-public").Tasks
	if len(tasks) != 1 || tasks[0].ContactID != "con-1" || tasks[0].AccountID != "acc-1" || !strings.Contains(tasks[0].Description, "ref: followup-") {
		t.Errorf("tasks %+v", tasks)
	}
	w.sees(ada, "Write to Peter")
}

// A user who corrects the account is believed from then on.
func TestAnAccountIsChosen(t *testing.T) {
	w := newWorld(t)
	w.prepares(ada)
	w.clicks(ada, "followup_form_account")
	found, err := w.slack.SendTyping(t.Context(), w.url+"/slack/interactions", typing(ada, "followup_account_find", "umb"))
	if err != nil || len(found.Options) != 1 {
		t.Fatalf("%+v, %v", found, err)
	}
	w.submits(ada, map[string]string{"followup_account_find": found.Options[0].Value})
	w.works()
	w.clicks(ada, "followup_act_crm_note")
	if notes := w.crono.Received("crono-public").Notes; len(notes) != 1 || notes[0].AccountID != "acc-2" {
		t.Errorf("notes %+v", notes)
	}
	if w.count(`SELECT count(*) FROM followup.account_mappings WHERE mapping_source = 'verified' AND crm_account_id = 'acc-2'`) != 1 {
		t.Error("the choice is not remembered")
	}
}

// Two who were at the same meeting have texts, cards and artefacts of their own.
func TestTwoUsersOfOneMeetingDoNotMeet(t *testing.T) {
	w := newWorld(t)
	for _, user := range []string{ada, bob} {
		w.prepares(user)
	}
	w.clicks(ada, "followup_form_edit")
	w.submits(ada, map[string]string{"subject": "Ada's own"})
	w.works()
	for _, user := range []string{ada, bob} {
		w.clicks(user, "followup_act_gmail_draft")
		w.clicks(user, "followup_act_crm_note")
	}
	for email, subject := range map[string]bool{adaEmail: true, bobEmail: false} {
		drafts, err := w.google.Drafts(email)
		w.must(err)
		if len(drafts) != 1 || (drafts[0].Subject == "Ada's own") != subject {
			t.Errorf("%s: drafts %+v", email, drafts)
		}
	}
	notes := w.crono.Received("crono-public").Notes
	if len(notes) != 2 || notes[0].Text == notes[1].Text {
		t.Errorf("notes %+v, want two that are told apart", notes)
	}
	if strings.Contains(w.screen(bob), "Ada's own") {
		t.Error("Bob sees what Ada wrote")
	}
}

// A colleague who was not there sees neither the meeting nor, by what others have, a follow-up.
func TestAColleagueWhoWasNotThereGetsNothing(t *testing.T) {
	w := newWorld(t)
	w.prepares(ada)
	w.types(eve, "/meetings")
	w.closes(eve)
	before := len(w.anthropic.Requests())
	// What Slack would never send: Eve's clicks with Ada's references.
	w.exec(`INSERT INTO river.river_job (kind, args, max_attempts, queue, state)
		SELECT kind, args || jsonb_build_object('slack_user_id', $1::text, 'view_id', '', 'request_key', id::text), 3, queue, 'available' FROM river.river_job`, eve)
	var session string
	w.must(w.admin.QueryRow(t.Context(), `SELECT id::text FROM followup.meeting_sessions WHERE revision > 0`).Scan(&session))
	for _, args := range []string{
		`"form": "edit"`, `"action": "gmail_draft"`, `"summary": "s", "subject": "s", "body": "b", "note": "n"`, `"account_id": "acc-2"`, `"from": 1`,
	} {
		kind := map[string]string{`"form"`: "open_form", `"action"`: "act", `"summary"`: "save_texts", `"account_id"`: "choose_account", `"from"`: "prepare_followup"}[strings.SplitN(args, ":", 2)[0]]
		w.exec(`INSERT INTO river.river_job (kind, args, max_attempts, queue, state) VALUES ($1, $2::jsonb, 3, 'q', 'available')`, kind,
			`{"tenant_id": "`+w.tenant.String()+`", "slack_user_id": "`+eve+`", "request_key": "`+kind+`", "trigger_id": "1", "received_at": "2026-11-23T10:00:00Z",
			"session_id": "`+session+`", "revision": 1, `+args+`}`)
	}
	w.works()
	for _, told := range []string{"Initech", "two days", "sixty"} {
		if strings.Contains(w.screen(eve), told) {
			t.Errorf("Eve sees %q:\n%s", told, w.screen(eve))
		}
	}
	drafts, _ := w.google.Drafts(adaEmail)
	if len(drafts) != 0 || len(w.anthropic.Requests()) != before || w.count(`SELECT count(*) FROM followup.session_revisions`) != 1 {
		t.Errorf("drafts %+v, %d requests to the model", drafts, len(w.anthropic.Requests()))
	}
}

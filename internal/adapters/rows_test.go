package adapters

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"github.com/followup-dev/followup-operator/internal/followup"
	"github.com/followup-dev/followup-operator/internal/store"
	"github.com/followup-dev/followup-operator/internal/tenancy"
	"github.com/followup-dev/followup-operator/test/postgres"
)

// newRows returns a tenant's rows, with a connection to its CRM.
func newRows(t *testing.T) (*store.Tenant, uuid.UUID) {
	t.Helper()
	database := postgres.New(t)
	control := openDB(t, database.Operator).Control("cluster")
	owner := store.Owner{UID: "u", Namespace: "followup", Name: "acme"}
	tenant, err := control.SyncTenant(t.Context(), store.TenantRecord{
		Owner: owner, SlackAppID: "A1", SlackTeamID: "T1", SlackTeamName: "Acme", PlanTier: "pro", MinuteLimit: 60,
		TimeZone: "Europe/Rome", Locale: "it", Visibility: tenancy.Participants,
	})
	if err != nil {
		t.Fatal(err)
	}
	connection, err := control.SyncConnection(t.Context(), store.ConnectionRecord{Owner: owner, TenantID: tenant.ID, Provider: "crono", Name: "Crono"})
	if err != nil {
		t.Fatal(err)
	}
	return openDB(t, database.Worker).Tenant(tenant.ID), connection.ID
}

func openDB(t *testing.T, dsn string) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), dsn, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

var (
	eve = followup.Person{Name: "Eve", Email: "eve@globex.test", Company: "globex.test", External: true}
	ann = followup.Person{Name: "Ann", Email: "ann@acme.test", Company: "acme.test"}
)

func kickOff() followup.Meeting {
	at := time.Date(2026, 11, 20, 14, 0, 0, 0, time.UTC)
	return followup.Meeting{
		RecordingID: "1001", Title: "Kick-off", URL: "https://fathom.video/calls/1", CreatedAt: at.Add(time.Hour), Start: at, Duration: 45 * time.Minute,
		RecordedBy: ann, Invitees: []followup.Person{ann, eve, {Name: "Room 7"}},
	}
}

// desk is a user with a session of the meeting.
func desk(t *testing.T, rows *store.Tenant, slackUserID string, meeting followup.Meeting) followup.Session {
	t.Helper()
	profile := followup.Profile{Name: "Ann", Email: "ann@acme.test"}
	viewer, err := people{rows}.Save(t.Context(), followup.Viewer{SlackUserID: slackUserID, Profile: profile, RefreshedAt: time.Unix(1000, 0)})
	if err != nil {
		t.Fatal(err)
	}
	opened, err := sheets{rows}.Open(t.Context(), viewer, meeting)
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, "viewer", opened.Viewer, viewer)
	return opened
}

func wantSame(t *testing.T, what string, got, want any, options ...cmp.Option) {
	t.Helper()
	if diff := cmp.Diff(want, got, options...); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestASessionIsReadAsItWasOpened(t *testing.T) {
	rows, _ := newRows(t)
	keep := sheets{rows}
	meeting := kickOff()
	session := desk(t, rows, "U1", meeting)
	wantSame(t, "meeting", session.Meeting, meeting)

	session.Card = followup.Place{Channel: "D1", Timestamp: "1700000000.000100"}
	session.Account = &followup.Match{AccountID: "7", AccountName: "Globex\u0000", Why: followup.ByChoice, ChosenBy: "U1", TimesUsed: 3}
	if err := errors.Join(keep.SetCard(t.Context(), session.ID, session.Card), keep.SetAccount(t.Context(), session.ID, *session.Account)); err != nil {
		t.Fatal(err)
	}
	session.Account.AccountName = "Globex"
	found, err := keep.Session(t.Context(), session.ID, "U1")
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, "found", found, session)
	if _, err := keep.Session(t.Context(), session.ID, "U2"); !errors.Is(err, followup.ErrNoSession) {
		t.Errorf("another user's: error = %v, want ErrNoSession", err)
	}
	nobodys := uuid.New()
	if err := keep.SetCard(t.Context(), nobodys, session.Card); !errors.Is(err, followup.ErrNoSession) {
		t.Errorf("card of no session: error = %v, want ErrNoSession", err)
	}

	// To list the meeting again takes nothing from its session.
	if err := (sessions{rows}).SaveListed(t.Context(), session.Viewer, []followup.Meeting{meeting}); err != nil {
		t.Fatal(err)
	}
	if found, err = keep.Session(t.Context(), session.ID, "U1"); err != nil {
		t.Fatal(err)
	}
	wantSame(t, "after it was listed", found, session)
}

// The follow-up goes to external people, who must not fall off a long list.
func TestAMeetingOfManyKeepsItsExternalPeople(t *testing.T) {
	rows, _ := newRows(t)
	meeting := kickOff()
	meeting.Invitees = nil
	for i := range 2 * maxAttendees {
		meeting.Invitees = append(meeting.Invitees, followup.Person{Email: fmt.Sprintf("%d@acme.test", i)})
	}
	long := eve
	long.Name = strings.Repeat("\x01é", 1000)
	meeting.Invitees = append(meeting.Invitees, eve, long)

	session := desk(t, rows, "U1", meeting)
	want(t, "people", len(session.Meeting.Invitees), maxAttendees)
	wantSame(t, "recipients", session.Recipients(), []followup.Person{eve})
}

func TestTextsAreReadAsTheyWereWritten(t *testing.T) {
	rows, _ := newRows(t)
	session := desk(t, rows, "U1", kickOff())
	texts := followup.Texts{
		Language:  "it",
		Summary:   "Perché \\u0000 \"sì\" <b>\n\u2028🙂",
		Email:     followup.Email{Subject: "Oggi", Body: "Ciao,\n\ngrazie."},
		Note:      "Nota",
		NextSteps: []followup.NextStep{{What: "send the offer", Owner: "Ann", Due: "2026-11-30"}},
		Event:     &followup.Proposal{Title: "Demo", Start: "2026-11-30T15:00", Minutes: 30},
		Insights:  followup.Insights{Objections: []followup.Insight{{Text: "price", Quote: "too much", Second: 7}}},
	}
	first := followup.Revision{Number: 1, Model: "claude", Texts: texts}
	kept, err := sheets{rows}.AddRevision(t.Context(), session.ID, first)
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, "kept", kept, first, cmpopts.IgnoreFields(followup.Revision{}, "CreatedAt"))

	second := followup.Revision{Number: 1, Edited: true, Texts: followup.Texts{Summary: "too late"}}
	again, err := sheets{rows}.AddRevision(t.Context(), session.ID, second)
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, "the second", again, kept)
	if _, err := (sheets{rows}).Revision(t.Context(), session.ID, 2); !errors.Is(err, followup.ErrNoSession) {
		t.Errorf("one that is not there: error = %v, want ErrNoSession", err)
	}
}

func TestStorableJSONDropsNULOnly(t *testing.T) {
	for text, stored := range map[string]string{
		"a\x00b": `"ab"`, `a\u0000b`: `"a\\u0000b"`, "\\\x00": `"\\"`, `\\`: `"\\\\"`, "\x00\x00": `""`, "plain": `"plain"`,
	} {
		got, err := storableJSON(text)
		if err != nil || string(got) != stored || !json.Valid(got) {
			t.Errorf("%q becomes %s, %v; want %s", text, got, err, stored)
		}
	}
}

func TestTonesAreTheUsers(t *testing.T) {
	rows, _ := newRows(t)
	desk(t, rows, "U1", kickOff())
	if err := (sheets{rows}).SetTone(t.Context(), "U1", "formal"); err != nil {
		t.Fatal(err)
	}
	for user, tone := range map[string]string{"U1": "formal", "U2": ""} {
		if got, err := (sheets{rows}).Tone(t.Context(), user); got != tone || err != nil {
			t.Errorf("%s: %q, %v; want %q", user, got, err, tone)
		}
	}
	if err := (sheets{rows}).SetTone(t.Context(), "U2", "formal"); !errors.Is(err, followup.ErrUnknownViewer) {
		t.Errorf("of nobody: error = %v, want ErrUnknownViewer", err)
	}
}

func TestAnActionFromPlanToUndo(t *testing.T) {
	rows, _ := newRows(t)
	session := desk(t, rows, "U1", kickOff())
	book := ledger{rows}
	input, err := json.Marshal(followup.NoteInput{AccountID: "7"})
	if err != nil {
		t.Fatal(err)
	}
	wanted := followup.Action{Key: "k", SessionID: session.ID, ActorID: "U1", Kind: followup.CRMNote, Target: "7", Revision: 1, Input: input}
	planned, err := book.Plan(t.Context(), wanted)
	if err != nil {
		t.Fatal(err)
	}
	sameJSON := cmp.Transformer("json", func(raw json.RawMessage) (v any) { _ = json.Unmarshal(raw, &v); return v })
	wanted.ID, wanted.State, wanted.UpdatedAt = planned.ID, followup.Planned, planned.UpdatedAt
	wantSame(t, "planned", planned, wanted, sameJSON)

	made := followup.Artefact{ExternalID: "n1", URL: "https://crm.test/n1"}
	steps := []struct {
		name  string
		do    func(context.Context) (followup.Action, error)
		state followup.ActionState
		err   error
	}{
		{"begin", func(ctx context.Context) (followup.Action, error) { return book.Begin(ctx, planned.ID, "run 1") }, followup.Planned, nil},
		{"another begins", func(ctx context.Context) (followup.Action, error) { return book.Begin(ctx, planned.ID, "run 2") }, "", followup.ErrBusy},
		{"the same again", func(ctx context.Context) (followup.Action, error) { return book.Begin(ctx, planned.ID, "run 1") }, followup.Unknown, nil},
		{"done", func(ctx context.Context) (followup.Action, error) {
			return followup.Action{}, book.Finish(ctx, planned.ID, followup.Done, made, "")
		}, "", nil},
		{"late word of failure", func(ctx context.Context) (followup.Action, error) {
			return followup.Action{}, book.Finish(ctx, planned.ID, followup.Failed, followup.Artefact{}, followup.CRMDown)
		}, "", followup.ErrBusy},
		{"begin what is done", func(ctx context.Context) (followup.Action, error) { return book.Begin(ctx, planned.ID, "run 3") }, followup.Done, nil},
		{"undo", func(ctx context.Context) (followup.Action, error) {
			return followup.Action{}, book.Finish(ctx, planned.ID, followup.Undone, followup.Artefact{}, "")
		}, "", nil},
	}
	for _, step := range steps {
		got, err := step.do(t.Context())
		if !errors.Is(err, step.err) || step.err == nil && err != nil || got.State != step.state {
			t.Errorf("%s: state %q, %v; want %q, %v", step.name, got.State, err, step.state, step.err)
		}
	}
	wanted.State, wanted.Artefact = followup.Undone, made
	for what, read := range map[string]func() (followup.Action, error){
		"its user's": func() (followup.Action, error) { return book.Action(t.Context(), planned.ID, "U1") },
		"of the session": func() (followup.Action, error) {
			all, err := book.Actions(t.Context(), session.ID)
			return all[0], err
		},
	} {
		got, err := read()
		if err != nil {
			t.Fatal(err)
		}
		wantSame(t, what, got, wanted, sameJSON, cmpopts.IgnoreFields(followup.Action{}, "UpdatedAt"))
	}
	if _, err := book.Action(t.Context(), planned.ID, "U2"); !errors.Is(err, followup.ErrNoSession) {
		t.Errorf("another user's: error = %v, want ErrNoSession", err)
	}
}

// What was done must be kept as done whatever the vendor answers.
func TestAnActionIsDoneWhateverItsVendorCallsIt(t *testing.T) {
	rows, _ := newRows(t)
	book := ledger{rows}
	for key, made := range map[string]followup.Artefact{
		"long": {ExternalID: strings.Repeat("é", maxExternalID), URL: "https://crm.test/" + strings.Repeat("x", maxURL)},
		"nul":  {ExternalID: "1\x00", URL: "\x00"},
	} {
		action, err := book.Plan(t.Context(), followup.Action{Key: key, ActorID: "U1", Kind: followup.CRMTask})
		if err == nil {
			_, err = book.Begin(t.Context(), action.ID, "run")
		}
		if err == nil {
			err = book.Finish(t.Context(), action.ID, followup.Done, made, "")
		}
		if err != nil {
			t.Errorf("%s: %v", key, err)
		}
	}
}

func TestMappingsAreKeptAndGivenBack(t *testing.T) {
	rows, connection := newRows(t)
	keep := accountMappings{rows}
	chosen := followup.Mapping{Domain: "globex.test", AccountName: "Globex", AccountID: "8", Source: followup.Chosen, ChosenBy: "U1"}
	imported := followup.Mapping{Domain: "globex.test", AccountName: "Globex SpA", Source: followup.Imported}
	found := followup.Mapping{Domain: "globex.test", AccountName: "Globex", AccountID: "9", Source: followup.Discovered}
	resolved := imported
	resolved.AccountID = "7"
	err := errors.Join(
		keep.Remember(t.Context(), connection, found), keep.Remember(t.Context(), connection, imported), keep.Remember(t.Context(), connection, chosen),
		keep.Resolve(t.Context(), connection, resolved), keep.Used(t.Context(), connection, resolved), keep.Forget(t.Context(), connection, found),
	)
	if err != nil {
		t.Fatal(err)
	}
	resolved.TimesUsed = 1
	got, err := keep.Find(t.Context(), connection, "globex.test")
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, "found", got, []followup.Mapping{chosen, resolved})
}

func TestAnnouncementsAreFirstOnce(t *testing.T) {
	rows, _ := newRows(t)
	keep := announcements{rows}
	began, err := keep.Since(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	at := began.Add(30 * time.Hour)
	for _, first := range []bool{true, false} {
		if got, err := keep.First(t.Context(), "1001", at); got != first || err != nil {
			t.Errorf("first = %v, %v; want %v", got, err, first)
		}
	}
	since, err := keep.Since(t.Context())
	if err != nil || !since.Equal(at.Add(-6*time.Hour)) {
		t.Errorf("since %v, %v; want six hours before %v", since, err, at)
	}
	if err := keep.Forget(t.Context(), "1001"); err != nil {
		t.Fatal(err)
	}
	if again, err := keep.First(t.Context(), "1001", at); !again || err != nil {
		t.Errorf("after it was forgotten: first = %v, %v", again, err)
	}
}

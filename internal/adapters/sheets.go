package adapters

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/followup-dev/followup-operator/internal/followup"
	"github.com/followup-dev/followup-operator/internal/store"
)

// sheets is the store as followup.Sheets.
type sheets struct{ rows *store.Tenant }

var _ followup.Sheets = sheets{}

// Open implements followup.Sheets.
func (s sheets) Open(ctx context.Context, v followup.Viewer, m followup.Meeting) (followup.Session, error) {
	return session(s.rows.OpenSession(ctx, v.ID, listed(m), attendees(m)))
}

// Session implements followup.Sheets.
func (s sheets) Session(ctx context.Context, id uuid.UUID, slackUserID string) (followup.Session, error) {
	return session(s.rows.FindSession(ctx, id, slackUserID))
}

// Revision implements followup.Sheets.
func (s sheets) Revision(ctx context.Context, id uuid.UUID, number int) (followup.Revision, error) {
	return revision(s.rows.Revision(ctx, id, number))
}

// AddRevision implements followup.Sheets.
func (s sheets) AddRevision(ctx context.Context, id uuid.UUID, r followup.Revision) (followup.Revision, error) {
	texts, err := storableJSON(r.Texts)
	if err != nil {
		return followup.Revision{}, fmt.Errorf("texts: %w", err)
	}
	return revision(s.rows.AddRevision(ctx, id, store.Revision{
		Number: r.Number,
		Edited: r.Edited,
		Model:  cut(storable(r.Model), maxName),
		Texts:  texts,
	}))
}

// SetCard implements followup.Sheets.
func (s sheets) SetCard(ctx context.Context, id uuid.UUID, place followup.Place) error {
	return noSession(s.rows.SetCard(ctx, id, place.Channel, place.Timestamp))
}

// SetAccount implements followup.Sheets.
func (s sheets) SetAccount(ctx context.Context, id uuid.UUID, match followup.Match) error {
	raw, err := storableJSON(match)
	if err != nil {
		return fmt.Errorf("account: %w", err)
	}
	return noSession(s.rows.SetMatch(ctx, id, raw))
}

// Tone implements followup.Sheets.
func (s sheets) Tone(ctx context.Context, slackUserID string) (string, error) {
	return s.rows.EmailTone(ctx, slackUserID)
}

// SetTone implements followup.Sheets. followup.ErrUnknownViewer: there is no such user.
func (s sheets) SetTone(ctx context.Context, slackUserID, tone string) error {
	err := s.rows.SetEmailTone(ctx, slackUserID, tone)
	if errors.Is(err, store.ErrNotFound) {
		return followup.ErrUnknownViewer
	}
	return err
}

func session(row store.Session, err error) (followup.Session, error) {
	if err != nil {
		return followup.Session{}, noSession(err)
	}
	s := followup.Session{
		ID:       row.ID,
		Viewer:   viewer(row.User),
		Meeting:  attended(row.ListedMeeting, row.Attendees),
		Revision: row.Revision,
		Card:     followup.Place{Channel: row.CardChannel, Timestamp: row.CardTS},
	}
	if row.Match != nil {
		s.Account = &followup.Match{}
		if err := json.Unmarshal(row.Match, s.Account); err != nil {
			return followup.Session{}, fmt.Errorf("account of session %s: %w", row.ID, err)
		}
	}
	return s, nil
}

func revision(row store.Revision, err error) (followup.Revision, error) {
	if err != nil {
		return followup.Revision{}, noSession(err)
	}
	r := followup.Revision{Number: row.Number, Edited: row.Edited, Model: row.Model, CreatedAt: row.CreatedAt}
	if err := json.Unmarshal(row.Texts, &r.Texts); err != nil {
		return followup.Revision{}, fmt.Errorf("texts of revision %d: %w", row.Number, err)
	}
	return r, nil
}

// noSession says in followup's terms that a row is not there, or not the user's.
func noSession(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return followup.ErrNoSession
	}
	return err
}

// maxAttendees are kept of a meeting's invitees: more than get a follow-up.
const maxAttendees = 200

// attendees keeps whom a meeting's follow-up is for. Of too many it keeps the external ones first, since it goes to them.
func attendees(m followup.Meeting) store.Attendees {
	invitees := m.Invitees
	if len(invitees) > maxAttendees {
		invitees = slices.Clone(invitees)
		slices.SortStableFunc(invitees, func(a, b followup.Person) int { return cmp.Compare(inside(a), inside(b)) })
	}
	all := store.Attendees{RecordedBy: store.Attendee(keptPerson(m.RecordedBy))}
	for _, p := range keptPeople(invitees, maxAttendees) {
		all.Invitees = append(all.Invitees, store.Attendee(p))
	}
	return all
}

func inside(p followup.Person) int {
	if p.External {
		return 0
	}
	return 1
}

// attended is a meeting as attendees and listed kept it: whole minutes long.
func attended(row store.ListedMeeting, all store.Attendees) followup.Meeting {
	m := followup.Meeting{
		RecordingID: row.RecordingID,
		Title:       row.Title,
		URL:         row.URL,
		CreatedAt:   row.CreatedAt,
		Start:       row.Date,
		Duration:    time.Duration(row.DurationMinutes) * time.Minute,
		RecordedBy:  followup.Person(all.RecordedBy),
	}
	for _, p := range all.Invitees {
		m.Invitees = append(m.Invitees, followup.Person(p))
	}
	return m
}

// withoutNUL drops what storable drops, as JSON has it. A backslash that is escaped itself begins no escape.
var withoutNUL = strings.NewReplacer(`\\`, `\\`, `\u0000`, "")

// storableJSON is v as JSON that Postgres can keep.
func storableJSON(v any) (json.RawMessage, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return json.RawMessage(withoutNUL.Replace(string(raw))), nil
}

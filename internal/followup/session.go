package followup

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// ErrNoSession means that the user has no such session, whoever else may have it.
var ErrNoSession = errors.New("the user has no such session")

// Session is one user's work on one recording. Colleagues who work on the same recording have sessions of their own.
type Session struct {
	ID      uuid.UUID
	Viewer  Viewer // whose it is
	Meeting Meeting
	// Revision is the number of the current texts, 0 before the first.
	Revision int
	// Account is the one at the CRM that the user chose or that was matched, nil if neither.
	Account *Match
	// Card is where the session stands in the user's conversation with the app, the zero value before it does.
	Card Place
}

// Place is a message in Slack.
type Place struct {
	Channel   string // D...
	Timestamp string // which is the message's ID
}

// Recipients are whom the e-mail goes to: the external invitees, or without any all invitees but the user. They come
// from the invitation only, never from the transcript or the model.
func (s Session) Recipients() []Person {
	var external, internal []Person
	for _, p := range s.Meeting.Invitees {
		switch {
		case p.Email == "" || SameAddress(p.Email, s.Viewer.Email):
		case p.External:
			external = append(external, p)
		default:
			internal = append(internal, p)
		}
	}
	people := internal
	if external != nil {
		people = external
	}
	slices.SortStableFunc(people, func(a, b Person) int { return cmp.Compare(strings.ToLower(a.Email), strings.ToLower(b.Email)) })
	return slices.CompactFunc(people, func(a, b Person) bool { return SameAddress(a.Email, b.Email) })
}

// Texts are what was written about a meeting. All of them are plain text in which "\n" ends a line. Whatever in them comes
// from the model has passed Checked.
type Texts struct {
	Language  string     `json:"language"` // of the meeting, a BCP 47 tag such as "it"
	Summary   string     `json:"summary"`
	Email     Email      `json:"email"`
	Note      string     `json:"note"` // for the CRM, in the tenant's language
	NextSteps []NextStep `json:"next_steps,omitempty"`
	Event     *Proposal  `json:"event,omitempty"` // nil if the meeting agreed on none
	Insights  Insights   `json:"insights,omitzero"`
}

// Email is without its recipients: see Session.Recipients.
type Email struct {
	Subject string `json:"subject"`
	Body    string `json:"body"`
}

// NextStep is something that somebody said they would do.
type NextStep struct {
	What  string `json:"what"`
	Owner string `json:"owner,omitempty"` // the name of a participant, "" if it is nobody's
	Due   string `json:"due,omitempty"`   // a date, 2026-11-30, "" if none was said
}

// Proposal is a calendar event that the meeting seems to have agreed on.
type Proposal struct {
	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
	Start       string `json:"start"` // local time in the tenant's zone, 2026-11-30T15:00
	Minutes     int    `json:"minutes"`
}

// Insights help to sell.
type Insights struct {
	PainPoints []Insight `json:"pain_points,omitempty"`
	Objections []Insight `json:"objections,omitempty"`
	Roadblocks []Insight `json:"roadblocks,omitempty"`
}

// Insight is an observation, with the words that it rests on if they are in the transcript.
type Insight struct {
	Text  string `json:"text"`
	Quote string `json:"quote,omitempty"`
	// Second is when the quote was said, from the recording's beginning; meaningful with a Quote only.
	Second int `json:"second,omitempty"`
}

// Wishes are how the user wants the texts of the next revision. The zero value has none.
type Wishes struct {
	Length   string `json:"length,omitempty"`   // "shorter", "longer" or ""
	Language string `json:"language,omitempty"` // of summary and e-mail, a BCP 47 tag, "" for the meeting's
	Tone     string `json:"tone,omitempty"`     // of the e-mail: "neutral", "friendly", "formal", or "" for the user's usual one
	Note     string `json:"note,omitempty"`     // to the writer, in the user's words
}

// Revision is a version of a session's texts. It never changes: an edit makes another one.
type Revision struct {
	Number    int  // from 1
	Edited    bool // by the user, else written by the model
	Model     string
	Texts     Texts
	CreatedAt time.Time
}

// Sheets keep sessions, what was written in them, and how their users like it.
type Sheets interface {
	Revisions
	Marks
	Tones

	// Open creates the user's session of a meeting, or finds it and brings the meeting up to date.
	Open(ctx context.Context, viewer Viewer, meeting Meeting) (Session, error)
	// Session returns one of the user's, or ErrNoSession.
	Session(ctx context.Context, id uuid.UUID, slackUserID string) (Session, error)
}

// Revisions keep a session's texts.
type Revisions interface {
	// Revision returns one by its number, or ErrNoSession.
	Revision(ctx context.Context, id uuid.UUID, number int) (Revision, error)
	// AddRevision keeps texts for good and makes them current, unless later ones are. The first to write a number wins: it
	// returns what is kept.
	AddRevision(ctx context.Context, id uuid.UUID, revision Revision) (Revision, error)
}

// Marks are what is noted on a session.
type Marks interface {
	SetCard(ctx context.Context, id uuid.UUID, place Place) error
	SetAccount(ctx context.Context, id uuid.UUID, match Match) error
}

// Tones are how users like their e-mails.
type Tones interface {
	// Tone is the user's usual tone, "" if they never chose one.
	Tone(ctx context.Context, slackUserID string) (string, error)
	SetTone(ctx context.Context, slackUserID, tone string) error
}

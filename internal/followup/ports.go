package followup

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/followup-dev/followup-operator/internal/crm"
)

// Content is what a recording holds, asked for at each run: it is never kept. Its errors are a *Problem, *outcome.Error
// or worth another run.
type Content interface {
	// Find returns a recording's entry as it is now, or the Problem MeetingGone.
	Find(ctx context.Context, at Position) (Meeting, error)
	// Read returns what was said, or ErrNotWritten while Fathom is still at it.
	Read(ctx context.Context, recordingID string) (Recording, error)
}

// ErrNotWritten means that a recording is there and its content is not yet: it takes minutes after a meeting.
var ErrNotWritten = errors.New("what was said is not written down yet")

// Recording is what was said in a meeting, and what Fathom made of it.
type Recording struct {
	Language    string // BCP 47, "" if unknown
	Lines       []Line
	Summary     string   // Fathom's, in English, Markdown; "" if it has none
	ActionItems []string // Fathom's, in English
}

// Line is one thing said.
type Line struct {
	Second  int // from the recording's beginning
	Speaker string
	Text    string
}

// Writer has the texts of a meeting written. Its errors are a *Problem (WriterRefused, WriterBusy, WriterDown, WriterNotSetUp)
// or an *outcome.Error.
type Writer interface {
	Write(ctx context.Context, brief Brief) (Texts, string, error) // the string names the model
}

// Brief is what a Writer works from.
type Brief struct {
	Meeting    Meeting
	Viewer     Viewer
	Recording  Recording
	Recipients []Person
	Wishes     Wishes
	NoteLocale string         // the language of the CRM note
	Zone       *time.Location // of dates and times
	Now        time.Time
	MaxNote    int
	Previous   *Texts // what is to be written again, nil the first time
}

// Mailbox is the user's own, at Google.
type Mailbox interface {
	Address() string
	// FindDraft looks for the draft with that key.
	FindDraft(ctx context.Context, key string) (made Artefact, found bool, err error)
	CreateDraft(ctx context.Context, draft Draft) (Artefact, error)
	// DeleteDraft succeeds where there is none any more.
	DeleteDraft(ctx context.Context, id string) error
}

// Draft is an e-mail that its user will look at before sending it.
type Draft struct {
	Key     string // makes its Message-ID
	To      []Person
	Subject string
	Body    string // plain; its HTML part is made of it
	At      time.Time
}

// Calendar is the user's own, at Google.
type Calendar interface {
	// Insert makes the event, or finds it made: the ID follows from the key. One that was cancelled is restored.
	Insert(ctx context.Context, event Event) (Artefact, error)
	// Delete succeeds where there is none any more.
	Delete(ctx context.Context, id string) error
}

// Event is a calendar event.
type Event struct {
	Key         string
	Title       string
	Description string
	Start       time.Time // in its zone
	Length      time.Duration
	Attendees   []Person // they are invited
	Meet        bool
}

// Offices are the systems that a user's artefacts go to. An error that is a *Problem says why there is none: GoogleNotSetUp,
// GoogleNotYours, GoogleReconnect, CRMNotSetUp, CRMReconnect.
type Offices interface {
	// Has says what the tenant has connected, without calling anybody.
	Has(ctx context.Context, viewer Viewer) Connected
	Mailbox(ctx context.Context, viewer Viewer) (Mailbox, error)
	Calendar(ctx context.Context, viewer Viewer) (Calendar, error)
	CRM(ctx context.Context) (CRM, error)
}

// Connected is what a user can have done.
type Connected struct {
	Google bool
	CRM    *crm.Capabilities // nil if there is none
}

// CRM is the tenant's, with the connection that its mappings belong to.
type CRM struct {
	crm.CRM

	ConnectionID uuid.UUID
}

// Mappings keep which account of a connection a domain belongs to.
type Mappings interface {
	// Find returns the mappings of a domain, what goes first first: declared, verified, imported, discovered. Those that
	// were discovered and not used for 90 days are left out.
	Find(ctx context.Context, connection uuid.UUID, domain string) ([]Mapping, error)
	// Remember keeps an account that was discovered or, verified, that a user chose.
	Remember(ctx context.Context, connection uuid.UUID, mapping Mapping) error
	// Resolve writes the account's ID into a mapping that only had its name.
	Resolve(ctx context.Context, connection uuid.UUID, mapping Mapping) error
	// Used counts a use.
	Used(ctx context.Context, connection uuid.UUID, mapping Mapping) error
	// Forget drops what was discovered for a domain: its account is gone.
	Forget(ctx context.Context, connection uuid.UUID, mapping Mapping) error
}

// Source is where a mapping comes from.
type Source string

const (
	Declared   Source = "manual" // in the CRMConnection
	Chosen     Source = "verified"
	Imported   Source = "imported"
	Discovered Source = "auto_discovered"
)

// Mapping says that the addresses of a domain belong to an account.
type Mapping struct {
	Domain      string
	AccountName string
	AccountID   string // "" until it is resolved
	Source      Source
	ChosenBy    string // a Slack user ID, of one that a user chose
	TimesUsed   int
}

// Match is an account, and why it is taken for the meeting's.
type Match struct {
	AccountID   string   `json:"account_id"`
	AccountName string   `json:"account_name"`
	AccountURL  string   `json:"account_url,omitempty"`
	Why         MatchWhy `json:"why"`
	Evidence    string   `json:"evidence,omitempty"` // the domain, the address or the name
	ChosenBy    string   `json:"chosen_by,omitempty"`
	TimesUsed   int      `json:"times_used,omitempty"`
}

// MatchWhy is how a match was found.
type MatchWhy string

const (
	ByDeclaration MatchWhy = "declared"
	ByChoice      MatchWhy = "chosen" // by a user, now or before
	ByImport      MatchWhy = "imported"
	ByMapping     MatchWhy = "discovered" // before
	ByContact     MatchWhy = "contact"    // the CRM knows the address
	ByWebsite     MatchWhy = "website"    // the account's host is the address's
	ByName        MatchWhy = "name"
)

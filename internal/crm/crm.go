package crm

import (
	"context"
	"errors"
	"time"
)

// ErrNotFound means that the CRM has no such record, or says so: some deny records that exist.
var ErrNotFound = errors.New("the CRM has no such record")

// CRM is one tenant's CRM, acting with the credentials of one connection. It is safe for concurrent use.
type CRM interface {
	Accounts
	Notes

	Capabilities() Capabilities
	// Ping tries the credentials.
	Ping(ctx context.Context) error
}

// Accounts is how a CRM is searched.
type Accounts interface {
	// Account returns one by its ID, or ErrNotFound.
	Account(ctx context.Context, id string) (Account, error)
	// AccountsByHost returns the accounts whose website is at exactly this host, with or without "www.". If there is none,
	// it returns those whose host has the same Site.
	AccountsByHost(ctx context.Context, host string) ([]Account, error)
	// AccountsByName returns accounts with names like this, as the CRM searches: the best first, at most 20.
	AccountsByName(ctx context.Context, name string) ([]Account, error)
	// Contacts returns people with names like this, of the account or of all ("").
	Contacts(ctx context.Context, name, accountID string) ([]Contact, error)
}

// Notes is how a CRM is written to.
type Notes interface {
	// CreateNote writes a note. Its ID may be unknown ("") where the CRM does not tell it.
	CreateNote(ctx context.Context, note Note) (Record, error)
	// FindNote returns the note of that account with that Ref, or ErrNotFound.
	FindNote(ctx context.Context, note Note) (Record, error)
}

// Tasks is what a CRM with Capabilities.Tasks does beside.
type Tasks interface {
	CreateTask(ctx context.Context, task Task) (Record, error)
	// FindTask returns the task with that Ref, or ErrNotFound. Only with Capabilities.FindsTasks.
	FindTask(ctx context.Context, task Task) (Record, error)
}

// Deals is what a CRM with Capabilities.Deals does beside.
type Deals interface {
	// Deals returns the open deals of an account, at most 50.
	Deals(ctx context.Context, accountID string) ([]Deal, error)
	// Stages returns the names of the stages that a deal can be in, in their order; none if the CRM does not tell.
	Stages(ctx context.Context) ([]string, error)
	// UpdateDeal makes the deal what change says. To do it twice is to do it once.
	UpdateDeal(ctx context.Context, change DealChange) (Record, error)
}

// Capabilities say what a CRM can do, and what its texts may be.
type Capabilities struct {
	Name string // of the CRM, for people: "Crono"
	// NoteHTML: a note's text is HTML. Otherwise it is plain, and markup would be seen.
	NoteHTML bool
	// MaxNote is how many characters a note may have, with its Ref.
	MaxNote int
	Tasks   bool // it implements Tasks
	// TasksNeedContact: a task without a ContactID is refused.
	TasksNeedContact bool
	// FindsTasks: a task of unknown outcome can be looked for. Otherwise its user has to say.
	FindsTasks bool
	Deals      bool     // it implements Deals
	TaskTypes  []string // in the CRM's words, the usual one first
}

// Account is a company that the CRM knows.
type Account struct {
	ID      string
	Name    string
	Website string // as the CRM has it: with or without scheme, perhaps ""
	URL     string // for people, in the CRM
}

// Contact is a person that the CRM knows.
type Contact struct {
	ID        string
	Name      string
	Email     string
	AccountID string // "" if none
}

// Note is a text to be kept with an account.
type Note struct {
	AccountID string
	Text      string // plain, lines separated by "\n"; without the Ref
	Ref       string // one line, unique to what is written; the provider puts it at the end
}

// Task is something to be done.
type Task struct {
	AccountID   string // "" if none
	ContactID   string // "" if none
	Type        string // of Capabilities.TaskTypes
	Due         time.Time
	Subject     string
	Description string
	Ref         string // as of a Note
}

// Deal is a sale in the making.
type Deal struct {
	ID          string
	AccountID   string
	Name        string
	Stage       string
	Amount      string // a decimal number as the CRM writes it, "" if there is none
	Currency    string // "" if the CRM does not say
	Description string
	URL         string
}

// DealChange is what a deal is to be; a nil field stays as it is.
type DealChange struct {
	ID          string
	AccountID   string
	Stage       *string
	Amount      *string // a decimal number
	Description *string
}

// Record is what was written, or found.
type Record struct {
	ID  string // "" if the CRM does not tell
	URL string // for people, "" if there is none
}

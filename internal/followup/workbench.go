package followup

import "time"

// Workbench is what each use case of a follow-up works with, made for one tenant and one click.
type Workbench struct {
	Board    Board
	Sheets   Sheets
	Ledger   Ledger
	Offices  Offices
	Mappings Mappings
	People   People
	Profiles Profiles
	Now      func() time.Time
}

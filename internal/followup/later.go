package followup

import (
	"fmt"
	"time"
)

// Later is an error that asks for another run at At. Until then there is nothing to be done, and the user was told so.
type Later struct { //nolint:errname // nothing failed
	At time.Time
}

func (l *Later) Error() string {
	return fmt.Sprintf("to be run again at %s", l.At.UTC().Format(time.RFC3339))
}

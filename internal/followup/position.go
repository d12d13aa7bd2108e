package followup

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Position is where something stands in Fathom's list: newest first by when its recording's entry was made, in whole
// seconds, then by the number of the recording. It does not move when recordings are added.
type Position struct {
	CreatedAt   time.Time
	RecordingID string
}

// maxRecordingID is the length of the largest 64-bit number.
const maxRecordingID = 19

// IsZero says that it is no position.
func (p Position) IsZero() bool { return p == Position{} }

// String is "<unix seconds>.<recording ID>", of at most 31 characters, or "" for no position. It goes into buttons.
func (p Position) String() string {
	if p.IsZero() {
		return ""
	}
	return fmt.Sprintf("%d.%s", p.CreatedAt.Unix(), p.RecordingID)
}

// ParsePosition reads what String wrote.
func ParsePosition(s string) (Position, error) {
	if s == "" {
		return Position{}, nil
	}
	seconds, id, _ := strings.Cut(s, ".")
	unix, err := strconv.ParseInt(seconds, 10, 64)
	p := Position{CreatedAt: time.Unix(unix, 0).UTC(), RecordingID: id}
	if err != nil || !p.valid() || p.String() != s {
		return Position{}, fmt.Errorf("position in the list: want <unix seconds>.<recording ID>, have %d bytes of something else", len(s))
	}
	return p, nil
}

var year10000 = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) // which RFC 3339 can't write

// valid holds a position to what Fathom can be asked for.
func (p Position) valid() bool {
	odd := func(r rune) bool { return r < '0' || r > '9' }
	return p.CreatedAt.Unix() > 0 && p.CreatedAt.Before(year10000) &&
		p.RecordingID != "" && len(p.RecordingID) <= maxRecordingID && !strings.ContainsFunc(p.RecordingID, odd)
}

// compare is negative if p comes first, that is, if p is newer.
func (p Position) compare(other Position) int {
	return cmp.Or(
		other.CreatedAt.Compare(p.CreatedAt),
		cmp.Compare(len(other.RecordingID), len(p.RecordingID)), // as numbers
		cmp.Compare(other.RecordingID, p.RecordingID),
	)
}

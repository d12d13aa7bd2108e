package followup

import (
	"context"
	"fmt"
	"time"
)

// pick finds one recording again. Fathom has no request for that, but lists those of a few seconds. Whether the user may
// see it is judged by what Fathom says now, not by what the search or a list said.
func (l *Lister) pick(ctx context.Context, at Position, sees func(Meeting) bool) (Meeting, error) {
	span, cursor := Span{After: at.CreatedAt.Add(-time.Second), Before: at.CreatedAt.Add(time.Second)}, ""
	for range maxPages {
		page, next, err := l.Source.Page(ctx, span, cursor)
		if err != nil {
			return Meeting{}, fmt.Errorf("find the meeting again: %w", err)
		}
		for _, m := range page {
			if m.RecordingID == at.RecordingID && sees(m) {
				return m, nil
			}
		}
		if next == "" {
			break
		}
		cursor = next
	}
	return Meeting{}, &Problem{Reason: MeetingGone}
}

package adapters

import (
	"context"
	"time"

	"github.com/followup-dev/followup-operator/internal/followup"
	"github.com/followup-dev/followup-operator/internal/store"
)

// announcements is the store as followup.Announcements.
type announcements struct{ rows *store.Tenant }

var _ followup.Announcements = announcements{}

// First implements followup.Announcements.
func (a announcements) First(ctx context.Context, recordingID string, createdAt time.Time) (bool, error) {
	return a.rows.AnnounceRecording(ctx, recordingID, createdAt)
}

// Forget implements followup.Announcements.
func (a announcements) Forget(ctx context.Context, recordingID string) error {
	return a.rows.ForgetRecording(ctx, recordingID)
}

// Since implements followup.Announcements.
func (a announcements) Since(ctx context.Context) (time.Time, error) {
	return a.rows.PollingSince(ctx)
}

package jobs

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/followup-dev/followup-operator/internal/telemetry"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// VerifyCredentials has one credential tried at its provider.
type VerifyCredentials struct {
	TenantID tenancy.ID `json:"tenant_id"`
	Subject  string     `json:"subject"` // see store.SubjectSlack and so on
	Attempt  string     `json:"attempt"` // a digest: see adapters.Trial
}

// Kind implements river.JobArgs.
func (VerifyCredentials) Kind() string { return telemetry.KindVerifyCredentials }

// verifyPriority is River's last: thousands of these may come at once, and all else goes before them.
const verifyPriority = 4

// InsertOpts implements river.JobArgsWithInsertOpts. Where all attempts of some minutes had no answer, another job follows.
func (VerifyCredentials) InsertOpts() river.InsertOpts {
	return river.InsertOpts{MaxAttempts: 5, Priority: verifyPriority}
}

func (VerifyCredentials) bulk() {}

// verifyBatch is how many are inserted with one statement.
const verifyBatch = 1000

// Verify enqueues these, but for those that wait or run already.
func Verify(ctx context.Context, client *river.Client[pgx.Tx], appID string, wanted []VerifyCredentials) error {
	for batch := range slices.Chunk(wanted, verifyBatch) {
		inserts := make([]river.InsertManyParams, len(batch))
		for i, args := range batch {
			inserts[i] = river.InsertManyParams{Args: args, InsertOpts: &river.InsertOpts{
				Queue: queueOf(appID, args), UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: unfinished},
			}}
		}
		if _, err := client.InsertMany(ctx, inserts); err != nil {
			return fmt.Errorf("enqueue %d tries of credentials: %w", len(batch), err)
		}
	}
	return nil
}

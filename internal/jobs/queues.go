package jobs

import (
	"strings"

	"github.com/riverqueue/river"
)

// InteractiveQueue is the queue of the jobs that a user of the app waits for with their eyes on the screen.
func InteractiveQueue(appID string) string { return strings.ToLower(appID) + "-interactive" }

// BulkQueue is the queue of those that take long, or that nobody waits for: they must not keep the others waiting.
func BulkQueue(appID string) string { return strings.ToLower(appID) + "-bulk" }

// queueOf is where a job of these arguments belongs.
func queueOf(appID string, args river.JobArgs) string {
	if _, ok := args.(interface{ bulk() }); ok {
		return BulkQueue(appID)
	}
	return InteractiveQueue(appID)
}

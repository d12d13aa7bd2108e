package jobs

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/riverqueue/river"

	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// Click is who asked for a job, and where the answer goes.
type Click struct {
	TenantID    tenancy.ID `json:"tenant_id"` // row-level security of the job table reads this key
	SlackUserID string     `json:"slack_user_id"`
	TriggerID   string     `json:"trigger_id"`             // opens one modal within 3 s of ReceivedAt
	ResponseURL string     `json:"response_url,omitempty"` // takes 5 answers within 30 minutes; a shortcut or a click in a modal has none
	RequestKey  string     `json:"request_key"`            // the same for each run of this request, see RequestKey
	ReceivedAt  time.Time  `json:"received_at"`

	ViewID    string `json:"view_id,omitempty"`    // of the modal that was clicked in, or that lies below a submitted one: it is updated
	InMessage bool   `json:"in_message,omitempty"` // a message was clicked in, which is replaced by ResponseURL
	Ephemeral bool   `json:"ephemeral,omitempty"`  // and only its user sees it (container.is_ephemeral): it can't be updated otherwise
}

// RequestKey names a request by its trigger_id, which Slack mints for each invocation. It is the key of the request's
// dedupe row and the external_id of its modal, so that a job run again finds the modal it opened.
func RequestKey(triggerID string) string {
	sum := sha256.Sum256([]byte(triggerID))
	return hex.EncodeToString(sum[:16])
}

// Stamped is a job's arguments that take the click they come from when the click is admitted.
type Stamped interface {
	// Stamp returns the arguments with this click.
	Stamp(click Click) river.JobArgs
}

package jobs

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"github.com/riverqueue/river"

	"github.com/followup-dev/followup-operator/internal/telemetry"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// ListMeetings shows a Slack user a page of their meetings, or one of them. A command or shortcut asks for the newest;
// a click in the list says where it happened and what of the list it wants.
type ListMeetings struct {
	TenantID    tenancy.ID `json:"tenant_id"` // row-level security of the job table reads this key
	SlackUserID string     `json:"slack_user_id"`
	TriggerID   string     `json:"trigger_id"`             // opens one modal within 3 s of ReceivedAt
	ResponseURL string     `json:"response_url,omitempty"` // takes 5 answers within 30 minutes; a shortcut or a click in a modal has none
	RequestKey  string     `json:"request_key"`            // the same for each run of this request, see RequestKey
	ReceivedAt  time.Time  `json:"received_at"`

	ViewID    string `json:"view_id,omitempty"`    // of the modal that was clicked in, which is updated
	InMessage bool   `json:"in_message,omitempty"` // a message was clicked in, which is replaced by ResponseURL
	Before    string `json:"before,omitempty"`     // a followup.Position: show the meetings older than this
	Pick      string `json:"pick,omitempty"`       // a followup.Position: show this one meeting
}

// Kind implements river.JobArgs.
func (ListMeetings) Kind() string { return telemetry.KindListMeetings }

// InsertOpts implements river.JobArgsWithInsertOpts. A user waits: after three attempts the answer is of no use.
func (ListMeetings) InsertOpts() river.InsertOpts { return river.InsertOpts{MaxAttempts: 3} }

// RequestKey names a request by its trigger_id, which Slack mints for each invocation. It is the key of the request's
// dedupe row and the external_id of its modal, so that a job run again finds the modal it opened.
func RequestKey(triggerID string) string {
	sum := sha256.Sum256([]byte(triggerID))
	return hex.EncodeToString(sum[:16])
}

// InteractiveQueue is the queue of the jobs that a user of the app waits for.
func InteractiveQueue(appID string) string { return strings.ToLower(appID) + "-interactive" }

package followup

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/google/uuid"
)

// keyOf is Action.Key of what is done once for each revision of a session and each target.
func keyOf(session uuid.UUID, kind Kind, target string, revision int) string {
	return fmt.Sprintf("%s/%s/%s/%d", session, kind, target, revision)
}

// taskKey is Action.Key of what a form was submitted for, however often.
func taskKey(formKey string) string { return "task/" + formKey }

// dealKey is as taskKey; each form of a deal may change it once.
func dealKey(session uuid.UUID, deal, formKey string) string {
	return fmt.Sprintf("%s/%s/%s/%s", session, CRMDeal, deal, formKey)
}

// RefOf is the line by which what was written to a CRM is found again. It follows from the action's key, so that what two
// users write about the same recording is told apart. meeting is nil for a task that belongs to none.
func RefOf(meeting *Meeting, key string) string {
	sum := sha256.Sum256([]byte(key))
	mark := hex.EncodeToString(sum[:6])
	if meeting == nil {
		return "ref: followup-" + mark
	}
	return "ref: fathom-" + meeting.RecordingID + "-" + mark
}

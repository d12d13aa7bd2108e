package jobs

import (
	"encoding/json"

	"github.com/riverqueue/river/rivertype"
)

// Snoozed says that an earlier run of the job ended in waiting. Such a run does not count as an attempt.
//
// Source: River keeps their number in the job's metadata, see JobSnooze of https://pkg.go.dev/github.com/riverqueue/river
func Snoozed(job *rivertype.JobRow) bool {
	var metadata struct {
		Snoozes int `json:"snoozes"`
	}
	return json.Unmarshal(job.Metadata, &metadata) == nil && metadata.Snoozes > 0
}

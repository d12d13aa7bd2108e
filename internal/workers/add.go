package workers

import (
	"github.com/riverqueue/river"

	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// All registers a worker of each kind; tenants are those of the app.
func All(w Worker, tenants func() []tenancy.Tenant) *river.Workers {
	known := river.NewWorkers()
	river.AddWorker(known, &ListMeetings{Worker: w})
	river.AddWorker(known, &PrepareFollowup{Worker: w})
	river.AddWorker(known, &OpenForm{Worker: w})
	river.AddWorker(known, &SaveTexts{Worker: w})
	river.AddWorker(known, &ChooseAccount{Worker: w})
	river.AddWorker(known, &Act{Worker: w})
	river.AddWorker(known, &AnnounceRecording{Worker: w})
	river.AddWorker(known, &PollRecordings{Worker: w})
	river.AddWorker(known, &SweepRecordings{Worker: w, Tenants: tenants})
	river.AddWorker(known, &VerifyCredentials{Worker: w})
	return known
}

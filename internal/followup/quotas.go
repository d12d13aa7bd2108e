package followup

import (
	"context"
	"time"
)

// Resource is what a tenant's plan limits.
type Resource string

const (
	Requests          Resource = "api_calls"          // of the workspace's users
	MeetingsProcessed Resource = "meetings_processed" // revisions that the model is asked for
	CRMWrites         Resource = "crm_writes"         // notes and tasks made, and deals changed
)

// Limit is one of the tenant's plan that is used up.
type Limit struct {
	Resource Resource
	Period   string // hourly, daily or monthly
	Number   int
	ResetsAt time.Time
}

// Quotas count what a tenant uses.
type Quotas interface {
	// Charge takes one of a resource, and of the same key only once, so that another run pays nothing. It takes nothing and
	// returns the Problem LimitReached where none is left.
	Charge(ctx context.Context, resource Resource, key string) error
}

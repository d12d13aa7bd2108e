package store

import (
	"errors"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/followup-dev/followup-operator/internal/tenancy"
)

func (b testbed) limited(t *testing.T, quotas Quotas) *Tenant {
	t.Helper()
	record := tenantRecord("acme")
	record.Quotas = quotas
	return b.worker.Tenant(b.syncTenant(t, record))
}

func TestChargesAreExactAcrossProcesses(t *testing.T) {
	bed := newTestbed(t)
	tenant := bed.limited(t, Quotas{"crm_writes/monthly": 25, "crm_writes/daily": 1000})
	var charged, refused atomic.Int32
	var group errgroup.Group
	group.SetLimit(8)
	for i := range 60 {
		group.Go(func() error {
			full, err := tenant.Charge(t.Context(), CRMWrites, strconv.Itoa(i))
			switch {
			case err != nil:
				return err
			case full == nil:
				charged.Add(1)
			case full.Period == "monthly" && full.Limit == 25:
				refused.Add(1)
			default:
				return errors.New("exceeded another limit")
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	if charged.Load() != 25 || refused.Load() != 35 {
		t.Errorf("%d charged, %d refused; want 25 and 35", charged.Load(), refused.Load())
	}
	if n := queryOne[int](t, bed, "SELECT sum(current_count) FROM followup.api_rate_limits"); n != 50 {
		t.Errorf("%d counted, want 25 in each of two periods: a refusal charges nothing", n)
	}
}

func TestACharge(t *testing.T) {
	bed := newTestbed(t)
	tenant := bed.limited(t, Quotas{"meetings_processed/daily": 1})
	for _, step := range []struct {
		name, resource, key string
		full                bool
	}{
		{"the first", MeetingsProcessed, "a", false},
		{"of a job that runs again", MeetingsProcessed, "a", false},
		{"one too many", MeetingsProcessed, "b", true},
		{"of what has no limit", APICalls, "c", false},
		{"again of the job that was charged, when all is used up", MeetingsProcessed, "a", false},
	} {
		full, err := tenant.Charge(t.Context(), step.resource, step.key)
		if err != nil || (full != nil) != step.full {
			t.Errorf("%s: %+v, %v; want refused: %t", step.name, full, err, step.full)
		}
	}
	full, err := tenant.Charge(t.Context(), MeetingsProcessed, "b")
	if err != nil || full == nil {
		t.Fatalf("charge = %v, %v; want a refusal", full, err)
	}
	if end := full.ResetsAt.UTC(); end.Hour() != 0 || end.Minute() != 0 {
		t.Errorf("resets at %s, want midnight UTC", end)
	}
	bed.exec(t, "UPDATE followup.api_rate_limits SET period_start = period_start - interval '1 day'") // yesterday's
	if full, err := tenant.Charge(t.Context(), MeetingsProcessed, "b"); err != nil || full != nil {
		t.Errorf("on the next day: %+v, %v; want it charged", full, err)
	}
	if _, err := bed.worker.Tenant(uuid.New()).Charge(t.Context(), APICalls, "a"); !errors.Is(err, tenancy.ErrNotFound) {
		t.Errorf("of no tenant: %v", err)
	}
}

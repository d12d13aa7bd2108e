package store

import (
	"testing"
	"time"
)

func TestAGateIsClosedForTheLongestThatAnyoneSaid(t *testing.T) {
	bed := newTestbed(t)
	tenant := bed.worker.Tenant(bed.syncTenant(t, tenantRecord("acme")))
	now := time.Now().Truncate(time.Microsecond)
	steps := []struct {
		close time.Duration // from now
		want  time.Duration // 0: open
	}{
		{-time.Minute, 0},
		{time.Minute, time.Minute},
		{time.Hour, time.Hour},
		{time.Minute, time.Hour},
	}
	for i, step := range steps {
		if err := tenant.CloseGate(t.Context(), "fathom", now.Add(step.close)); err != nil {
			t.Fatal(err)
		}
		got, err := tenant.GateClosedUntil(t.Context(), "fathom")
		if err != nil || step.want == 0 && !got.IsZero() || step.want > 0 && !got.Equal(now.Add(step.want)) {
			t.Errorf("step %d: closed until %v, %v; want in %v", i, got, err, step.want)
		}
	}
	if got, err := tenant.GateClosedUntil(t.Context(), "crono"); err != nil || !got.IsZero() {
		t.Errorf("of another vendor: %v, %v; want open", got, err)
	}
}

func TestAGateIsClosedForADayAtMost(t *testing.T) {
	bed := newTestbed(t)
	tenant := bed.worker.Tenant(bed.syncTenant(t, tenantRecord("acme")))
	if err := tenant.CloseGate(t.Context(), "fathom", time.Now().AddDate(10, 0, 0)); err != nil {
		t.Fatal(err)
	}
	if !queryOne[bool](t, bed, "SELECT closed_until <= now() + interval '1 day' FROM followup.vendor_gates") {
		t.Error("it is closed for years")
	}
}

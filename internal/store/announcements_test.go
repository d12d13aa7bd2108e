package store

import (
	"testing"
	"time"
)

func TestARecordingIsAnnouncedOnce(t *testing.T) {
	bed := newTestbed(t)
	tenant := bed.worker.Tenant(bed.syncTenant(t, tenantRecord("acme")))
	at := time.Now()
	announce := func(recording string, want bool) {
		t.Helper()
		if first, err := tenant.AnnounceRecording(t.Context(), recording, at); err != nil || first != want {
			t.Errorf("%s: first = %v, %v; want %v", recording, first, err, want)
		}
	}
	announce("1001", true)
	announce("1001", false)
	announce("1002", true)
	if err := tenant.ForgetRecording(t.Context(), "1001"); err != nil {
		t.Fatal(err)
	}
	announce("1001", true)
	announce("1002", false)
}

func TestPollingGoesBackToTheLastButNotBeyondItsBeginning(t *testing.T) {
	bed := newTestbed(t)
	tenant := bed.worker.Tenant(bed.syncTenant(t, tenantRecord("acme")))
	began, err := tenant.PollingSince(t.Context())
	if err != nil || !queryOne[bool](t, bed, "SELECT began_at BETWEEN now() - interval '1 hour' AND now() FROM followup.recording_polls") {
		t.Fatalf("begins at %v, %v; want now", began, err)
	}
	steps := []struct{ announced, want time.Duration }{ // since it began
		{-time.Hour, 0},
		{5 * time.Hour, 0},
		{30 * time.Hour, 24 * time.Hour},
		{20 * time.Hour, 24 * time.Hour},
	}
	for _, step := range steps {
		if _, err := tenant.AnnounceRecording(t.Context(), step.announced.String(), began.Add(step.announced)); err != nil {
			t.Fatal(err)
		}
		since, err := tenant.PollingSince(t.Context())
		if got := since.Sub(began); err != nil || got != step.want {
			t.Errorf("after one of %v: since %v, %v; want %v", step.announced, got, err, step.want)
		}
	}
}

package store

import (
	"errors"
	"testing"

	"github.com/google/uuid"

	"github.com/followup-dev/followup-operator/internal/tenancy"
)

func TestHeldSaysWhoIsPaused(t *testing.T) {
	b := newTestbed(t)
	paused := tenantRecord("paused")
	paused.Stop = tenancy.Hold
	for id, want := range map[tenancy.ID]bool{b.syncTenant(t, paused): true, b.syncTenant(t, tenantRecord("served")): false} {
		if got, err := b.webhook.Tenant(id).Held(t.Context()); err != nil || got != want {
			t.Errorf("%v, %v; want %v", got, err, want)
		}
	}
	if _, err := b.webhook.Tenant(uuid.New()).Held(t.Context()); !errors.Is(err, tenancy.ErrNotFound) {
		t.Errorf("no tenant: %v, want tenancy.ErrNotFound", err)
	}
}

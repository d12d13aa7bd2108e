package store

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/followup-dev/followup-operator/internal/tenancy"
)

func TestConnectionsAreTheActiveOnesOldestFirst(t *testing.T) {
	bed := newTestbed(t)
	id := bed.syncTenant(t, tenantRecord("acme"))
	b, a := bed.connect(t, id, "b"), bed.connect(t, id, "a")
	bed.connect(t, id, "gone")
	if _, err := bed.operator.Control(testCluster).RetireConnection(t.Context(), Owner{Namespace: "followup", Name: "gone"}); err != nil {
		t.Fatal(err)
	}
	got, err := bed.worker.Tenant(id).Connections(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ref := func(name string) tenancy.SecretRef { return tenancy.SecretRef{Name: name, Key: "credentials"} }
	want := []Connection{
		{ID: b, Provider: "crono", Name: "The b", Owner: "b", Credentials: ref("b")},
		{ID: a, Provider: "crono", Name: "The a", Owner: "a", Credentials: ref("a")},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(Connection{}, "CreatedAt")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestMarkConnectionRemembersSinceWhen(t *testing.T) {
	type health struct {
		Digest, Code string
		ReauthAt     *time.Time
		ErrorAt      *time.Time
	}
	bed := newTestbed(t)
	id := bed.syncTenant(t, tenantRecord("acme"))
	connection := bed.connect(t, id, "crono")
	tenant := bed.worker.Tenant(id)
	long := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	steps := []struct {
		mark            ConnectionHealth
		reauth, failing string // "": not at all; "long": since before this step; "now"
	}{
		{ConnectionHealth{ErrorCode: "invalid_grant"}, "", "now"},
		{ConnectionHealth{ErrorCode: "invalid_grant", NeedsReauthDigest: "d1"}, "now", "long"},
		{ConnectionHealth{ErrorCode: "other", NeedsReauthDigest: "d1"}, "long", "now"},
		{ConnectionHealth{ErrorCode: "other", NeedsReauthDigest: "d2"}, "now", "long"},
		{ConnectionHealth{ErrorCode: "other", NeedsReauthDigest: "d2"}, "long", "long"},
		{ConnectionHealth{}, "", ""},
		{ConnectionHealth{}, "", ""},
	}
	for i, step := range steps {
		bed.exec(t, `UPDATE followup.crm_connections SET needs_reauth_at = CASE WHEN needs_reauth_at IS NOT NULL THEN $1::timestamptz END,
			last_error_at = CASE WHEN last_error_at IS NOT NULL THEN $1::timestamptz END`, long)
		if _, err := tenant.MarkConnection(t.Context(), connection, step.mark); err != nil {
			t.Fatalf("step %d: %v", i, err)
		}
		var got health
		err := bed.admin.QueryRow(t.Context(), "SELECT needs_reauth_digest, last_error_code, needs_reauth_at, last_error_at FROM followup.crm_connections").
			Scan(&got.Digest, &got.Code, &got.ReauthAt, &got.ErrorAt)
		if err != nil {
			t.Fatal(err)
		}
		since := func(at *time.Time) string {
			switch {
			case at == nil:
				return ""
			case at.Equal(long):
				return "long"
			default:
				return "now"
			}
		}
		want := [4]string{step.mark.NeedsReauthDigest, step.mark.ErrorCode, step.reauth, step.failing}
		if have := [4]string{got.Digest, got.Code, since(got.ReauthAt), since(got.ErrorAt)}; have != want {
			t.Errorf("step %d: %q, want %q", i, have, want)
		}
		connections, err := tenant.Connections(t.Context())
		if err != nil || connections[0].NeedsReauthDigest != step.mark.NeedsReauthDigest {
			t.Errorf("step %d: %+v, %v", i, connections, err)
		}
	}
}

package store

import (
	"os"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5"

	"github.com/followup-dev/followup-operator/internal/tenancy"
	"github.com/followup-dev/followup-operator/test/postgres"
)

// Who tries the webhook outside Kubernetes inserts a tenant by hand, as the page says.
func TestDocumentedTenantIsServed(t *testing.T) {
	page, err := os.ReadFile("../../docs/outside-kubernetes.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "<<'SQL'\n")
	statement, _, found := strings.Cut(rest, "\nSQL\n")
	if !found {
		t.Fatal("the page has no SQL")
	}
	database := postgres.New(t)
	operator, err := pgx.Connect(t.Context(), database.Operator)
	if err != nil {
		t.Fatal(err)
	}
	defer operator.Close(t.Context())
	if _, err := operator.Exec(t.Context(), statement); err != nil {
		t.Fatalf("%s\n%v", statement, err)
	}

	got, err := openDB(t, database.Webhook).TenantDirectory(t.Context(), App{ID: testApp})
	if err != nil {
		t.Fatal(err)
	}
	want := []tenancy.Tenant{{
		Owner: "acme", Name: "Acme", Workspace: tenancy.Workspace{TeamID: "T0ACME00001"},
		TimeZone: "Europe/Rome", Locale: "en", Visibility: tenancy.Participants,
		SlackToken: tenancy.SecretRef{Name: "tenant-acme-slack", Key: "credentials"},
		FathomKey:  tenancy.SecretRef{Name: "tenant-acme-fathom", Key: "credentials"},
	}}
	if diff := gocmp.Diff(want, got, cmpopts.IgnoreFields(tenancy.Tenant{}, "ID")); diff != "" {
		t.Errorf("directory (-want +got):\n%s", diff)
	}
}

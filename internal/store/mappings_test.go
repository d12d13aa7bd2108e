package store

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/followup-dev/followup-operator/internal/mappings"
)

// newAtlas returns a connection whose tenant declares that globex.test is Globex.
func newAtlas(t *testing.T) (testbed, *Tenant, uuid.UUID) {
	t.Helper()
	bed := newTestbed(t)
	id := bed.syncTenant(t, tenantRecord("acme"))
	connection := bed.connect(t, id, "crono")
	declared := []mappings.Mapping{{Domain: "globex.test", AccountName: "Globex"}}
	if err := bed.operator.Control(testCluster).SaveMappings(t.Context(), id, connection, declared); err != nil {
		t.Fatal(err)
	}
	return bed, bed.worker.Tenant(id), connection
}

func mapping(source, account, id string) AccountMapping {
	return AccountMapping{Domain: "globex.test", CompanyName: account, AccountID: id, Source: source}
}

func remember(t *testing.T, tenant *Tenant, connection uuid.UUID, all ...AccountMapping) {
	t.Helper()
	for _, one := range all {
		if err := tenant.RememberMapping(t.Context(), connection, one); err != nil {
			t.Fatal(err)
		}
	}
}

func wantMappings(t *testing.T, when string, tenant *Tenant, connection uuid.UUID, want ...AccountMapping) {
	t.Helper()
	got, err := tenant.FindMappings(t.Context(), connection, "globex.test")
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%s: %v (-want +got):\n%s", when, err, diff)
	}
}

func TestMappingsInTheirOrder(t *testing.T) {
	bed, tenant, connection := newAtlas(t)
	found, imported := mapping("auto_discovered", "Globex SpA", "9"), mapping("imported", "Globex", "")
	chosen := mapping("verified", "Globex Italia", "8")
	chosen.CreatedBy = "U1"
	remember(t, tenant, connection, found, imported, chosen)
	other := found
	other.Domain = "other.test"
	remember(t, tenant, connection, other)
	declared := mapping("manual", "Globex", "")
	wantMappings(t, "all", tenant, connection, declared, chosen, imported, found)

	bed.exec(t, "UPDATE followup.account_mappings SET updated_at = now() - interval '91 days'")
	wantMappings(t, "91 days later", tenant, connection, declared, chosen, imported)
	if err := tenant.UseMapping(t.Context(), connection, found); err != nil {
		t.Fatal(err)
	}
	found.TimesUsed = 1
	wantMappings(t, "used again", tenant, connection, declared, chosen, imported, found)
}

func TestUsesAreCountedForAnAccount(t *testing.T) {
	_, tenant, connection := newAtlas(t)
	declared, found := mapping("manual", "Globex", ""), mapping("auto_discovered", "Globex", "9")
	remember(t, tenant, connection, found)
	for range 2 {
		if err := tenant.UseMapping(t.Context(), connection, found); err != nil {
			t.Fatal(err)
		}
	}
	remember(t, tenant, connection, found) // found again
	found.TimesUsed = 2
	wantMappings(t, "found again", tenant, connection, declared, found)

	if err := tenant.UseMapping(t.Context(), connection, mapping("auto_discovered", "Globex", "8")); err != nil {
		t.Fatal(err)
	}
	moved := mapping("auto_discovered", "Globex", "10")
	remember(t, tenant, connection, moved)
	wantMappings(t, "another account", tenant, connection, declared, moved)
}

func TestResolveAndForgetMappings(t *testing.T) {
	_, tenant, connection := newAtlas(t)
	declared, found, chosen := mapping("manual", "Globex", "7"), mapping("auto_discovered", "Globex", "9"), mapping("verified", "Globex", "8")
	imported := mapping("imported", "Globex", "6")
	remember(t, tenant, connection, found, chosen, mapping("imported", "Globex", ""))
	for _, resolved := range []AccountMapping{declared, imported, mapping("manual", "Named otherwise by now", "5")} {
		if err := tenant.ResolveMapping(t.Context(), connection, resolved); err != nil {
			t.Fatal(err)
		}
	}
	wantMappings(t, "resolved", tenant, connection, declared, chosen, imported, found)

	for _, other := range []string{"manual", "verified", "imported", "auto_discovered"} { // of another account by now
		if err := tenant.ForgetMapping(t.Context(), connection, mapping(other, "Globex", "1")); err != nil {
			t.Fatal(err)
		}
	}
	wantMappings(t, "of other accounts forgotten", tenant, connection, declared, chosen, imported, found)
	for _, gone := range []AccountMapping{declared, chosen, imported, found} {
		if err := tenant.ForgetMapping(t.Context(), connection, gone); err != nil {
			t.Fatal(err)
		}
	}
	wantMappings(t, "forgotten", tenant, connection, mapping("manual", "Globex", ""), mapping("imported", "Globex", ""))
}

func TestWhatIsDeclaredIsNotOursToMake(t *testing.T) {
	bed, tenant, connection := newAtlas(t)
	for name, forged := range map[string]AccountMapping{
		"another name": mapping("manual", "Mallory", "9"), "another domain": {Domain: "mallory.test", CompanyName: "Mallory", Source: "manual"},
	} {
		if err := tenant.RememberMapping(t.Context(), connection, forged); err == nil {
			t.Errorf("%s: the worker declared a mapping", name)
		}
	}
	bed.execAsWorker(t, tenant, "DELETE FROM account_mappings")
	wantMappings(t, "after all", tenant, connection, mapping("manual", "Globex", ""))
	if err := tenant.RememberMapping(t.Context(), uuid.New(), mapping("verified", "Globex", "1")); !errors.Is(err, ErrNotFound) {
		t.Errorf("no connection: error = %v, want ErrNotFound", err)
	}
}

// execAsWorker runs a statement that no method has.
func (testbed) execAsWorker(t *testing.T, tenant *Tenant, statement string) {
	t.Helper()
	batch := tenant.newBatch()
	batch.Queue(statement)
	if err := tenant.db.pool.SendBatch(t.Context(), batch).Close(); err != nil {
		t.Fatal(err)
	}
}

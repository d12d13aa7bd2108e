package integration

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/internal/reconciler"
)

// scanning is an operator that compares rows with objects all the time.
func scanning(t *testing.T, o *operator) *operator {
	t.Helper()
	o.stop()
	often := &operator{database: o.database, scanEvery: 50 * time.Millisecond}
	often.start(t, "postgres://webhook:"+planted+"@db/followup", func(*ctrl.Options) {})
	return often
}

// scans waits until both kinds were compared again, from beginning to end.
func (o *operator) scans(ns *namespace) {
	ns.t.Helper()
	statements := []string{"scanTenants", "scanConnections"}
	before := map[string]int{}
	for _, statement := range statements {
		before[statement] = o.observed.queries(statement)
	}
	ns.eventually("scan", func(context.Context) error {
		for _, statement := range statements { // each scan sends at least one; the one that ran before may have begun earlier
			if n := o.observed.queries(statement) - before[statement]; n < 4 {
				return fmt.Errorf("%s was sent %d times", statement, n)
			}
		}
		return nil
	})
}

func TestWhatSomebodyElseChangesInTheDatabaseIsRepairedAndTold(t *testing.T) {
	o, ns := everything(t)
	tenant, connection := &v1alpha1.Tenant{ObjectMeta: ns.meta("acme")}, &v1alpha1.CRMConnection{ObjectMeta: ns.meta("acme-crono")}
	ns.get(tenant)
	ns.get(connection)
	o = scanning(t, o)
	o.scans(ns)
	for name, tc := range map[string]struct {
		change string
		kind   string
		of     reconciler.Object
		said   string
	}{
		"a column": {"UPDATE followup.tenants SET timezone = 'Asia/Tokyo' WHERE owner_name = 'acme'", "Tenant", tenant, "changed timezone in"},
		"a limit": {
			`UPDATE followup.tenant_runtime SET minute_limit = 9999, held = true
			 WHERE tenant_id = (SELECT id FROM followup.tenants WHERE owner_name = 'acme')`, "Tenant", tenant, "changed held, minute_limit in",
		},
		"a connection": {
			"UPDATE followup.crm_connections SET credentials_secret_id = 'evil' WHERE owner_name = 'acme-crono'",
			"CRMConnection", connection, "changed credentials_secret_id in",
		},
		"a mapping": {"UPDATE followup.account_mappings SET company_name = 'Evil'", "CRMConnection", connection, "changed account mappings in"},
		"a mark": {
			"UPDATE followup.crm_connections SET account_mappings_digest = '' WHERE owner_name = 'acme-crono'",
			"CRMConnection", connection, "changed account mappings in",
		},
	} {
		t.Run(name, func(t *testing.T) {
			ns := ns.in(t)
			before, rows := o.observed.repairs(tc.kind), o.values(t)
			if changed := o.query(t, tc.change+" RETURNING ''"); len(changed) == 0 {
				t.Fatal("nothing was changed")
			}
			ns.eventually("repair it", func(context.Context) error {
				if now := o.values(t); now != rows {
					return fmt.Errorf("rows:\n%s\nwere:\n%s", now, rows)
				}
				if o.observed.repairs(tc.kind) == before {
					return errors.New("no repair was counted")
				}
				return nil
			})
			ns.eventually("tell what was repaired", func(context.Context) error {
				ns.get(tc.of)
				synced := meta.FindStatusCondition(*tc.of.StatusConditions(), v1alpha1.ConditionDatabaseSynced)
				if synced.Status != metav1.ConditionTrue || synced.Reason != v1alpha1.ReasonRepaired || !strings.Contains(synced.Message, tc.said) {
					return fmt.Errorf("DatabaseSynced is %+v", synced)
				}
				return nil
			})
			ns.eventuallyTold(tc.of.GetName(), "Warning Repaired")
		})
	}
	o.scans(ns)
	repaired := o.observed.repairs("Tenant") + o.observed.repairs("CRMConnection")
	o.scans(ns)
	if again := o.observed.repairs("Tenant") + o.observed.repairs("CRMConnection"); again != repaired {
		t.Errorf("repaired %d times with nothing to repair", again-repaired)
	}
	// What was repaired is told until the spec changes.
	change(ns, tenant, func(tenant *v1alpha1.Tenant) { tenant.Spec.Locale = v1alpha1.Italian })
	ns.await(tenant, v1alpha1.ConditionDatabaseSynced, metav1.ConditionTrue, v1alpha1.ReasonSynced)
}

func TestRowsThatSomebodyElseRemovesComeBack(t *testing.T) {
	o, ns := everything(t)
	connection := &v1alpha1.CRMConnection{ObjectMeta: ns.meta("acme-crono")}
	ns.get(connection)
	id := connection.Status.ConnectionID
	o = scanning(t, o)
	o.query(t, `DELETE FROM followup.account_mappings RETURNING ''`)
	o.query(t, `DELETE FROM followup.crm_connections WHERE owner_name = 'acme-crono' RETURNING id::text`)
	ns.eventually("make the row anew", func(context.Context) error {
		ns.get(connection)
		if connection.Status.ConnectionID == id {
			return fmt.Errorf("it still has %s", id)
		}
		return nil
	})
	o.query(t, `UPDATE followup.tenants SET deleted_at = now(), subscription_status = 'cancelled' WHERE owner_name = 'acme' RETURNING id::text`)
	ns.eventually("bring the tenant back", o.rowBecomes(t, `SELECT subscription_status FROM followup.tenants WHERE owner_name = 'acme'`, "active"))
}

// At rest, scan after scan and resync after resync writes nothing.
func TestScansOfWhatIsAsItShouldBeWriteNothing(t *testing.T) {
	o, ns := everything(t)
	o = scanning(t, o)
	ns.eventually("reconcile all", o.reconciledAll)
	o.scans(ns)
	sent, rows, versions := len(o.requests.sent("/namespaces/"+ns.name+"/")), o.versions(t), ns.resourceVersions()
	reconciled := o.observed.count("Tenant") + o.observed.count("CRMConnection")
	o.scans(ns)
	if writes := o.requests.sent("/namespaces/" + ns.name + "/")[sent:]; len(writes) > 0 {
		t.Errorf("write requests: %v", writes)
	}
	if now := o.versions(t); now != rows {
		t.Errorf("rows:\n%s\nwere:\n%s", now, rows)
	}
	if now := ns.resourceVersions(); !maps.Equal(now, versions) {
		t.Errorf("resource versions %v, were %v", now, versions)
	}
	if again := o.observed.count("Tenant") + o.observed.count("CRMConnection"); again != reconciled {
		t.Errorf("%d objects were reconciled for nothing", again-reconciled)
	}
}

func TestARequestToReconcileIsAcknowledged(t *testing.T) {
	_, ns := everything(t)
	for _, obj := range []reconciler.Object{
		&v1alpha1.SlackApp{ObjectMeta: ns.meta("followup")}, &v1alpha1.Tenant{ObjectMeta: ns.meta("acme")},
		&v1alpha1.CRMConnection{ObjectMeta: ns.meta("acme-crono")},
	} {
		for _, asked := range []string{"2026-11-24T10:00:00Z", "again"} {
			change(ns, obj, func(o reconciler.Object) {
				o.SetAnnotations(map[string]string{v1alpha1.AnnotationReconcileRequestedAt: asked})
			})
			ns.eventually(fmt.Sprintf("acknowledge that %T is to be reconciled", obj), func(context.Context) error {
				ns.get(obj)
				if *obj.StatusLastHandledReconcileAt() != asked {
					return fmt.Errorf("acknowledged %q", *obj.StatusLastHandledReconcileAt())
				}
				return nil
			})
		}
	}
}

// What only a change can mend is looked at once for each change.
func TestAStalledObjectCostsOneReconcileAGeneration(t *testing.T) {
	o, ns := world(t)
	tenant := newTenant("acme")
	tenant.Spec.TimeZone = "Mars/Olympus"
	ns.create(tenant)
	ns.awaitReady(tenant, metav1.ConditionFalse, v1alpha1.ReasonInvalidTimeZone)
	change(ns, tenant, func(tenant *v1alpha1.Tenant) { tenant.Spec.TimeZone = "Mars/Tharsis" })
	ns.eventuallyReadySays(tenant, v1alpha1.ReasonInvalidTimeZone, "Tharsis")
	marker := newConnection("marker", "nobody") // retries of the Tenant would come before this one's second
	ns.create(marker)
	ns.awaitReady(marker, metav1.ConditionFalse, v1alpha1.ReasonTenantNotFound)
	if n := o.observed.count("Tenant"); n != 2 {
		t.Errorf("%d reconciles, want 2", n)
	}
}

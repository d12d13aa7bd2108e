package integration

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/internal/store"
	"github.com/followup-dev/followup-operator/internal/tenancy"
	"github.com/followup-dev/followup-operator/test/postgres"
)

// erasable returns a Tenant whose data goes with it.
func erasable(name string) *v1alpha1.Tenant {
	tenant := newTenant(name)
	tenant.Spec.DeletionPolicy = v1alpha1.DeletionErase
	return tenant
}

// use leaves what a user of a tenant leaves. The job began an hour from now: it is waited for.
func (o *operator) use(t *testing.T, tenant *v1alpha1.Tenant) {
	t.Helper()
	for _, statement := range []string{
		`INSERT INTO followup.users (tenant_id, slack_user_id, slack_email, slack_real_name, refreshed_at) VALUES ($1, 'U1', 'ada@example.com', 'Ada', now())`,
		`INSERT INTO followup.audit_logs (tenant_id, event_type, event_category, actor_slack_id) VALUES ($1, 'command.meetings', 'data_access', 'U1')`,
		`INSERT INTO river.river_job (args, kind, max_attempts, state, attempted_at)
		 VALUES (jsonb_build_object('tenant_id', $1::text), 'k', 1, 'running', now() + interval '1 hour')`,
	} {
		o.query(t, statement, tenant.Status.TenantID)
	}
}

const endJobs = `UPDATE river.river_job SET state = 'completed', finalized_at = now() WHERE state = 'running'`

// wantErased expects no more of a tenant than its tombstone and an audit log that names nobody, and returns the digest.
func (o *operator) wantErased(t *testing.T, tenantID string) (digest string) {
	t.Helper()
	found := o.query(t, `SELECT concat_ws(' ', (SELECT count(*) FROM followup.tenants WHERE id = $1), (SELECT count(*) FROM followup.users WHERE tenant_id = $1),
		(SELECT count(*) FROM followup.crm_connections WHERE tenant_id = $1), (SELECT count(*) FROM river.river_job WHERE args ->> 'tenant_id' = $1::text),
		(SELECT count(*) FROM followup.audit_logs WHERE tenant_id = $1 AND actor_slack_id <> ''),
		(SELECT digest FROM followup.tenant_tombstones WHERE tenant_id = $1 AND erased_at IS NOT NULL))`, tenantID)
	digest, erased := strings.CutPrefix(found[0], "0 0 0 0 0 ")
	if !erased || digest == "" {
		t.Errorf("tenants, users, connections, jobs and named actors left, and digest of the tombstone: %s", found[0])
	}
	return digest
}

func TestErasureFreesTheWorkspaceAndLeavesATombstone(t *testing.T) {
	o, ns := world(t)
	tenant := ns.readyTenant(erasable("acme"))
	connection := newConnection("acme-crono", "acme")
	ns.create(connection)
	ns.awaitReady(connection, metav1.ConditionFalse, v1alpha1.ReasonExternalSecretPending)
	o.use(t, tenant)
	o.query(t, endJobs)
	rival := newTenant("rival")
	ns.create(rival)
	ns.awaitReady(rival, metav1.ConditionFalse, v1alpha1.ReasonWorkspaceAlreadyClaimed)

	ns.remove(tenant)
	ns.awaitGone(tenant)
	digest := o.wantErased(t, tenant.Status.TenantID)
	if line, told := logs.lineWith(digest); !told || !strings.Contains(line, tenant.Status.TenantID) {
		t.Errorf("the log says %q of the erasure", line)
	}
	ns.awaitReady(connection, metav1.ConditionFalse, v1alpha1.ReasonTenantNotFound)
	ns.awaitReady(rival, metav1.ConditionFalse, v1alpha1.ReasonExternalSecretPending)
}

// A kill is a stop without a goodbye: the next operator knows no more either way.
func TestErasureTellsHowFarItIsAndGoesOnInTheNextOperator(t *testing.T) {
	o, ns := world(t)
	tenant := ns.readyTenant(erasable("acme"))
	o.use(t, tenant)
	ns.remove(tenant)
	ns.awaitReady(tenant, metav1.ConditionFalse, v1alpha1.ReasonErasing)
	ns.await(tenant, v1alpha1.ConditionReconciling, metav1.ConditionTrue, v1alpha1.ReasonErasing)
	if got := tenant.Status.Erasure; got == nil || got.StartedAt.IsZero() || got.Step != "running jobs" || *got.RowsDeleted != 0 {
		t.Errorf("erasure %+v, want it to wait for the running job", got)
	}
	ns.eventually("hold the tenant", o.rowBecomes(t, subscription, tenant.Status.TenantID+" cancelled held=true"))
	heir := newTenant("heir")
	heir.Annotations = map[string]string{v1alpha1.AnnotationTakeOver: ns.name + "/acme"}
	ns.create(heir)
	ns.awaitReady(heir, metav1.ConditionFalse, v1alpha1.ReasonErasing)
	o.stop()

	o.query(t, endJobs)
	o = startOperator(t, o.database)
	ns.awaitGone(tenant)
	o.wantErased(t, tenant.Status.TenantID)
	ns.awaitReady(heir, metav1.ConditionFalse, v1alpha1.ReasonExternalSecretPending) // with nothing of acme's
}

// An operator is killed after its first write, the next after its second, and so on until one gets through. Whichever it was, the
// next one ends the erasure, and what is erased is told in a log.
func TestErasureIsFinishedWhereverTheOperatorWasKilled(t *testing.T) {
	const atOnce, enough = 4, 60
	for n := 1; n < enough; n += atOnce {
		var finished atomic.Bool
		t.Run(fmt.Sprint("from ", n), func(t *testing.T) {
			for i := range atOnce {
				t.Run(fmt.Sprint("after ", n+i), func(t *testing.T) {
					t.Parallel()
					if killErasureAfter(t, n+i) {
						finished.Store(true)
					}
				})
			}
		})
		if finished.Load() || t.Failed() {
			return
		}
	}
	t.Errorf("no operator finished within %d writes", enough)
}

// killErasureAfter says whether the operator had finished before it could be killed.
func killErasureAfter(t *testing.T, n int) (finished bool) {
	ns := newNamespace(t)
	tenant := erasable("acme")
	tenant.Finalizers = []string{v1alpha1.FinalizerErase}
	ns.create(tenant)
	killed := &operator{database: postgres.New(t), power: &plug{after: n}}
	id := killed.declare(t, tenant)
	changeStatus(ns, tenant, func(tenant *v1alpha1.Tenant) { tenant.Status.TenantID = id })
	killed.use(t, tenant)
	killed.query(t, endJobs)
	ns.remove(tenant)

	killed.start(t, webhookLogin, ns.only)
	ns.eventually("kill it", func(context.Context) error {
		if killed.power.pulled() || !ns.get(tenant) {
			return nil
		}
		return errors.New("it lives")
	})
	finished = !killed.power.pulled()
	killed.power.pull()
	killed.stop()

	next := &operator{database: killed.database}
	next.start(t, webhookLogin, ns.only)
	ns.awaitGone(tenant)
	if digest := next.wantErased(t, id); digest != "" {
		if _, told := logs.lineWith(digest); !told {
			t.Error("no log tells of the erasure")
		}
	}
	return finished
}

// declare writes the row that a Tenant has once it was synced.
func (o *operator) declare(t *testing.T, tenant *v1alpha1.Tenant) (tenantID string) {
	t.Helper()
	db, err := store.Open(t.Context(), o.database.Operator, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	synced, err := db.Control("cluster").SyncTenant(t.Context(), store.TenantRecord{
		Owner:      store.Owner{UID: string(tenant.UID), Namespace: tenant.Namespace, Name: tenant.Name},
		SlackAppID: appID, SlackTeamID: teamID, SlackTeamName: "Acme",
		PlanTier: "pro", MinuteLimit: 1, TimeZone: "UTC", Locale: "en", Visibility: tenancy.Participants,
	})
	if err != nil {
		t.Fatal(err)
	}
	return synced.ID.String()
}

func TestTheFinalizerIsThereWhileDataIsToBeErased(t *testing.T) {
	_, ns := world(t)
	const others = "example.com/theirs"
	tenant := newTenant("acme")
	tenant.Finalizers = []string{others}
	ns.readyTenant(tenant)
	awaitFinalizers := func(why string, want ...string) {
		t.Helper()
		ns.eventually("finalizers, "+why, func(ctx context.Context) error {
			if err := kube.Get(ctx, client.ObjectKeyFromObject(tenant), tenant); err != nil {
				return err
			}
			if diff := cmp.Diff(want, tenant.Finalizers); diff != "" {
				return errors.New(diff)
			}
			return nil
		})
	}
	set := func(policy v1alpha1.DeletionPolicy) {
		change(ns, tenant, func(tenant *v1alpha1.Tenant) { tenant.Spec.DeletionPolicy = policy })
	}
	awaitFinalizers("under Retain", others)
	set(v1alpha1.DeletionErase)
	awaitFinalizers("under Erase", others, v1alpha1.FinalizerErase)
	change(ns, tenant, func(tenant *v1alpha1.Tenant) { tenant.Finalizers = []string{others} })
	awaitFinalizers("after a vandal", others, v1alpha1.FinalizerErase)
	set(v1alpha1.DeletionRetain)
	awaitFinalizers("under Retain again", others)
	change(ns, tenant, func(tenant *v1alpha1.Tenant) { tenant.Finalizers = nil })
}

func TestWhatWasRetainedCanBeErasedLater(t *testing.T) {
	o, ns := world(t)
	tenant := ns.readyTenant(newTenant("acme"))
	o.use(t, tenant)
	o.query(t, endJobs)
	ns.remove(tenant)
	ns.eventually("retire the tenant", o.rowBecomes(t, subscription, tenant.Status.TenantID+" cancelled held=true"))
	ns.remove(&v1alpha1.SlackApp{ObjectMeta: ns.meta("followup")}) // the parent may have gone first

	again := erasable("acme")
	ns.create(again)
	ns.awaitReady(again, metav1.ConditionFalse, v1alpha1.ReasonSlackAppNotFound)
	ns.remove(again)
	ns.awaitGone(again)
	o.wantErased(t, tenant.Status.TenantID)
}

func TestErasureWaitsForPostgresUnlessItIsGivenUp(t *testing.T) {
	server := postgres.Start(t)
	o := startOperator(t, server.New(t))
	ns := newNamespace(t)
	ns.readySlackApp()
	waiting := ns.readyTenant(erasable("waiting"))
	givenUp := erasable("given-up")
	givenUp.Spec.Workspace.TeamID = "T0000000001"
	ns.readyTenant(givenUp)

	server.Stop()
	for _, tenant := range []*v1alpha1.Tenant{waiting, givenUp} {
		ns.remove(tenant)
		message := ns.awaitReady(tenant, metav1.ConditionUnknown, v1alpha1.ReasonDatabaseUnavailable)
		if !strings.Contains(message, "kubectl annotate tenant "+tenant.Name+" followup.dev/abandon-erasure=true") {
			t.Errorf("the message does not say how to give up: %q", message)
		}
	}
	change(ns, givenUp, func(tenant *v1alpha1.Tenant) {
		tenant.Annotations = map[string]string{v1alpha1.AnnotationAbandonErasure: "true"}
	})
	ns.awaitGone(givenUp)
	server.Restart(t)
	ns.awaitGone(waiting)
	o.wantErased(t, waiting.Status.TenantID)
	if rows := o.query(t, "SELECT id::text FROM followup.tenants"); !slices.Equal(rows, []string{givenUp.Status.TenantID}) {
		t.Errorf("tenants %v, want the one that was given up", rows)
	}
}

// What is left of an erasure that was given up is the same object's again.
func TestAnErasureThatWasGivenUpIsUndoneByApplyingAgain(t *testing.T) {
	giveUp := map[string]func(*v1alpha1.Tenant){
		"by the annotation": func(tenant *v1alpha1.Tenant) {
			tenant.Annotations = map[string]string{v1alpha1.AnnotationAbandonErasure: "true"}
		},
		"by the policy": func(tenant *v1alpha1.Tenant) { tenant.Spec.DeletionPolicy = v1alpha1.DeletionRetain },
	}
	for name, giveUp := range giveUp {
		t.Run(name, func(t *testing.T) {
			o, ns := world(t)
			tenant := ns.readyTenant(erasable("acme"))
			id := tenant.Status.TenantID
			o.use(t, tenant)
			ns.remove(tenant)
			ns.awaitReady(tenant, metav1.ConditionFalse, v1alpha1.ReasonErasing)
			change(ns, tenant, giveUp)
			ns.awaitGone(tenant)

			again := erasable("acme")
			ns.create(again)
			ns.awaitReady(again, metav1.ConditionTrue, v1alpha1.ReasonReady)
			ns.eventually("restore the tenant", o.rowBecomes(t, subscription, id+" active held=false"))
			if users := o.query(t, "SELECT slack_user_id FROM followup.users"); len(users) != 1 {
				t.Errorf("users %v, want the one that was not erased yet", users)
			}
		})
	}
}

package tenant

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/controllers/crmconnection"
	"github.com/followup-dev/followup-operator/controllers/secrets"
	"github.com/followup-dev/followup-operator/internal/reconciler"
	"github.com/followup-dev/followup-operator/internal/store"
	"github.com/followup-dev/followup-operator/internal/tenancy"
	"github.com/followup-dev/followup-operator/test/chaos"
)

// fuzzedRows has a row for the Tenant once one was written, or one that refuses it.
type fuzzedRows struct {
	Rows
	cluster *chaos.Cluster
	refusal error
	last    store.TenantRecord
	row     store.SyncedTenant
	left    int  // rows to erase
	running bool // a job that does not end
	erased  int64
}

func (r *fuzzedRows) SyncTenant(_ context.Context, record store.TenantRecord) (store.SyncedTenant, error) {
	if err := errors.Join(r.refusal, r.cluster.Fail("sync")); err != nil {
		return store.SyncedTenant{}, err
	}
	if strings.Contains(record.SlackTeamName, "\x00") {
		return store.SyncedTenant{}, sqlState("22021")
	}
	row := r.row
	if row.Changed = !cmp.Equal(record, r.last); row.Changed {
		r.cluster.Wrote("row")
		r.last = record
	}
	return row, r.cluster.Fail("synced")
}

func (r *fuzzedRows) RecordInstallation(_ context.Context, _ tenancy.ID, digest string) error {
	if err := r.cluster.Fail("record"); err != nil {
		return err
	}
	r.cluster.Wrote("installation")
	r.row.Installation = store.Installation{TokenDigest: digest}
	return r.cluster.Fail("recorded")
}

func (r *fuzzedRows) RetireTenant(context.Context, store.Owner) (bool, error) {
	return false, r.cluster.Fail("retire")
}

func (r *fuzzedRows) BeginErasure(context.Context, store.Owner, string, string) ([]store.Erasure, error) {
	if r.left == 0 {
		return nil, r.cluster.Fail("begin")
	}
	return []store.Erasure{{TenantID: r.row.ID, StartedAt: time.Unix(1, 5)}}, r.cluster.Fail("begin")
}

func (r *fuzzedRows) EraseSome(context.Context, tenancy.ID) (store.Erased, error) {
	if err := r.cluster.Fail("erase"); err != nil {
		return store.Erased{}, err
	}
	switch {
	case r.running:
		return store.Erased{Step: "running jobs", Total: r.erased}, nil
	case r.left <= 1:
		return store.Erased{Total: r.erased}, nil
	}
	r.cluster.Wrote("erased")
	r.left--
	r.erased++
	return store.Erased{Step: "deliveries", Rows: 1, Total: r.erased}, nil
}

func (r *fuzzedRows) FinishErasure(context.Context, tenancy.ID) error {
	if err := r.cluster.Fail("finish"); err != nil {
		return err
	}
	r.left = 0
	return r.cluster.Fail("finished")
}

func (r *fuzzedRows) Tombstone(context.Context, tenancy.ID) (store.Tombstone, error) {
	return store.Tombstone{TenantID: r.row.ID}, r.cluster.Fail("tombstone")
}

func FuzzReconcile(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("a Tenant of a workspace that is its own"))
	f.Add([]byte(strings.Repeat("\x01", 200)))
	f.Add([]byte(strings.Repeat("\x00\x01\x02\x03", 60)))
	f.Add([]byte(strings.Repeat("\x03\x02\x07\x05\x01", 60)))
	indexes := []chaos.Index{
		{Of: &v1alpha1.CRMConnection{}, Field: crmconnection.IndexTenant, Value: func(obj client.Object) []string {
			return []string{obj.(*v1alpha1.CRMConnection).Spec.TenantRef.Name}
		}},
		{Of: &v1alpha1.Tenant{}, Field: indexReason, Value: func(obj client.Object) []string {
			if ready := reconciler.Ready(obj.(*v1alpha1.Tenant)); ready != nil {
				return []string{ready.Reason}
			}
			return nil
		}},
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		b := chaos.NewBytes(data)
		tenant, objects := fuzzedTenant(b)
		cluster := chaos.NewCluster(t, b, append(objects, tenant), indexes...)
		r := New(Dependencies{
			Cluster: cluster.For(), Rows: newFuzzedRows(b, cluster), Claims: cluster.Claims(),
			Secrets: cluster.Labelled(v1alpha1.LabelTenant), Reports: cluster.Reports(),
		})
		r.now = func() time.Time { return time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC) }
		cluster.Run(t, r, tenant)
	})
}

func newFuzzedRows(b *chaos.Bytes, cluster *chaos.Cluster) *fuzzedRows {
	rows := &fuzzedRows{cluster: cluster, left: b.Pick(4), running: b.Pick(4) == 1}
	rows.row.ID = uuid.UUID{1}
	rows.row.Restored, rows.row.Created = b.Pick(2) == 1, b.Pick(2) == 1
	if b.Pick(2) == 1 {
		rows.row.Installation = store.Installation{TokenDigest: "earlier", DisconnectedAt: new(time.Unix(1, 5)), DisconnectReason: chaos.OneOf(b, store.TokensRevoked, store.AppUninstalled)}
	}
	check := store.Check{Verdict: chaos.OneOf(b, store.CheckAccepted, store.CheckRefused), Code: b.Text()}
	rows.row.Checks = map[string]store.Check{store.SubjectSlack: check}
	owner := store.Owner{Namespace: "another", Name: "globex"}
	rows.refusal = chaos.OneOf[error](b, nil, nil, nil, nil, store.ErrErasing,
		&store.ClaimedError{Owner: owner}, &store.ClaimedError{Owner: owner, Retained: true, TakeOver: "another/globex"})
	return rows
}

func fuzzedTenant(b *chaos.Bytes) (*v1alpha1.Tenant, []client.Object) {
	tenant := &v1alpha1.Tenant{ObjectMeta: metav1.ObjectMeta{Namespace: chaos.Namespace, Name: "acme"}}
	chaos.Age(b, tenant, v1alpha1.FinalizerErase)
	var objects []client.Object
	declare := func(purpose, right string) v1alpha1.Credentials {
		return chaos.Credentials(b, tenant, Kind, secrets.Name(Kind, tenant.Name, purpose), v1alpha1.LabelTenant, &objects, right)
	}
	spec := &tenant.Spec
	spec.SlackAppRef.Name = "followup"
	spec.Workspace = v1alpha1.Workspace{TeamID: "T0123456789", Name: chaos.OneOf(b, "Acme", "a\x00", b.Text())}
	spec.Plan = chaos.OneOf[v1alpha1.Plan](b, v1alpha1.PlanPro, v1alpha1.PlanFree, "team", v1alpha1.Plan(b.Text()))
	if b.Pick(2) == 1 {
		spec.Limits = []v1alpha1.Limit{{Resource: v1alpha1.CRMWrites, Period: chaos.OneOf(b, v1alpha1.PerDay, v1alpha1.PerMinute), Limit: 1}}
	}
	spec.TimeZone = chaos.OneOf(b, "", "Europe/Rome", "Local", "../etc/passwd", b.Text())
	spec.StopPolicy = chaos.OneOf(b, "", v1alpha1.StopNone, v1alpha1.StopHold, v1alpha1.StopHoldAndDrain)
	spec.DeletionPolicy = chaos.OneOf(b, "", v1alpha1.DeletionRetain, v1alpha1.DeletionErase)
	if b.Pick(3) == 1 {
		spec.TrialEndsAt = new(metav1.NewTime(time.Date(2020+b.Pick(20), 1, 1, 0, 0, 0, b.Pick(2), time.UTC)))
	}
	spec.Slack.Credentials = declare("slack", "xoxb-"+chaos.Planted)
	spec.Fathom.Credentials = declare("fathom", chaos.Planted+"fathom")
	if b.Pick(2) == 1 {
		spec.AI.Credentials = declare("ai", "sk-ant-"+chaos.Planted)
	}
	tenant.Status.TenantID = chaos.OneOf(b, "", uuid.UUID{1}.String(), "no UUID")
	if b.Pick(6) != 1 {
		objects = append(objects, chaos.SlackApp(b, "followup"))
	}
	if b.Pick(3) == 1 {
		connection := &v1alpha1.CRMConnection{ObjectMeta: metav1.ObjectMeta{Namespace: chaos.Namespace, Name: "crm"}}
		connection.Spec.TenantRef.Name = chaos.OneOf(b, "acme", "another")
		connection.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: chaos.OneOf(b, metav1.ConditionTrue, metav1.ConditionFalse)}}
		objects = append(objects, connection)
	}
	chaos.Surroundings(b, &objects)
	return tenant, objects
}

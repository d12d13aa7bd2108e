package crmconnection

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/controllers/secrets"
	"github.com/followup-dev/followup-operator/internal/mappings"
	"github.com/followup-dev/followup-operator/internal/store"
	"github.com/followup-dev/followup-operator/internal/tenancy"
	"github.com/followup-dev/followup-operator/test/chaos"
)

// fuzzedRows has a row for the connection once one was written, and nothing else.
type fuzzedRows struct {
	Rows
	cluster *chaos.Cluster
	missing bool // the tenant's row
	last    store.ConnectionRecord
	row     store.SyncedConnection
}

func (r *fuzzedRows) SyncConnection(_ context.Context, record store.ConnectionRecord) (store.SyncedConnection, error) {
	if err := r.cluster.Fail("sync"); err != nil {
		return store.SyncedConnection{}, err
	}
	if r.missing {
		return store.SyncedConnection{}, tenancy.ErrNotFound
	}
	row := r.row
	if row.Changed = record != r.last; row.Changed {
		r.cluster.Wrote("row")
		r.last = record
	}
	return row, r.cluster.Fail("synced")
}

func (r *fuzzedRows) SaveMappings(_ context.Context, _ tenancy.ID, _ uuid.UUID, declared []mappings.Mapping) error {
	if err := r.cluster.Fail("save"); err != nil {
		return err
	}
	r.cluster.Wrote("mappings")
	r.row.MappingsDigest = mappings.Digest(declared)
	return r.cluster.Fail("saved")
}

func (r *fuzzedRows) RetireConnection(context.Context, store.Owner) (bool, error) {
	return false, r.cluster.Fail("retire")
}

func FuzzReconcile(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("a connection to Crono whose Tenant is there"))
	f.Add([]byte(strings.Repeat("\x01", 200)))
	f.Add([]byte(strings.Repeat("\x00\x01\x02\x03", 60)))
	f.Add([]byte(strings.Repeat("\x03\x02\x07\x05\x01", 60)))
	f.Fuzz(func(t *testing.T, data []byte) {
		b := chaos.NewBytes(data)
		connection, objects := fuzzedConnection(b)
		cluster := chaos.NewCluster(t, b, append(objects, connection))
		rows := &fuzzedRows{cluster: cluster, missing: b.Pick(8) == 1, row: fuzzedRow(b)}
		r := New(Dependencies{Cluster: cluster.For(), Rows: rows, Secrets: cluster.Labelled(v1alpha1.LabelTenant), Reports: cluster.Reports()})
		cluster.Run(t, r, connection)
	})
}

func fuzzedRow(b *chaos.Bytes) store.SyncedConnection {
	at := time.Date(2026, 1, 1, 0, 0, 0, b.Pick(2), time.FixedZone("", 3600))
	row := store.SyncedConnection{Synced: store.Synced{ID: uuid.UUID{1}}}
	row.Check = store.Check{Verdict: chaos.OneOf(b, store.CheckAccepted, store.CheckRefused, store.CheckUnavailable, "of a later release"), Code: b.Text()}
	row.Health = store.KnownHealth{NeedsReauthDigest: chaos.OneOf(b, "", "x"), ErrorCode: chaos.OneOf(b, "", "timeout")}
	row.Health.LastErrorAt, row.Health.LastSuccessAt = chaos.OneOf(b, nil, &at), chaos.OneOf(b, nil, &at)
	return row
}

func fuzzedConnection(b *chaos.Bytes) (*v1alpha1.CRMConnection, []client.Object) {
	connection := &v1alpha1.CRMConnection{ObjectMeta: metav1.ObjectMeta{Namespace: chaos.Namespace, Name: "acme-crm"}}
	chaos.Age(b, connection, "example.com/finalizer")
	spec := &connection.Spec
	spec.TenantRef.Name = "acme"
	spec.Provider = chaos.OneOf(b, v1alpha1.CronoProvider, v1alpha1.GoogleProvider)
	var objects []client.Object
	spec.Credentials = chaos.Credentials(b, connection, Kind, secrets.Name(Kind, connection.Name, ""), v1alpha1.LabelTenant, &objects,
		`{"public_key": "`+chaos.Planted+`", "private_key": "x"}`, `{"email": "ada@acme.example", "refresh_token": "`+chaos.Planted+`"}`)
	for range b.Pick(3) {
		spec.AccountMappings = append(spec.AccountMappings, v1alpha1.AccountMapping{Domain: chaos.OneOf(b, "a.example", "A.Example", b.Text()), AccountName: b.Text()})
	}
	if b.Pick(2) == 1 {
		ref := v1alpha1.ConfigMapKeyReference{Name: "mappings", Key: "json"}
		spec.AccountMappingsFrom = []v1alpha1.AccountMappingsSource{{ConfigMapKeyRef: ref}}
		file := chaos.OneOf(b, `{"domain_to_account": {"b.example": "B"}}`, "{", b.Text())
		objects = append(objects, &corev1.ConfigMap{
			ObjectMeta: metav1.ObjectMeta{Namespace: chaos.Namespace, Name: chaos.OneOf(b, "mappings", "others"), Labels: map[string]string{v1alpha1.LabelTenant: chaos.OneOf(b, "acme", "")}},
			Data:       map[string]string{chaos.OneOf(b, "json", "other"): file},
		})
	}
	if b.Pick(8) != 1 {
		tenant := &v1alpha1.Tenant{ObjectMeta: metav1.ObjectMeta{Namespace: chaos.Namespace, Name: "acme"}}
		tenant.Spec.SlackAppRef.Name = "followup"
		tenant.Status.TenantID = chaos.OneOf(b, uuid.UUID{2}.String(), "", "no UUID")
		objects = append(objects, tenant)
	}
	if b.Pick(4) != 1 {
		objects = append(objects, chaos.SlackApp(b, "followup"))
	}
	chaos.Surroundings(b, &objects)
	return connection, objects
}

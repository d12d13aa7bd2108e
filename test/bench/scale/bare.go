package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"sync"
	"time"

	esv1 "github.com/external-secrets/external-secrets/apis/externalsecrets/v1"
	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/internal/store"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// leftovers are what the operator wrote for one Tenant, as JSON with that Tenant's name in it: the bare loop writes the same for
// all.
type leftovers struct {
	tenant, crono, google string   // their status
	fetches               []string // its ExternalSecrets: two of its own, one of each connection
}

// leftBy is the Tenant that they are taken from, one that has its credentials fetched.
const leftBy = 1

func (b *bed) leftovers(ctx context.Context) (l leftovers, err error) {
	name := tenantName(leftBy)
	for what, into := range map[string]*string{"": &l.tenant, "-crono": &l.crono, "-google": &l.google} {
		object := &unstructured.Unstructured{}
		object.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind("CRMConnection"))
		if what == "" {
			object.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind("Tenant"))
		}
		if err := b.kube.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name + what}, object); err != nil {
			return l, err
		}
		status, err := json.Marshal(map[string]any{"status": object.Object["status"]})
		if err != nil {
			return l, err
		}
		*into = string(status)
	}
	for _, made := range fetchedSecrets(name) {
		object := &unstructured.Unstructured{}
		object.SetGroupVersionKind(esv1.SchemeGroupVersion.WithKind("ExternalSecret"))
		if err := b.kube.Get(ctx, client.ObjectKey{Namespace: namespace, Name: made}, object); err != nil {
			return l, err
		}
		applied := &unstructured.Unstructured{Object: map[string]any{"spec": object.Object["spec"]}}
		applied.SetGroupVersionKind(object.GroupVersionKind())
		applied.SetNamespace(namespace)
		applied.SetName(made)
		applied.SetLabels(object.GetLabels())
		applied.SetAnnotations(object.GetAnnotations())
		applied.SetOwnerReferences(object.GetOwnerReferences())
		text, err := applied.MarshalJSON()
		if err != nil {
			return l, err
		}
		l.fetches = append(l.fetches, string(text))
	}
	return l, nil
}

// bare is a loop that does what the operator did, and no more: the same statements, through the same package, and the same writes,
// each as often, with as many objects at once. It reads no object, has no cache and judges nothing.
type bare struct {
	*bed
	left leftovers
	rows *store.Control

	// How often for each object: what the operator did twice, this does twice.
	tenantSyncs, tenantPatches         rate
	connectionSyncs, connectionPatches rate
	events                             rate
}

// rate is how often something is done for each object, on average.
type rate float64

// of is how often for the i-th object, so that it is right in total.
func (r rate) of(i int) int {
	return int(math.Round(float64(r)*float64(i+1))) - int(math.Round(float64(r)*float64(i)))
}

// measureBare does for as many Tenants, on a cluster and a database of its own, what the operator did.
func measureBare(ctx context.Context, o options, left leftovers, done phase) (measured phase, err error) {
	err = onBed(ctx, o, func(ctx context.Context, b *bed) error {
		statements := &counts{of: map[string]float64{}}
		db, err := store.Open(ctx, b.database.Operator, store.Options{MaxConns: 8, ApplicationName: "bare", Observe: statements.add})
		if err != nil {
			return err
		}
		defer db.Close()
		each := func(n float64, objects int) rate { return rate(n / float64(objects)) }
		loop := &bare{
			bed: b, left: left, rows: db.Control("bare"),
			tenantSyncs:       each(done.SQL["findClaim"], o.tenants),
			tenantPatches:     each(done.Requests["PATCH tenants status"], o.tenants),
			connectionSyncs:   each(done.SQL["findConnection"], 2*o.tenants),
			connectionPatches: each(done.Requests["PATCH crmconnections status"], 2*o.tenants),
			events:            each(done.Requests["POST events"], 3*o.tenants),
		}
		notef("bare loop")
		before, err := b.meters(ctx)
		if err != nil {
			return err
		}
		if err := loop.run(ctx, o.tenants); err != nil {
			return err
		}
		measured, err = b.since(ctx, "bare loop", before, statements.of)
		return err
	})
	return measured, err
}

// counts is safe for use by several goroutines.
type counts struct {
	mu sync.Mutex
	of map[string]float64
}

func (c *counts) add(statement string, _ time.Duration, _ error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.of[statement]++
}

// run has as many Tenants and as many CRMConnections under way as the operator has.
func (l *bare) run(ctx context.Context, tenants int) error {
	connections, ctx := errgroup.WithContext(ctx)
	connections.SetLimit(concurrency)
	declared, early := errgroup.WithContext(ctx)
	declared.SetLimit(concurrency)
	for i := range tenants {
		declared.Go(func() error {
			id, err := l.tenant(early, i)
			if err != nil {
				return fmt.Errorf("declare tenant %d: %w", i, err)
			}
			for j, provider := range []string{"crono", "google"} {
				connections.Go(func() error { return l.connection(ctx, i, j, id, provider) })
			}
			return nil
		})
	}
	if err := declared.Wait(); err != nil {
		return err
	}
	return connections.Wait()
}

func (l *bare) tenant(ctx context.Context, i int) (tenancy.ID, error) {
	name := tenantName(i)
	ref := func(purpose string) tenancy.SecretRef {
		return tenancy.SecretRef{Name: "tenant-" + name + "-" + purpose, Key: "credentials"}
	}
	record := store.TenantRecord{
		Owner:      store.Owner{UID: uuid.NewString(), Namespace: namespace, Name: name},
		SlackAppID: "A0123456789", SlackTeamID: teamID(i), SlackTeamName: name, PlanTier: string(v1alpha1.PlanPro), MinuteLimit: 120,
		Quotas:   store.Quotas{"meetings_processed/daily": 200, "meetings_processed/monthly": 4000, "crm_writes/daily": 1000},
		TimeZone: "Europe/Rome", Locale: "en", Visibility: tenancy.Participants, SlackToken: ref("slack"), FathomKey: ref("fathom"),
	}
	var row store.SyncedTenant
	for range max(1, l.tenantSyncs.of(i)) {
		var err error
		if row, err = l.rows.SyncTenant(ctx, record); err != nil {
			return row.ID, err
		}
	}
	if err := l.rows.RecordInstallation(ctx, row.ID, strings.Repeat("0", 64)); err != nil {
		return row.ID, err
	}
	if err := l.fetch(ctx, i, l.left.fetches[:2]...); err != nil {
		return row.ID, err
	}
	about := &v1alpha1.Tenant{ObjectMeta: meta(name)}
	if err := l.patch(ctx, about, l.left.tenant, name, l.tenantPatches.of(i)); err != nil {
		return row.ID, err
	}
	return row.ID, l.tell(ctx, about, "Tenant", l.events.of(3*i))
}

// connection is the j-th of the i-th Tenant.
func (l *bare) connection(ctx context.Context, i, j int, of tenancy.ID, provider string) error {
	tenant := tenantName(i)
	name := tenant + "-" + provider
	record := store.ConnectionRecord{
		Owner:    store.Owner{UID: uuid.NewString(), Namespace: namespace, Name: name},
		TenantID: of, Provider: provider, Name: name,
		Credentials: tenancy.SecretRef{Name: "crmconnection-" + name, Key: "credentials"},
	}
	for range max(1, l.connectionSyncs.of(2*i+j)) {
		if _, err := l.rows.SyncConnection(ctx, record); err != nil {
			return err
		}
	}
	if err := l.fetch(ctx, i, l.left.fetches[2+j]); err != nil {
		return err
	}
	about, status := &v1alpha1.CRMConnection{ObjectMeta: meta(name)}, []string{l.left.crono, l.left.google}[j]
	if err := l.patch(ctx, about, status, tenant, l.connectionPatches.of(2*i+j)); err != nil {
		return err
	}
	return l.tell(ctx, about, "CRMConnection", l.events.of(3*i+1+j))
}

// fetch applies ExternalSecrets for the Tenants that have them.
func (l *bare) fetch(ctx context.Context, i int, templates ...string) error {
	if !isFetched(i) {
		return nil
	}
	for _, template := range templates {
		object := &unstructured.Unstructured{}
		if err := object.UnmarshalJSON([]byte(named(template, tenantName(i)))); err != nil {
			return err
		}
		err := l.kube.Apply(ctx, client.ApplyConfigurationFromUnstructured(object), client.FieldOwner("bare"), client.ForceOwnership)
		if err != nil {
			return err
		}
	}
	return nil
}

// patch writes a status some times, each time a different one: the API server does not write what is the same.
func (l *bare) patch(ctx context.Context, object client.Object, status, tenant string, times int) error {
	for n := range times {
		body := strings.Replace(named(status, tenant), `"message":"`, fmt.Sprintf(`"message":"%d `, n), 1)
		if err := l.kube.Status().Patch(ctx, object, client.RawPatch(types.MergePatchType, []byte(body))); err != nil {
			return err
		}
	}
	return nil
}

// named puts a Tenant's name where that of the leftovers is.
func named(text, tenant string) string { return strings.ReplaceAll(text, tenantName(leftBy), tenant) }

func (l *bare) tell(ctx context.Context, about client.Object, kind string, times int) error {
	for n := range times {
		event := &eventsv1.Event{
			ObjectMeta: meta(fmt.Sprintf("%s.%s.%d", strings.ToLower(kind), about.GetName(), n)),
			EventTime:  metav1.NowMicro(), ReportingController: "bare", ReportingInstance: "bare-1",
			Action: "Reconcile", Reason: "Ready", Type: corev1.EventTypeNormal, Note: "everything declared is in place",
			Regarding: corev1.ObjectReference{
				APIVersion: v1alpha1.GroupVersion.String(), Kind: kind, Namespace: namespace, Name: about.GetName(), UID: about.GetUID(),
			},
		}
		if err := l.kube.Create(ctx, event); err != nil {
			return err
		}
	}
	return nil
}

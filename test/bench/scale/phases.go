package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	apimeta "k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
)

// apiserver is what the API server tells of itself.
func (b *bed) apiserver(ctx context.Context) (numbers, error) {
	by, err := rest.HTTPClientFor(b.admin)
	if err != nil {
		return nil, err
	}
	return scrape(ctx, by, strings.TrimSuffix(b.admin.Host, "/")+"/metrics")
}

// first starts an operator that has seen none of the Tenants, and returns it when all are Ready and it has nothing more to do.
func (b *bed) first(ctx context.Context, tenants int) (*operator, phase, error) {
	before, err := b.meters(ctx)
	if err != nil {
		return nil, phase{}, err
	}
	o, err := b.start(ctx)
	if err != nil {
		return nil, phase{}, err
	}
	go o.profile(ctx, "first-reconcile")
	err = o.await(ctx, func(now numbers) bool { return now.ready(tenants) && now.reconciled(tenants) })
	if err != nil {
		return o, phase{}, err
	}
	told, err := o.read(ctx)
	if err != nil {
		return o, phase{}, err
	}
	done, err := b.since(ctx, "first reconcile", before, told.statements())
	return o, done, err
}

// startCold starts an operator that finds all as it should be, and returns it when it has looked at all.
func (b *bed) startCold(ctx context.Context, tenants int) (*operator, phase, error) {
	before, err := b.meters(ctx)
	if err != nil {
		return nil, phase{}, err
	}
	o, err := b.start(ctx)
	if err != nil {
		return nil, phase{}, err
	}
	go o.profile(ctx, "cold-start")
	if err := o.await(ctx, func(now numbers) bool { return now.reconciled(tenants) }); err != nil {
		return o, phase{}, err
	}
	told, err := o.read(ctx)
	if err != nil {
		return o, phase{}, err
	}
	done, err := b.since(ctx, "cold start", before, told.statements())
	return o, done, err
}

// cold is what a cold start came to, until the operator had nothing to do and was stopped.
type cold struct {
	phase
	gets   float64
	writes float64 // requests that change something, by the operator's own count
	rows   int64   // written
	memory int64   // in bytes, the most
}

func (b *bed) coldStart(ctx context.Context, tenants int) (c cold, err error) {
	rows, err := b.written(ctx)
	if err != nil {
		return c, err
	}
	o, done, err := b.startCold(ctx, tenants)
	if o != nil {
		defer o.stop()
	}
	if err != nil {
		return c, err
	}
	c.phase = done
	if err := o.settle(ctx, tenants); err != nil {
		return c, err
	}
	told, err := o.read(ctx)
	if err != nil {
		return c, err
	}
	c.writes, c.gets = told.writes(), told.sum("rest_client_requests_total", "method", http.MethodGet)
	if c.memory, err = o.peakMemory(); err != nil {
		return c, err
	}
	o.stop()
	now, err := b.written(ctx)
	c.rows = now - rows
	return c, err
}

// allReady says whether all is that generate declared.
func (b *bed) allReady(ctx context.Context, tenants int) (bool, error) {
	connections, declared := &v1alpha1.CRMConnectionList{}, &v1alpha1.TenantList{}
	for _, list := range []client.ObjectList{connections, declared} {
		if err := b.kube.List(ctx, list, client.InNamespace(namespace)); err != nil {
			return false, err
		}
	}
	all := 0
	for _, c := range connections.Items {
		if apimeta.IsStatusConditionTrue(c.Status.Conditions, v1alpha1.ConditionReady) {
			all++
		}
	}
	for _, t := range declared.Items {
		if apimeta.IsStatusConditionTrue(t.Status.Conditions, v1alpha1.ConditionReady) {
			all++
		}
	}
	return all == 3*tenants, nil
}

// newTenants makes more of them, after the given number, one at a time, and returns how long each took to be Ready, sorted.
func (b *bed) newTenants(ctx context.Context, after, more int) ([]time.Duration, error) {
	took := make([]time.Duration, more)
	for i := range more {
		one, err := b.newTenant(ctx, after+i)
		if err != nil {
			return nil, fmt.Errorf("new Tenant %d: %w", i, err)
		}
		took[i] = one
	}
	slices.Sort(took)
	return took, nil
}

// newTenant has the Secrets there first. Time begins before the Tenant is sent, and ends when a watch tells that it is Ready; its
// CRMConnections are made meanwhile.
func (b *bed) newTenant(ctx context.Context, i int) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	objects := tenantObjects(i)
	secrets, declared := objects[:len(objects)-3], objects[len(objects)-3:]
	if err := b.create(ctx, secrets...); err != nil {
		return 0, err
	}
	watch, err := b.kube.Watch(ctx, &v1alpha1.TenantList{}, client.InNamespace(namespace), client.MatchingFields{"metadata.name": declared[0].GetName()})
	if err != nil {
		return 0, err
	}
	defer watch.Stop()
	began := time.Now()
	if err := b.create(ctx, declared...); err != nil {
		return 0, err
	}
	for event := range watch.ResultChan() {
		tenant, ok := event.Object.(*v1alpha1.Tenant)
		if ok && apimeta.IsStatusConditionTrue(tenant.Status.Conditions, v1alpha1.ConditionReady) {
			return time.Since(began), nil
		}
	}
	return 0, fmt.Errorf("%s was not Ready within a minute", declared[0].GetName())
}

// settle waits until the operator has had nothing to do for a second: Tenants count their connections half a second later.
func (o *operator) settle(ctx context.Context, tenants int) error {
	idle := 0
	return o.await(ctx, func(now numbers) bool {
		idle++
		if !now.reconciled(tenants) {
			idle = 0
		}
		return idle > int(time.Second/pollEvery)
	})
}

// profile saves what the operator spends its time on for some seconds from now. One that ends earlier leaves none.
func (o *operator) profile(ctx context.Context, name string) {
	if err := o.save(ctx, "profile?seconds=15", name+".cpu"); err != nil && ctx.Err() == nil {
		notef("no profile %s: %v", name, err)
	}
}

package plan

import (
	"context"
	"slices"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/controllers/crmconnection"
	"github.com/followup-dev/followup-operator/controllers/tenant"
	"github.com/followup-dev/followup-operator/internal/planreport"
)

// maxDependents are looked at: an app may have ten thousand Tenants, which change in the same way.
const maxDependents = 200

// planDependents plans what depends on the given objects that would change, and returns what of it would change too, and how many
// were not looked at.
func (r *run) planDependents(ctx context.Context) (changed []planreport.Object, more int, err error) {
	dependents, err := r.dependents(ctx)
	if err != nil {
		return nil, 0, err
	}
	if more = max(0, len(dependents)-maxDependents); more > 0 {
		dependents = dependents[:maxDependents]
	}
	for _, object := range dependents {
		gvk, err := apiutil.GVKForObject(object, r.overlay.Scheme())
		if err != nil {
			return nil, 0, err
		}
		described := describe(gvk.Kind, object)
		if err := r.plan(ctx, object, &described); err != nil {
			return nil, 0, err
		}
		if len(described.Rows)+len(described.Kubernetes) > 0 {
			changed = append(changed, described)
		}
	}
	return changed, more, nil
}

// dependents are the Tenants of SlackApps, and the CRMConnections of Tenants, that were not given themselves.
func (r *run) dependents(ctx context.Context) (found []client.Object, err error) {
	for i, object := range r.given {
		if r.objects[i].Action == planreport.Unchanged {
			continue
		}
		in := client.InNamespace(r.objects[i].Namespace)
		switch object.(type) {
		case *v1alpha1.SlackApp:
			var tenants v1alpha1.TenantList
			if err := r.overlay.List(ctx, &tenants, in, client.MatchingFields{tenant.IndexSlackApp: object.GetName()}); err != nil {
				return nil, err
			}
			for i := range tenants.Items {
				found = append(found, &tenants.Items[i])
			}
		case *v1alpha1.Tenant:
			var connections v1alpha1.CRMConnectionList
			if err := r.overlay.List(ctx, &connections, in, client.MatchingFields{crmconnection.IndexTenant: object.GetName()}); err != nil {
				return nil, err
			}
			for i := range connections.Items {
				found = append(found, &connections.Items[i])
			}
		}
	}
	return slices.DeleteFunc(found, r.wasGiven), nil
}

// wasGiven says whether the overlay has the object.
func (r *run) wasGiven(object client.Object) bool {
	at, err := r.overlay.keyOf(object)
	_, given := r.overlay.objects[at]
	return err == nil && given
}

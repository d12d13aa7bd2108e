package claims

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/internal/reconciler"
)

// indexAppID finds SlackApps by the app they are for.
const indexAppID = "spec.appID"

// Checker checks claims against the cache.
type Checker struct {
	// Reader reads from a cache that Index prepared.
	Reader client.Reader
	// OperatorNamespace holds the operator's database credentials, and therefore no SlackApp: a webhook can read the Secrets
	// of its namespace.
	OperatorNamespace string
}

// Index prepares the manager's cache for Checker. It is called once.
func Index(ctx context.Context, mgr ctrl.Manager) error {
	return mgr.GetFieldIndexer().IndexField(ctx, &v1alpha1.SlackApp{}, indexAppID, func(obj client.Object) []string {
		app, ok := obj.(*v1alpha1.SlackApp)
		if !ok {
			return nil
		}
		return []string{app.Spec.AppID}
	})
}

// Check returns nil if app may be served, and a stalled failure that names who is in its place if not.
func (c *Checker) Check(ctx context.Context, app *v1alpha1.SlackApp) error {
	if app.Namespace == c.OperatorNamespace {
		return reconciler.Stalled("", v1alpha1.ReasonOperatorNamespace,
			"metadata.namespace: the operator's own namespace can't hold a SlackApp, whose webhook would reach the operator's Secrets; use another namespace")
	}
	neighbour, err := c.precedingNeighbour(ctx, app)
	if err != nil {
		return err
	}
	if neighbour != nil {
		return reconciler.Stalled("", v1alpha1.ReasonNamespaceTaken,
			"metadata.namespace: a namespace holds one SlackApp, and %s was here first; use another namespace, or delete it", neighbour.Name)
	}
	claimant, err := c.precedingClaimant(ctx, app)
	if err != nil {
		return err
	}
	if claimant != nil {
		return reconciler.Stalled("", v1alpha1.ReasonAppIDTaken,
			"spec.appID: SlackApp %s/%s is for app %s too, and is served already or older; delete one of the two", claimant.Namespace, claimant.Name, app.Spec.AppID)
	}
	return nil
}

// Rivals returns the other SlackApps that want the namespace or the app ID of app.
func (c *Checker) Rivals(ctx context.Context, app *v1alpha1.SlackApp) ([]v1alpha1.SlackApp, error) {
	neighbours, err := c.neighbours(ctx, app)
	if err != nil {
		return nil, err
	}
	claimants, err := c.claimants(ctx, app)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(append(neighbours, claimants...), func(other v1alpha1.SlackApp) bool { return other.UID == app.UID }), nil
}

// SameRefusal says whether what Check came to for a SlackApp, as its status tells, is the same: what those depend on who are
// its rivals or its Tenants.
func SameRefusal(before, after *v1alpha1.SlackApp) bool {
	return refusal(before) == refusal(after) && (reconciler.Ready(before) == nil) == (reconciler.Ready(after) == nil)
}

// precedingNeighbour is the SlackApp to which the namespace belongs instead of to app, or nil. One that is refused for its app
// ID, which can't be changed, holds no namespace.
func (c *Checker) precedingNeighbour(ctx context.Context, app *v1alpha1.SlackApp) (*v1alpha1.SlackApp, error) {
	neighbours, err := c.neighbours(ctx, app)
	for i := range neighbours {
		if precedes(&neighbours[i], app) && refusal(&neighbours[i]) != v1alpha1.ReasonAppIDTaken {
			return &neighbours[i], nil
		}
	}
	return nil, err
}

// precedingClaimant is the SlackApp that serves the app ID instead of app, or nil. One that may not be served where it is
// keeps nobody from it.
func (c *Checker) precedingClaimant(ctx context.Context, app *v1alpha1.SlackApp) (*v1alpha1.SlackApp, error) {
	claimants, err := c.claimants(ctx, app)
	for i := range claimants {
		other := &claimants[i]
		if other.Namespace == c.OperatorNamespace || !precedes(other, app) {
			continue
		}
		neighbour, err := c.precedingNeighbour(ctx, other)
		if err != nil {
			return nil, err
		}
		if neighbour == nil {
			return other, nil
		}
	}
	return nil, err
}

func (c *Checker) neighbours(ctx context.Context, app *v1alpha1.SlackApp) ([]v1alpha1.SlackApp, error) {
	var list v1alpha1.SlackAppList
	if err := c.Reader.List(ctx, &list, client.InNamespace(app.Namespace)); err != nil {
		return nil, fmt.Errorf("list SlackApps of the namespace: %w", err)
	}
	return list.Items, nil
}

func (c *Checker) claimants(ctx context.Context, app *v1alpha1.SlackApp) ([]v1alpha1.SlackApp, error) {
	var list v1alpha1.SlackAppList
	if err := c.Reader.List(ctx, &list, client.MatchingFields{indexAppID: app.Spec.AppID}); err != nil {
		return nil, fmt.Errorf("list SlackApps of the app: %w", err)
	}
	return list.Items, nil
}

// precedes has those first that are served, then orders by age, and by name where the API server's clock, in seconds, can't
// tell. So nobody who is served has to go, unless two are, having been made at once.
func precedes(a, b *v1alpha1.SlackApp) bool {
	if a.UID == b.UID {
		return false
	}
	if admitted(a) != admitted(b) {
		return admitted(a)
	}
	return cmp.Or(
		a.CreationTimestamp.Time.Compare(b.CreationTimestamp.Time),
		cmp.Compare(a.Namespace, b.Namespace),
		cmp.Compare(a.Name, b.Name),
	) < 0
}

// admitted says whether the last reconcile got beyond Check.
func admitted(app *v1alpha1.SlackApp) bool {
	return reconciler.Ready(app) != nil && refusal(app) == ""
}

// refusal is the reason for which Check refused app, or "".
func refusal(app *v1alpha1.SlackApp) string {
	ready := reconciler.Ready(app)
	if ready == nil {
		return ""
	}
	switch ready.Reason {
	case v1alpha1.ReasonOperatorNamespace, v1alpha1.ReasonNamespaceTaken, v1alpha1.ReasonAppIDTaken:
		return ready.Reason
	default:
		return ""
	}
}

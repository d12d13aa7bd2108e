package claims

import (
	"cmp"
	"context"
	"fmt"

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
	neighbours, claimants, err := c.rivals(ctx, app)
	if err != nil {
		return err
	}
	for _, other := range neighbours {
		if precedes(&other, app) {
			return reconciler.Stalled("", v1alpha1.ReasonNamespaceTaken,
				"metadata.namespace: a namespace holds one SlackApp, and %s was here first; use another namespace, or delete it", other.Name)
		}
	}
	for _, other := range claimants {
		if precedes(&other, app) {
			return reconciler.Stalled("", v1alpha1.ReasonAppIDTaken,
				"spec.appID: SlackApp %s/%s serves app %s already; delete one of the two", other.Namespace, other.Name, app.Spec.AppID)
		}
	}
	return nil
}

// Rivals returns the SlackApps that may be served now that app is gone.
func (c *Checker) Rivals(ctx context.Context, app *v1alpha1.SlackApp) ([]v1alpha1.SlackApp, error) {
	neighbours, claimants, err := c.rivals(ctx, app)
	return append(neighbours, claimants...), err
}

func (c *Checker) rivals(ctx context.Context, app *v1alpha1.SlackApp) (neighbours, claimants []v1alpha1.SlackApp, err error) {
	var inNamespace, forApp v1alpha1.SlackAppList
	if err := c.Reader.List(ctx, &inNamespace, client.InNamespace(app.Namespace)); err != nil {
		return nil, nil, fmt.Errorf("list SlackApps of the namespace: %w", err)
	}
	if err := c.Reader.List(ctx, &forApp, client.MatchingFields{indexAppID: app.Spec.AppID}); err != nil {
		return nil, nil, fmt.Errorf("list SlackApps of the app: %w", err)
	}
	return inNamespace.Items, forApp.Items, nil
}

// precedes orders claimants by age, and by name where the API server's clock, in seconds, can't tell.
func precedes(a, b *v1alpha1.SlackApp) bool {
	if a.UID == b.UID {
		return false
	}
	return cmp.Or(
		a.CreationTimestamp.Time.Compare(b.CreationTimestamp.Time),
		cmp.Compare(a.Namespace, b.Namespace),
		cmp.Compare(a.Name, b.Name),
	) < 0
}

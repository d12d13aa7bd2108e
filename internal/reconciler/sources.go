package reconciler

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"
)

// Queue is a controller's work queue.
type Queue = workqueue.TypedRateLimitingInterface[reconcile.Request]

// LabelledMetadata returns a cache of the metadata but annotations, and nothing more, of the objects that carry a label, of kinds such as
// SecretMeta. The manager runs it. One cache for each label, since a selector can't say "or".
func LabelledMetadata(mgr ctrl.Manager, label string, kinds ...*metav1.PartialObjectMetadata) (cache.Cache, error) {
	carries, err := labels.NewRequirement(label, selection.Exists, nil)
	if err != nil {
		return nil, err
	}
	labelled := map[client.Object]cache.ByObject{}
	for _, kind := range kinds {
		labelled[kind] = cache.ByObject{Label: labels.NewSelector().Add(*carries)}
	}
	metadata, err := cache.New(mgr.GetConfig(), cache.Options{
		HTTPClient:       mgr.GetHTTPClient(),
		Scheme:           mgr.GetScheme(),
		Mapper:           mgr.GetRESTMapper(),
		DefaultTransform: identify,
		ByObject:         labelled,
	})
	if err != nil {
		return nil, err
	}
	return metadata, mgr.Add(metadata)
}

// SecretMeta returns an empty Secret of which only the metadata is read.
func SecretMeta() *metav1.PartialObjectMetadata { return metaOf("Secret") }

// ConfigMapMeta returns an empty ConfigMap of which only the metadata is read.
func ConfigMapMeta() *metav1.PartialObjectMetadata { return metaOf("ConfigMap") }

func metaOf(kind string) *metav1.PartialObjectMetadata {
	return &metav1.PartialObjectMetadata{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: kind}}
}

// WhenInstalled watches a kind whose CRD may be installed later, or never: it holds up no controller. The kind is looked for
// every interval.
func WhenInstalled(
	mgr ctrl.Manager, obj client.Object, every time.Duration, h handler.EventHandler, predicates ...predicate.Predicate,
) source.Source {
	return WhenInstalledIn(mgr.GetCache(), mgr, obj, every, h, predicates...)
}

// WhenInstalledIn is WhenInstalled for another cache than the manager's.
func WhenInstalledIn(
	in cache.Cache, mgr ctrl.Manager, obj client.Object, every time.Duration, h handler.EventHandler, predicates ...predicate.Predicate,
) source.Source {
	return source.Func(func(ctx context.Context, queue Queue) error {
		gvk, err := apiutil.GVKForObject(obj, mgr.GetScheme())
		if err != nil {
			return err
		}
		go func() {
			log, first := ctrl.LoggerFrom(ctx).WithValues("watched", gvk.Kind), true
			err := wait.PollUntilContextCancel(ctx, every, true, func(context.Context) (bool, error) {
				_, err := mgr.GetRESTMapper().RESTMapping(gvk.GroupKind(), gvk.Version)
				if err != nil && (first || !meta.IsNoMatchError(err)) {
					log.Info("kind is not there yet", "reason", err.Error())
				}
				first = false
				return err == nil, nil
			})
			if err != nil {
				return // shutting down
			}
			if err := source.Kind(in, obj, h, predicates...).Start(ctx, queue); err != nil {
				log.Error(err, "can't watch the kind")
			}
		}()
		return nil
	})
}

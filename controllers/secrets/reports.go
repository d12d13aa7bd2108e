package secrets

import (
	"context"
	"errors"
	"slices"
	"time"

	esv1 "github.com/external-secrets/external-secrets/apis/externalsecrets/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/followup-dev/followup-operator/internal/reconciler"
)

// Reports is what External Secrets tells beside the status of an ExternalSecret, which has no details: which stores there
// are and whether they are ready, and, in events, why a fetch failed.
//
// Of a store only the name and the conditions are kept, of an event whom it is about and the text.
//
// Source: https://external-secrets.io/latest/api/externalsecret/
type Reports struct {
	cache cache.Cache
	// Told reads stores and events, of which those about one object are found by IndexAbout.
	Told client.Reader
	// Applied reads the ExternalSecrets that the operator applied.
	Applied client.Reader
}

// +kubebuilder:rbac:groups=external-secrets.io,resources=secretstores,verbs=get;list;watch
// +kubebuilder:rbac:groups="",resources=events,verbs=get;list;watch

// IndexAbout finds events by the UID of the object that they are about.
const IndexAbout = "involvedObject.uid"

// About is the index of that name.
func About(obj client.Object) []string {
	event, ok := obj.(*corev1.Event)
	if !ok {
		return nil
	}
	return []string{string(event.InvolvedObject.UID)}
}

// NewReports returns Reports whose cache the manager runs.
func NewReports(ctx context.Context, mgr ctrl.Manager) (*Reports, error) {
	failures := fields.SelectorFromSet(fields.Set{"involvedObject.kind": "ExternalSecret", "reason": esv1.ReasonUpdateFailed})
	told, err := cache.New(mgr.GetConfig(), cache.Options{
		HTTPClient: mgr.GetHTTPClient(),
		Scheme:     mgr.GetScheme(),
		Mapper:     mgr.GetRESTMapper(),
		ByObject: map[client.Object]cache.ByObject{
			&corev1.Event{}:     {Field: failures, Transform: keepText},
			&esv1.SecretStore{}: {Transform: keepConditions},
		},
	})
	if err != nil {
		return nil, err
	}
	if err := told.IndexField(ctx, &corev1.Event{}, IndexAbout, About); err != nil {
		return nil, err
	}
	// One that is installed is known before the first reconcile.
	if _, err := told.GetInformer(ctx, &esv1.SecretStore{}, cache.BlockUntilSynced(false)); err != nil && !meta.IsNoMatchError(err) {
		return nil, err
	}
	return &Reports{cache: told, Told: told, Applied: mgr.GetClient()}, mgr.Add(told)
}

// keepConditions leaves of a store what is asked for here.
func keepConditions(obj any) (any, error) {
	store, ok := obj.(*esv1.SecretStore)
	if !ok {
		return obj, nil
	}
	return &esv1.SecretStore{ObjectMeta: nameOf(store), Status: store.Status}, nil
}

// keepText leaves of an event what is asked for here.
func keepText(obj any) (any, error) {
	event, ok := obj.(*corev1.Event)
	if !ok {
		return obj, nil
	}
	about := corev1.ObjectReference{Namespace: event.InvolvedObject.Namespace, Name: event.InvolvedObject.Name, UID: event.InvolvedObject.UID}
	return &corev1.Event{
		ObjectMeta: nameOf(event), InvolvedObject: about, LastTimestamp: metav1.NewTime(lastSeen(event)), Message: oneLine(event.Message),
	}, nil
}

func nameOf(obj client.Object) metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Namespace: obj.GetNamespace(), Name: obj.GetName(), UID: obj.GetUID(), ResourceVersion: obj.GetResourceVersion(),
	}
}

// lastSeen is when an event was told last: clients of the two APIs for events write different fields.
func lastSeen(event *corev1.Event) time.Time {
	times := []time.Time{event.LastTimestamp.Time, event.EventTime.Time}
	if event.Series != nil {
		times = append(times, event.Series.LastObservedTime.Time)
	}
	return slices.MaxFunc(times, time.Time.Compare)
}

// Source wakes the owners, of a kind, of ExternalSecrets that could not be fetched when a report about them changes.
func (r *Reports) Source(mgr ctrl.Manager, owner string) source.Source {
	wake := waker{applied: r.Applied, kind: owner}
	failures := source.Kind(r.cache, client.Object(&corev1.Event{}), wake.onFailure(), newText())
	stores := reconciler.WhenInstalledIn(r.cache, mgr, &esv1.SecretStore{}, 10*time.Second, wake.onStore(), newReadiness())
	return source.Func(func(ctx context.Context, queue reconciler.Queue) error {
		return errors.Join(failures.Start(ctx, queue), stores.Start(ctx, queue))
	})
}

// lastFailure returns what was said last of why an ExternalSecret could not be fetched, "" if nothing is known.
func (r *Reports) lastFailure(ctx context.Context, about types.UID) (string, error) {
	var events corev1.EventList
	if err := r.Told.List(ctx, &events, client.MatchingFields{IndexAbout: string(about)}); err != nil {
		return "", err
	}
	if len(events.Items) == 0 {
		return "", nil
	}
	last := slices.MaxFunc(events.Items, func(a, b corev1.Event) int { return lastSeen(&a).Compare(lastSeen(&b)) })
	return oneLine(last.Message), nil
}

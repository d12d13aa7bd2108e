package reconciler

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
)

const (
	// FieldManager owns the fields that the operator applies.
	FieldManager = "followup-operator"
	// LabelManagedBy, with FieldManager as its value, is on every object that the operator applies; the cache holds only those.
	LabelManagedBy = "app.kubernetes.io/managed-by"
	// annotationApplied has the hash of what was applied last: it tells when a field is to be removed.
	annotationApplied = "followup.dev/applied"

	// strangerRecheck is how often an object that stands in the way is looked at: no watch tells of what is not ours.
	strangerRecheck = time.Minute

	// maxRefusal bounds what is repeated of a policy's words.
	maxRefusal = 1000
)

// Applier applies the objects that another object owns.
type Applier struct {
	// Client reads from the cache, and applies.
	Client client.Client
	// Live reads from the API server.
	Live client.Reader
}

// Apply makes the live object hold all that desired says, owned by owner. It sends no request when it does already. An
// object of the same name that somebody else made is left alone. After success desired is what is live: the API server's
// answer or, when nothing was sent, the cached object. A later read of the cache may be of before the apply.
func (a *Applier) Apply(ctx context.Context, owner Object, desired client.Object) error {
	return a.apply(ctx, a.Client, owner, desired)
}

// ApplyUncached is Apply for a kind that the cache does not hold.
func (a *Applier) ApplyUncached(ctx context.Context, owner Object, desired client.Object) error {
	return a.apply(ctx, a.Live, owner, desired)
}

func (a *Applier) apply(ctx context.Context, reader client.Reader, owner Object, desired client.Object) error {
	want, err := a.complete(owner, desired)
	if err != nil {
		return err
	}
	live, err := a.live(ctx, reader, want)
	if err != nil {
		return err
	}
	if live != nil && !a.owns(owner, live) {
		ours, err := a.appliedByUs(ctx, want)
		if err != nil {
			return err
		}
		if !ours {
			return Waiting(strangerRecheck, "", v1alpha1.ReasonNameTaken,
				"%s exists and was not made for this object; delete or rename it", nameOf(want))
		}
	}
	if live == nil || !contains(live.Object, want.Object) {
		if err := a.send(ctx, want); err != nil {
			return err
		}
		live = want
	}
	return runtime.DefaultUnstructuredConverter.FromUnstructured(live.Object, desired)
}

// send applies want, and has it become the API server's answer. No read waits for the cache to have it: the client would
// await an unstructured object, for which it would start an informer of its own, of Secrets too.
func (a *Applier) send(ctx context.Context, want *unstructured.Unstructured) error {
	name := nameOf(want)
	ctrl.LoggerFrom(ctx).Info("applying", "object", name)
	err := a.Client.Apply(ctx, client.ApplyConfigurationFromUnstructured(want),
		client.FieldOwner(FieldManager), client.ForceOwnership, client.DisableReadYourWritesConsistency)
	switch {
	case err == nil:
		return nil
	case want.GetKind() == "Secret": // the API server's text may quote what was sent
		return fmt.Errorf("apply %s: %w", name, err)
	case apierrors.IsInvalid(err):
		return Stalled("", v1alpha1.ReasonRejected, "the API server rejects what the spec asks for: %v", err)
	case apierrors.IsForbidden(err), apierrors.IsBadRequest(err): // a policy or a quota, which no watch tells of
		return Transient(err, "", v1alpha1.ReasonRejected, "apply %s: %s; it is retried", name, cut(err.Error(), maxRefusal))
	default:
		return fmt.Errorf("apply %s: %w", name, err)
	}
}

func nameOf(obj *unstructured.Unstructured) string { return obj.GetKind() + " " + obj.GetName() }

// appliedByUs says whether an object without a controller is ours all the same: somebody took its owner away, and the API
// server still knows who applied it.
func (a *Applier) appliedByUs(ctx context.Context, want *unstructured.Unstructured) (bool, error) {
	live := &metav1.PartialObjectMetadata{}
	live.SetGroupVersionKind(want.GroupVersionKind())
	if err := a.Live.Get(ctx, client.ObjectKeyFromObject(want), live); err != nil {
		return false, err
	}
	return metav1.GetControllerOf(live) == nil && slices.ContainsFunc(live.ManagedFields, func(e metav1.ManagedFieldsEntry) bool {
		return e.Manager == FieldManager && e.Operation == metav1.ManagedFieldsOperationApply
	}), nil
}

// Owned reads obj from the cache, and says whether it is there and owner made it.
func (a *Applier) Owned(ctx context.Context, owner Object, obj client.Object) (bool, error) {
	err := a.Client.Get(ctx, client.ObjectKeyFromObject(obj), obj)
	return err == nil && a.owns(owner, obj), client.IgnoreNotFound(err)
}

// DeleteOwned deletes obj if the cache has it and owner made it.
func (a *Applier) DeleteOwned(ctx context.Context, owner Object, obj client.Object) error {
	owned, err := a.Owned(ctx, owner, obj)
	if err != nil || !owned || !obj.GetDeletionTimestamp().IsZero() {
		return err
	}
	ctrl.LoggerFrom(ctx).Info("deleting what is declared no more", "object", obj.GetName())
	return client.IgnoreNotFound(a.Client.Delete(ctx, obj, client.Preconditions{UID: new(obj.GetUID())}))
}

// complete turns desired into what is sent: owned, labelled, without the empty fields that Go types marshal, and hashed.
func (a *Applier) complete(owner Object, desired client.Object) (*unstructured.Unstructured, error) {
	scheme := a.Client.Scheme()
	if err := controllerutil.SetControllerReference(owner, desired, scheme); err != nil {
		return nil, err
	}
	gvk, err := apiutil.GVKForObject(desired, scheme)
	if err != nil {
		return nil, err
	}
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(desired)
	if err != nil {
		return nil, err
	}
	delete(content, "status")
	prune(content)
	want := &unstructured.Unstructured{Object: content}
	want.SetGroupVersionKind(gvk)
	want.SetLabels(with(want.GetLabels(), LabelManagedBy, FieldManager))
	encoded, err := json.Marshal(content)
	if err != nil {
		return nil, err
	}
	hash := sha256.Sum256(encoded)
	want.SetAnnotations(with(want.GetAnnotations(), annotationApplied, hex.EncodeToString(hash[:8])))
	return want, nil
}

// live returns the object as the reader has it. The cache misses an object without our label, so a miss is confirmed by a
// GET: of metadata alone, which is enough to see whose it is, and never equal to what is wanted.
func (a *Applier) live(ctx context.Context, reader client.Reader, want *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	key := client.ObjectKeyFromObject(want)
	typed, err := a.Client.Scheme().New(want.GroupVersionKind())
	if err != nil {
		return nil, err
	}
	found := typed.(client.Object) //nolint:forcetypeassert // every kind that is applied is an API object
	err = reader.Get(ctx, key, found)
	if apierrors.IsNotFound(err) {
		partial := &metav1.PartialObjectMetadata{}
		partial.SetGroupVersionKind(want.GroupVersionKind())
		found, err = partial, a.Live.Get(ctx, key, partial)
	}
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(found)
	if err != nil {
		return nil, err
	}
	live := &unstructured.Unstructured{Object: content}
	live.SetGroupVersionKind(want.GroupVersionKind())
	return live, nil
}

// owns says whether owner, or an earlier object of its kind and name, controls obj. What an earlier one left is taken over:
// it is the same declaration, applied again before the garbage collector came by.
func (a *Applier) owns(owner Object, obj client.Object) bool {
	controller := metav1.GetControllerOf(obj)
	if controller == nil || controller.Name != owner.GetName() {
		return false
	}
	gvk, err := apiutil.GVKForObject(owner, a.Client.Scheme())
	return err == nil && controller.Kind == gvk.Kind && controller.APIVersion == gvk.GroupVersion().String()
}

func with(m map[string]string, key, value string) map[string]string {
	if m == nil {
		m = map[string]string{}
	}
	m[key] = value
	return m
}

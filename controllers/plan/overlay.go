package plan

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/internal/planreport"
	"github.com/followup-dev/followup-operator/internal/reconciler"
)

// errNotPlanned is of writes that no controller does.
var errNotPlanned = errors.New("plan: a write that can't be planned")

// overlay is a client that reads objects on top of those that there are, and notes what is written without writing it: applies
// and deletions go to the API server as dry runs, which it may refuse.
type overlay struct {
	client.Client

	objects map[key]client.Object // nil: deleted
	written []planreport.Resource // since it was last emptied
}

type key struct {
	kind schema.GroupKind
	name types.NamespacedName
}

func newOverlay(beneath client.Client) *overlay {
	return &overlay{Client: beneath, objects: map[key]client.Object{}}
}

func (o *overlay) keyOf(obj client.Object) (key, error) {
	gvk, err := apiutil.GVKForObject(obj, o.Scheme())
	return key{gvk.GroupKind(), client.ObjectKeyFromObject(obj)}, err
}

// put has reads see the object.
func (o *overlay) put(obj client.Object) {
	if at, err := o.keyOf(obj); err == nil { // of a kind of the scheme, like all that is written here
		o.objects[at] = obj
	}
}

// beneath is the object as it is, nil if there is none.
func (o *overlay) beneath(ctx context.Context, obj client.Object) (client.Object, error) {
	live, ok := reflect.TypeAssert[client.Object](reflect.New(reflect.TypeOf(obj).Elem()))
	if !ok {
		return nil, errNotPlanned
	}
	err := o.Client.Get(ctx, client.ObjectKeyFromObject(obj), live)
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	return live, err
}

// conditions are those of one of our objects, Ready first.
func (o *overlay) conditions(kind string, name types.NamespacedName) []metav1.Condition {
	object, ok := o.objects[key{schema.GroupKind{Group: v1alpha1.GroupVersion.Group, Kind: kind}, name}].(reconciler.Object)
	if !ok {
		return nil
	}
	found := slices.Clone(*object.StatusConditions())
	slices.SortFunc(found, func(a, b metav1.Condition) int {
		if (a.Type == v1alpha1.ConditionReady) != (b.Type == v1alpha1.ConditionReady) {
			return map[bool]int{true: -1, false: 1}[a.Type == v1alpha1.ConditionReady]
		}
		return strings.Compare(a.Type, b.Type)
	})
	return found
}

// Get reads an object that was given or written, or else what there is.
func (o *overlay) Get(ctx context.Context, name client.ObjectKey, obj client.Object, opts ...client.GetOption) error {
	return overlaidReader{o, o.Client}.Get(ctx, name, obj, opts...)
}

// List lists what there is, with the objects that were given or written in their places.
func (o *overlay) List(ctx context.Context, list client.ObjectList, opts ...client.ListOption) error {
	return overlaidReader{o, o.Client}.List(ctx, list, opts...)
}

// Apply sends a dry run, and notes what it changes.
func (o *overlay) Apply(ctx context.Context, obj runtime.ApplyConfiguration, opts ...client.ApplyOption) error {
	wanted, ok := obj.(interface{ UnstructuredContent() map[string]any })
	if !ok {
		return errNotPlanned
	}
	if err := o.Client.Apply(ctx, obj, append(opts, client.DryRunAll)...); err != nil {
		return err
	}
	after, err := typedOf(o.Scheme(), &unstructured.Unstructured{Object: wanted.UnstructuredContent()})
	if err != nil {
		return err
	}
	return o.note(ctx, after)
}

// note has reads see an object that was written, and tells what that changed.
func (o *overlay) note(ctx context.Context, after client.Object) error {
	at, err := o.keyOf(after)
	if err != nil {
		return err
	}
	before := o.objects[at]
	if before == nil {
		if before, err = o.beneath(ctx, after); err != nil {
			return err
		}
	}
	written := planreport.Resource{Kind: at.kind.Kind, Namespace: at.name.Namespace, Name: at.name.Name, Action: planreport.Create}
	if before != nil {
		written.Action = planreport.Update
		if written.Fields, err = differences(before, after); err != nil {
			return err
		}
	}
	if written.Action == planreport.Create || len(written.Fields) > 0 {
		o.written = append(o.written, written)
	}
	o.put(after)
	return nil
}

// Patch is that of an object's own metadata, such as a finalizer.
func (o *overlay) Patch(ctx context.Context, obj client.Object, _ client.Patch, _ ...client.PatchOption) error {
	return o.note(ctx, obj)
}

// Delete sends a dry run, and notes it.
func (o *overlay) Delete(ctx context.Context, obj client.Object, opts ...client.DeleteOption) error {
	if err := o.Client.Delete(ctx, obj, append(opts, client.DryRunAll)...); err != nil {
		return err
	}
	at, err := o.keyOf(obj)
	if err != nil {
		return err
	}
	o.objects[at] = nil
	o.written = append(o.written, planreport.Resource{
		Kind: at.kind.Kind, Namespace: at.name.Namespace, Name: at.name.Name, Action: planreport.Delete,
	})
	return nil
}

// Create is done by no controller.
func (o *overlay) Create(context.Context, client.Object, ...client.CreateOption) error {
	return errNotPlanned
}

// Update is done by no controller.
func (o *overlay) Update(context.Context, client.Object, ...client.UpdateOption) error {
	return errNotPlanned
}

// DeleteAllOf is done by no controller.
func (o *overlay) DeleteAllOf(context.Context, client.Object, ...client.DeleteAllOfOption) error {
	return errNotPlanned
}

// Status writes a status into the overlay alone.
func (o *overlay) Status() client.SubResourceWriter { return statusWriter{o} }

// SubResource is used by no controller.
func (o *overlay) SubResource(string) client.SubResourceClient { return nil }

type statusWriter struct{ overlay *overlay }

func (w statusWriter) Patch(_ context.Context, obj client.Object, _ client.Patch, _ ...client.SubResourcePatchOption) error {
	w.overlay.put(obj)
	return nil
}

func (w statusWriter) Create(context.Context, client.Object, client.Object, ...client.SubResourceCreateOption) error {
	return errNotPlanned
}

func (w statusWriter) Update(context.Context, client.Object, ...client.SubResourceUpdateOption) error {
	return errNotPlanned
}

func (w statusWriter) Apply(context.Context, runtime.ApplyConfiguration, ...client.SubResourceApplyOption) error {
	return errNotPlanned
}

// overlaidReader reads from next what the overlay does not have.
type overlaidReader struct {
	overlay *overlay
	next    client.Reader
}

func (r overlaidReader) Get(ctx context.Context, name client.ObjectKey, obj client.Object, opts ...client.GetOption) error {
	gvk, err := apiutil.GVKForObject(obj, r.overlay.Scheme())
	if err != nil {
		return err
	}
	have, known := r.overlay.objects[key{gvk.GroupKind(), name}]
	switch {
	case !known:
		return r.next.Get(ctx, name, obj, opts...)
	case have == nil:
		return apierrors.NewNotFound(schema.GroupResource{Group: gvk.Group, Resource: gvk.Kind}, name.Name)
	}
	if partial, ok := obj.(*metav1.PartialObjectMetadata); ok {
		*partial = *meta.AsPartialObjectMetadata(have)
		partial.SetGroupVersionKind(gvk)
		return nil
	}
	if reflect.TypeOf(obj) != reflect.TypeOf(have) {
		return fmt.Errorf("plan: a %T can't be read as %T", have, obj)
	}
	reflect.ValueOf(obj).Elem().Set(reflect.ValueOf(have.DeepCopyObject()).Elem())
	return nil
}

func (r overlaidReader) List(ctx context.Context, list client.ObjectList, opts ...client.ListOption) error {
	if err := r.next.List(ctx, list, opts...); err != nil {
		return err
	}
	gvk, err := apiutil.GVKForObject(list, r.overlay.Scheme())
	if err != nil {
		return err
	}
	kind := schema.GroupKind{Group: gvk.Group, Kind: strings.TrimSuffix(gvk.Kind, "List")}
	items, err := meta.ExtractList(list)
	if err != nil {
		return err
	}
	items = slices.DeleteFunc(items, func(item runtime.Object) bool {
		object, ok := item.(client.Object)
		_, known := r.overlay.objects[key{kind, client.ObjectKeyFromObject(object)}]
		return !ok || known
	})
	asked := (&client.ListOptions{}).ApplyOptions(opts)
	for at, object := range r.overlay.objects {
		if at.kind == kind && object != nil && matches(object, asked) {
			items = append(items, object.DeepCopyObject())
		}
	}
	return meta.SetList(list, items)
}

// matches says whether a list of these options has the object. The cache's indexes of our kinds are called by the path of the field
// that they find objects by.
func matches(object client.Object, asked *client.ListOptions) bool {
	if asked.Namespace != "" && asked.Namespace != object.GetNamespace() {
		return false
	}
	if asked.FieldSelector == nil {
		return true
	}
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(object)
	return err == nil && !slices.ContainsFunc(asked.FieldSelector.Requirements(), func(required fields.Requirement) bool {
		value, _, err := unstructured.NestedString(content, strings.Split(required.Field, ".")...)
		return err != nil || value != required.Value
	})
}

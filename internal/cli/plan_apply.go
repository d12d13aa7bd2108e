package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/jsonmergepatch"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	kubernetes "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/followup-dev/followup-operator/internal/planreport"
)

// applying does what kubectl apply or a GitOps controller would do, as a dry run.
type applying struct {
	serverSide bool
	force      bool
	manager    string
}

func (a *applying) addTo(command *cobra.Command) {
	command.Flags().BoolVar(&a.serverSide, "server-side", false, "plan what kubectl apply --server-side would do, also where an object was applied in another way")
	command.Flags().BoolVar(&a.force, "force-conflicts", false, "with server-side apply, take fields over from other field managers")
	command.Flags().StringVar(&a.manager, "field-manager", "", "the field manager of server-side apply (default: who applied the object, else kubectl)")
}

// planned is what an object would become.
type planned struct {
	object *unstructured.Unstructured
	action planreport.Action
	fields []string // that would change, of an update
}

// dryRun has the API server say what applying an object would make of it.
func (a *applying) dryRun(ctx context.Context, kube client.Client, o *unstructured.Unstructured) (planned, error) {
	if o.GetName() == "" {
		return planned{}, errors.New("metadata.name: is missing; a plan is of objects with a name")
	}
	live := &unstructured.Unstructured{}
	live.SetGroupVersionKind(o.GroupVersionKind())
	err := kube.Get(ctx, client.ObjectKeyFromObject(o), live)
	if apierrors.IsNotFound(err) {
		made := o.DeepCopy()
		err := kube.Create(ctx, made, client.DryRunAll, client.FieldOwner(fieldManager), client.FieldValidation(metav1.FieldValidationStrict))
		return planned{object: made, action: planreport.Create}, err
	}
	if err != nil {
		return planned{}, err
	}
	changed, err := a.change(ctx, kube, o, live)
	if err != nil {
		return planned{}, err
	}
	result := planned{object: changed, action: planreport.Unchanged, fields: planreport.Differences(live.Object, changed.Object)}
	if len(result.fields) > 0 {
		result.action = planreport.Update
	}
	return result, nil
}

// change is dryRun for an object that there is. Fields that the files no longer have go only if they are applied in the same way
// as before.
func (a *applying) change(ctx context.Context, kube client.Client, o, live *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	before, byKubectl := live.GetAnnotations()[corev1.LastAppliedConfigAnnotation]
	applier := applierOf(live)
	if a.serverSide || (applier != "" && !byKubectl) {
		options := []client.ApplyOption{client.DryRunAll, client.FieldOwner(cmp.Or(a.manager, applier, "kubectl"))}
		if a.force {
			options = append(options, client.ForceOwnership)
		}
		changed := o.DeepCopy()
		err := kube.Apply(ctx, client.ApplyConfigurationFromUnstructured(changed), options...)
		return changed, err
	}
	patch, err := threeWay([]byte(before), o, live)
	if err != nil {
		return nil, err
	}
	changed := live.DeepCopy()
	err = kube.Patch(ctx, changed, patch, client.DryRunAll, client.FieldOwner(fieldManager), client.FieldValidation(metav1.FieldValidationStrict))
	return changed, err
}

// applierOf is the field manager that applied an object by server-side apply, or nothing.
func applierOf(o *unstructured.Unstructured) string {
	for _, fields := range o.GetManagedFields() {
		if fields.Operation == metav1.ManagedFieldsOperationApply && fields.Subresource == "" {
			return fields.Manager
		}
	}
	return ""
}

// threeWay is the patch of kubectl apply: what the object has, without what it had when it was applied before.
func threeWay(before []byte, o, live *unstructured.Unstructured) (client.Patch, error) {
	modified, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	current, err := json.Marshal(live)
	if err != nil {
		return nil, err
	}
	typed, err := kubernetes.Scheme.New(o.GroupVersionKind())
	if runtime.IsNotRegisteredError(err) {
		patch, err := jsonmergepatch.CreateThreeWayJSONMergePatch(before, modified, current)
		return client.RawPatch(types.MergePatchType, patch), err
	}
	if err != nil {
		return nil, err
	}
	shape, err := strategicpatch.NewPatchMetaFromStruct(typed)
	if err != nil {
		return nil, err
	}
	patch, err := strategicpatch.CreateThreeWayMergePatch(before, modified, current, shape, true)
	return client.RawPatch(types.StrategicMergePatchType, patch), err
}

// explainInvalid is the API server's words of an object that it refuses; they name the field.
func explainInvalid(err error) string {
	status, ok := errors.AsType[*apierrors.StatusError](err)
	if !ok || status.Status().Details == nil || len(status.Status().Details.Causes) == 0 {
		return err.Error()
	}
	text := ""
	for _, cause := range status.Status().Details.Causes {
		if text != "" {
			text += "; "
		}
		if cause.Field == "" || cause.Field == "<nil>" {
			text += cause.Message
			continue
		}
		text += fmt.Sprintf("%s: %s", cause.Field, cause.Message)
	}
	return text
}

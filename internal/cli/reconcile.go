package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
)

// reconcileView is what reconcile tells of an object; docs/cli.md documents it.
type reconcileView struct {
	Kind        string             `json:"kind"`
	Namespace   string             `json:"namespace"`
	Name        string             `json:"name"`
	RequestedAt string             `json:"requestedAt"`
	Handled     bool               `json:"handled"` // whether the operator has acted on the request
	Conditions  []metav1.Condition `json:"conditions,omitempty"`
}

// reconciling is the command.
type reconciling struct {
	waiting

	env    *environment
	output format
}

func newReconcile(env *environment) *cobra.Command {
	r := &reconciling{env: env}
	command := &cobra.Command{
		Use:   "reconcile [KIND/]NAME...",
		Short: "Have the operator look at objects now",
		Long: `Have the operator look at objects now, and say what comes of it. KIND is tenant, which is meant without one, slackapp or
crmconnection.

It sets the annotation ` + v1alpha1.AnnotationReconcileRequestedAt + ` and waits until status.lastHandledReconcileAt has its value.`,
		Example: `  kubectl followup reconcile acme
  kubectl followup reconcile slackapp/followup crmconnection/acme-crono --timeout 2m`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: env.completeTargets,
		RunE:              func(c *cobra.Command, args []string) error { return r.run(c.Context(), args) },
	}
	r.addTo(command)
	r.output.addTo(command)
	return command
}

// run asks for all of them before it waits for any.
func (r *reconciling) run(ctx context.Context, args []string) error {
	var targets []target
	for _, arg := range args {
		t, err := parseTarget(arg)
		if err != nil {
			return err
		}
		targets = append(targets, t)
	}
	kube, namespace, err := r.env.connect()
	if err != nil {
		return err
	}
	views := struct {
		Objects []reconcileView `json:"objects"`
	}{Objects: []reconcileView{}}
	at := r.env.now().UTC().Format(time.RFC3339Nano)
	var asked []target
	for _, t := range targets {
		if requestErr := r.request(ctx, kube, namespace, t, at); requestErr != nil {
			err = errors.Join(err, requestErr)
			continue
		}
		asked = append(asked, t)
	}
	for _, t := range asked {
		view := reconcileView{Kind: t.kind.name, Namespace: namespace, Name: t.name, RequestedAt: at}
		if r.wait {
			err = errors.Join(err, r.await(ctx, kube, t, &view))
		}
		views.Objects = append(views.Objects, view)
	}
	return errors.Join(err, r.output.print(r.env.Out, views, func(w io.Writer) error {
		for _, v := range views.Objects {
			v.text(w)
		}
		return nil
	}))
}

func (r *reconciling) request(ctx context.Context, kube client.Client, namespace string, t target, at string) error {
	o, err := get(ctx, kube, namespace, t)
	if err != nil {
		return err
	}
	patch := client.RawPatch(types.MergePatchType, fmt.Appendf(nil, `{"metadata":{"annotations":{%q:%q}}}`, v1alpha1.AnnotationReconcileRequestedAt, at))
	if err := kube.Patch(ctx, o, patch, client.FieldOwner(fieldManager)); err != nil {
		return fmt.Errorf("annotate %s %s: %w", t.kind.name, t.name, err)
	}
	if r.wait {
		fmt.Fprintf(r.env.ErrOut, "%s %s: asked the operator, waiting up to %s\n", t.kind.name, t.name, r.timeout)
	}
	return nil
}

func (r *reconciling) await(ctx context.Context, kube client.Client, t target, view *reconcileView) error {
	o := t.kind.empty()
	done, err := r.env.until(ctx, r.timeout, func(ctx context.Context) (bool, error) {
		if err := kube.Get(ctx, types.NamespacedName{Namespace: view.Namespace, Name: t.name}, o); err != nil {
			return false, err
		}
		return handled(t.kind.handled(o), view.RequestedAt), nil
	})
	view.Handled, view.Conditions = done, *o.StatusConditions()
	if err != nil || done {
		return err
	}
	return fmt.Errorf("the operator has not acted on %s %s within %s (--timeout): %s", t.kind.name, t.name, r.timeout, r.env.whyNot(ctx, kube, o))
}

// handled says whether a request was acted on, or a later one of somebody else's.
func handled(last, requested string) bool {
	if last == requested {
		return true
	}
	lastTime, err1 := time.Parse(time.RFC3339Nano, last)
	requestedTime, err2 := time.Parse(time.RFC3339Nano, requested)
	return err1 == nil && err2 == nil && lastTime.After(requestedTime)
}

// whyNot says what is known of why the operator does not act on an object.
func (e *environment) whyNot(ctx context.Context, kube client.Client, o object) string {
	if ready := meta.FindStatusCondition(*o.StatusConditions(), v1alpha1.ConditionReady); ready != nil && ready.Status != metav1.ConditionTrue {
		return fmt.Sprintf("it is %s, %s: %s", reasonOf(*ready), oneLine(ready.Message), e.operatorState(ctx, kube))
	}
	return e.operatorState(ctx, kube)
}

func (v reconcileView) text(w io.Writer) {
	ready := meta.FindStatusCondition(v.Conditions, v1alpha1.ConditionReady)
	switch {
	case !v.Handled:
		fmt.Fprintf(w, "%s %s: asked at %s\n", v.Kind, v.Name, v.RequestedAt)
	case ready == nil:
		fmt.Fprintf(w, "%s %s: done\n", v.Kind, v.Name)
	default:
		fmt.Fprintf(w, "%s %s: done, %s, %s\n", v.Kind, v.Name, reasonOf(*ready), oneLine(ready.Message))
	}
	if !v.Handled {
		return
	}
	for _, c := range v.Conditions {
		if c.Type != v1alpha1.ConditionReady && !well(c) {
			fmt.Fprintf(w, "  ! %s, %s\n", reasonOf(c), oneLine(c.Message))
		}
	}
}

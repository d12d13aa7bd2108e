package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/internal/i18n"
)

// heldView is what hold and resume tell of a Tenant; docs/cli.md documents it.
type heldView struct {
	Namespace  string              `json:"namespace"`
	Name       string              `json:"name"`
	StopPolicy v1alpha1.StopPolicy `json:"stopPolicy"`
	Held       *metav1.Condition   `json:"held,omitempty"`      // nothing where it was not waited for, or in vain
	UsersRead  string              `json:"usersRead,omitempty"` // what Slack users are answered now; nothing where they are served
	ManagedBy  string              `json:"managedBy,omitempty"` // what may undo the change
}

// stopping is hold or resume.
type stopping struct {
	waiting

	env    *environment
	output format
	policy v1alpha1.StopPolicy
}

func newHold(env *environment) *cobra.Command {
	s := &stopping{env: env, policy: v1alpha1.StopHold}
	var drain bool
	command := &cobra.Command{
		Use:   "hold TENANT...",
		Short: "Pause Tenants: their users read that Followup is paused",
		Long: `Pause Tenants: their users read that Followup is paused.

It sets spec.stopPolicy to Hold: what is queued is still done. With --drain, HoldAndDrain: what is queued is cancelled, and
whoever asked for it is told.`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: env.completeTenants,
		RunE: func(c *cobra.Command, args []string) error {
			if drain {
				s.policy = v1alpha1.StopHoldAndDrain
			}
			return s.run(c.Context(), args)
		},
	}
	command.Flags().BoolVar(&drain, "drain", false, "cancel what is queued, too")
	s.addTo(command)
	s.output.addTo(command)
	return command
}

func newResume(env *environment) *cobra.Command {
	s := &stopping{env: env, policy: v1alpha1.StopNone}
	command := &cobra.Command{
		Use:               "resume TENANT...",
		Short:             "Serve Tenants again that were held",
		Long:              "Serve Tenants again that were held. It removes spec.stopPolicy, which is as if it were None.",
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: env.completeTenants,
		RunE:              func(c *cobra.Command, args []string) error { return s.run(c.Context(), args) },
	}
	s.addTo(command)
	s.output.addTo(command)
	return command
}

// run changes all of them before it waits for any.
func (s *stopping) run(ctx context.Context, names []string) error {
	kube, namespace, err := s.env.connect()
	if err != nil {
		return err
	}
	var changed []*v1alpha1.Tenant
	for _, name := range names {
		tenant, getErr := getTenant(ctx, kube, namespace, name)
		if getErr != nil {
			err = errors.Join(err, getErr)
			continue
		}
		if owner := managedBy(tenant); owner != "" {
			fmt.Fprintf(s.env.ErrOut, "warning: %s is kept by %s, which may undo this: change spec.stopPolicy there too\n", name, owner)
		}
		if patchErr := s.patch(ctx, kube, tenant); patchErr != nil {
			err = errors.Join(err, patchErr)
			continue
		}
		changed = append(changed, tenant)
	}
	views := struct {
		Tenants []heldView `json:"tenants"`
	}{Tenants: []heldView{}}
	for _, tenant := range changed {
		acted := s.wait
		if s.wait {
			awaitErr := s.await(ctx, kube, tenant)
			acted, err = awaitErr == nil, errors.Join(err, awaitErr)
		}
		views.Tenants = append(views.Tenants, s.view(tenant, acted))
	}
	return errors.Join(err, s.output.print(s.env.Out, views, func(w io.Writer) error {
		for _, v := range views.Tenants {
			v.text(w)
		}
		return nil
	}))
}

func (s *stopping) patch(ctx context.Context, kube client.Client, tenant *v1alpha1.Tenant) error {
	value := `"` + string(s.policy) + `"`
	if s.policy == v1alpha1.StopNone {
		value = "null" // as it was before: no field of ours stays behind to conflict with
	}
	patch := client.RawPatch(types.MergePatchType, []byte(`{"spec":{"stopPolicy":`+value+`}}`))
	if err := kube.Patch(ctx, tenant, patch, client.FieldOwner(fieldManager)); err != nil {
		return fmt.Errorf("set spec.stopPolicy of Tenant %s: %w", tenant.Name, err)
	}
	return nil
}

// await waits until the condition Held is of the policy.
func (s *stopping) await(ctx context.Context, kube client.Client, tenant *v1alpha1.Tenant) error {
	generation := tenant.Generation
	done, err := s.env.until(ctx, s.timeout, func(ctx context.Context) (bool, error) {
		if err := kube.Get(ctx, client.ObjectKeyFromObject(tenant), tenant); err != nil {
			return false, err
		}
		held := meta.FindStatusCondition(tenant.Status.Conditions, v1alpha1.ConditionHeld)
		return held != nil && held.ObservedGeneration >= generation && held.Status != metav1.ConditionUnknown, nil
	})
	if err != nil || done {
		return err
	}
	return fmt.Errorf("spec.stopPolicy of Tenant %s is set, but the operator has not acted on it within %s (--timeout): %s",
		tenant.Name, s.timeout, s.env.whyNot(ctx, kube, tenant))
}

func (s *stopping) view(tenant *v1alpha1.Tenant, acted bool) heldView {
	view := heldView{Namespace: tenant.Namespace, Name: tenant.Name, StopPolicy: s.policy, ManagedBy: managedBy(tenant)}
	if acted {
		view.Held = meta.FindStatusCondition(tenant.Status.Conditions, v1alpha1.ConditionHeld)
		view.UsersRead = usersRead(tenant)
	}
	return view
}

// usersRead is what Slack users of a Tenant are answered, in its language, or nothing where they are served.
func usersRead(tenant *v1alpha1.Tenant) string {
	say := i18n.For(string(tenant.Spec.Locale)).Say
	held := meta.FindStatusCondition(tenant.Status.Conditions, v1alpha1.ConditionHeld)
	switch {
	case meta.IsStatusConditionFalse(tenant.Status.Conditions, v1alpha1.ConditionSlackConnected):
		return say("ack.disconnected")
	case held == nil || held.Status != metav1.ConditionTrue:
		return ""
	case held.Reason == v1alpha1.ReasonTrialEnded:
		return say("ack.trial_ended")
	default:
		return say("ack.held")
	}
}

func (v heldView) text(w io.Writer) {
	switch {
	case v.Held == nil:
		fmt.Fprintf(w, "Tenant %s: stopPolicy %s\n", v.Name, v.StopPolicy)
		return
	case v.Held.Status == metav1.ConditionTrue:
		fmt.Fprintf(w, "Tenant %s is held: %s, %s\n", v.Name, v.Held.Reason, oneLine(v.Held.Message))
	default:
		fmt.Fprintf(w, "Tenant %s is served\n", v.Name)
	}
	if v.UsersRead != "" {
		fmt.Fprintf(w, "  Its users in Slack now read: %s\n", v.UsersRead)
	}
}

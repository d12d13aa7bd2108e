package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
)

// tenantView is all that status tells of a Tenant; docs/cli.md documents it.
type tenantView struct {
	Namespace   string                   `json:"namespace"`
	Name        string                   `json:"name"`
	CreatedAt   metav1.Time              `json:"createdAt"`
	Deleting    *metav1.Time             `json:"deletingSince,omitempty"`
	Erasure     *v1alpha1.Erasure        `json:"erasure,omitempty"`
	Workspace   v1alpha1.Workspace       `json:"workspace"`
	SlackApp    string                   `json:"slackApp"`
	TenantID    string                   `json:"tenantID,omitempty"`
	Plan        v1alpha1.Plan            `json:"plan"`
	TrialEndsAt *metav1.Time             `json:"trialEndsAt,omitempty"`
	StopPolicy  v1alpha1.StopPolicy      `json:"stopPolicy"`
	UpToDate    bool                     `json:"upToDate"` // whether Ready is of the spec as it is now
	Conditions  []metav1.Condition       `json:"conditions"`
	Limits      []v1alpha1.LimitUsage    `json:"limits,omitempty"`
	Usage       string                   `json:"usage,omitempty"`
	Users       *int32                   `json:"users,omitempty"`
	LastActive  *metav1.Time             `json:"lastActivityTime,omitempty"`
	Connections []connectionView         `json:"connections,omitempty"`
	Events      []eventView              `json:"events,omitempty"`
	Unreadable  []string                 `json:"unreadable,omitempty"` // what could not be read, and why
	Count       v1alpha1.ConnectionCount `json:"connectionCount,omitzero"`
}

// connectionView is one of a Tenant's CRMConnections.
type connectionView struct {
	Name        string                    `json:"name"`
	Provider    v1alpha1.CRMProvider      `json:"provider"`
	Conditions  []metav1.Condition        `json:"conditions"`
	LastSuccess *metav1.Time              `json:"lastSuccessTime,omitempty"`
	LastError   *v1alpha1.ConnectionError `json:"lastError,omitempty"`
}

// eventView is a Kubernetes event about the Tenant or one of its connections.
type eventView struct {
	Time    metav1.Time `json:"time"` // when it last happened
	Type    string      `json:"type"`
	Object  string      `json:"object"`
	Reason  string      `json:"reason"`
	Message string      `json:"message"`
}

// mostEvents are as many as a screen has room for.
const mostEvents = 10

func newStatus(env *environment) *cobra.Command {
	var output format
	var all bool
	command := &cobra.Command{
		Use:   "status [TENANT]",
		Short: "Show a Tenant's whole picture, or a line for each Tenant",
		Example: `  kubectl followup status acme -n followup
  kubectl followup status -A
  kubectl followup status acme -o json`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: env.completeTenants,
		RunE: func(c *cobra.Command, args []string) error {
			kube, namespace, err := env.connect()
			if err != nil {
				return err
			}
			if len(args) == 0 {
				return env.statusOfAll(c.Context(), kube, namespace, all, output)
			}
			if all {
				return fmt.Errorf("-A shows all Tenants; leave it out to look at %q, and name its namespace with -n", args[0])
			}
			tenant, err := getTenant(c.Context(), kube, namespace, args[0])
			if err != nil {
				return err
			}
			view := viewOf(tenant)
			view.addConnections(c.Context(), kube)
			view.addEvents(c.Context(), kube)
			return output.print(env.Out, view, func(w io.Writer) error { return view.screen(w, env.now()) })
		},
	}
	output.addTo(command)
	command.Flags().BoolVarP(&all, "all-namespaces", "A", false, "Tenants of all namespaces")
	return command
}

func (e *environment) statusOfAll(ctx context.Context, kube client.Client, namespace string, all bool, output format) error {
	list := &v1alpha1.TenantList{}
	where := "namespace " + namespace
	if all {
		namespace, where = "", "the cluster"
	}
	if err := kube.List(ctx, list, client.InNamespace(namespace)); err != nil {
		return err
	}
	views := struct {
		Tenants []tenantView `json:"tenants"`
	}{Tenants: []tenantView{}}
	for i := range list.Items {
		views.Tenants = append(views.Tenants, viewOf(&list.Items[i]))
	}
	return output.print(e.Out, views, func(w io.Writer) error {
		if len(views.Tenants) == 0 {
			_, err := fmt.Fprintf(e.ErrOut, "There is no Tenant in %s.\n", where)
			return err
		}
		return tenantTable(w, views.Tenants, all, e.now())
	})
}

// viewOf is what the Tenant alone tells.
func viewOf(t *v1alpha1.Tenant) tenantView {
	ready := meta.FindStatusCondition(t.Status.Conditions, v1alpha1.ConditionReady)
	return tenantView{
		Namespace: t.Namespace, Name: t.Name, CreatedAt: t.CreationTimestamp, Deleting: t.DeletionTimestamp, Erasure: t.Status.Erasure,
		Workspace: t.Spec.Workspace, SlackApp: t.Spec.SlackAppRef.Name, TenantID: t.Status.TenantID,
		Plan: t.Spec.Plan, TrialEndsAt: t.Spec.TrialEndsAt, StopPolicy: cmp.Or(t.Spec.StopPolicy, v1alpha1.StopNone),
		UpToDate:   ready != nil && ready.ObservedGeneration >= t.Generation,
		Conditions: slices.Clone(t.Status.Conditions), Limits: t.Status.Limits, Usage: t.Status.Usage,
		Users: t.Status.Users, LastActive: t.Status.LastActivityTime, Count: t.Status.Connections,
	}
}

func (v *tenantView) addConnections(ctx context.Context, kube client.Client) {
	list := &v1alpha1.CRMConnectionList{}
	if err := kube.List(ctx, list, client.InNamespace(v.Namespace)); err != nil {
		v.Unreadable = append(v.Unreadable, "connections: "+err.Error())
		return
	}
	for _, c := range list.Items {
		if c.Spec.TenantRef.Name == v.Name {
			v.Connections = append(v.Connections, connectionView{
				Name: c.Name, Provider: c.Spec.Provider, Conditions: c.Status.Conditions,
				LastSuccess: c.Status.LastSuccessTime, LastError: c.Status.LastError,
			})
		}
	}
	slices.SortFunc(v.Connections, func(a, b connectionView) int { return cmp.Compare(a.Name, b.Name) })
}

// addEvents adds the latest of the Tenant and of its connections.
func (v *tenantView) addEvents(ctx context.Context, kube client.Client) {
	v.readEvents(ctx, kube, "Tenant", v.Name)
	for _, c := range v.Connections {
		v.readEvents(ctx, kube, "CRMConnection", c.Name)
	}
	slices.SortStableFunc(v.Events, func(a, b eventView) int { return b.Time.Compare(a.Time.Time) })
	v.Events = v.Events[:min(len(v.Events), mostEvents)]
}

func (v *tenantView) readEvents(ctx context.Context, kube client.Client, kind, name string) {
	list := &corev1.EventList{}
	err := kube.List(ctx, list, client.InNamespace(v.Namespace), client.MatchingFields{"involvedObject.name": name})
	if err != nil {
		v.Unreadable = append(v.Unreadable, fmt.Sprintf("events of %s %s: %v", kind, name, err))
		return
	}
	for _, e := range list.Items {
		if e.InvolvedObject.Kind == kind {
			v.Events = append(v.Events, eventView{Time: lastTime(e), Type: e.Type, Object: kind + "/" + name, Reason: e.Reason, Message: e.Message})
		}
	}
}

// lastTime is when an event last happened, whichever of the two event APIs it was written by.
func lastTime(e corev1.Event) metav1.Time {
	switch {
	case e.Series != nil:
		return metav1.NewTime(e.Series.LastObservedTime.Time)
	case !e.LastTimestamp.IsZero():
		return e.LastTimestamp
	case !e.EventTime.IsZero():
		return metav1.NewTime(e.EventTime.Time)
	default:
		return e.CreationTimestamp
	}
}

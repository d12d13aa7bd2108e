package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	kubernetes "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
)

// fieldManager is the name of our changes in an object's managedFields.
const fieldManager = "kubectl-followup"

// newScheme knows Kubernetes' kinds and ours.
func newScheme() (*runtime.Scheme, error) {
	scheme := runtime.NewScheme()
	return scheme, errors.Join(kubernetes.AddToScheme(scheme), v1alpha1.AddToScheme(scheme))
}

func newClient(config *rest.Config) (client.Client, error) {
	scheme, err := newScheme()
	if err != nil {
		return nil, err
	}
	return client.New(config, client.Options{Scheme: scheme})
}

// connect returns a client for the cluster, and the namespace, that the flags say.
func (e *environment) connect() (kube client.Client, namespace string, err error) {
	namespace, _, err = e.flags.ToRawKubeConfigLoader().Namespace()
	if err != nil {
		return nil, "", err
	}
	config, err := e.flags.ToRESTConfig()
	if err != nil {
		return nil, "", err
	}
	config.QPS, config.Burst = 50, 100 // the server has its own word on fairness
	kube, err = e.newClient(config)
	return kube, namespace, err
}

// object is one of our kinds.
type object interface {
	client.Object
	StatusConditions() *[]metav1.Condition
}

// kind is one of ours, with the names that kubectl knows it by.
type kind struct {
	name  string
	names []string
	empty func() object
	list  func() client.ObjectList
	// handled is the last request to reconcile that was acted on.
	handled func(object) string
}

var kinds = []kind{
	{
		name: "Tenant", names: []string{"tenant", "tenants", "ften", "tenants.followup.dev"},
		empty: func() object { return &v1alpha1.Tenant{} }, list: func() client.ObjectList { return &v1alpha1.TenantList{} },
		handled: func(o object) string { t, _ := o.(*v1alpha1.Tenant); return t.Status.LastHandledReconcileAt },
	},
	{
		name: "SlackApp", names: []string{"slackapp", "slackapps", "sapp", "slackapps.followup.dev"},
		empty: func() object { return &v1alpha1.SlackApp{} }, list: func() client.ObjectList { return &v1alpha1.SlackAppList{} },
		handled: func(o object) string { a, _ := o.(*v1alpha1.SlackApp); return a.Status.LastHandledReconcileAt },
	},
	{
		name: "CRMConnection", names: []string{"crmconnection", "crmconnections", "crm", "crmconnections.followup.dev"},
		empty: func() object { return &v1alpha1.CRMConnection{} }, list: func() client.ObjectList { return &v1alpha1.CRMConnectionList{} },
		handled: func(o object) string { c, _ := o.(*v1alpha1.CRMConnection); return c.Status.LastHandledReconcileAt },
	},
}

// tenants is the kind that an argument without one means.
func tenants() kind { return kinds[0] }

// target is an object that an argument names.
type target struct {
	kind kind
	name string
}

// parseTarget reads KIND/NAME, or the NAME of a Tenant.
func parseTarget(argument string) (target, error) {
	before, name, found := strings.Cut(argument, "/")
	if !found {
		return target{kind: tenants(), name: argument}, nil
	}
	for _, k := range kinds {
		if name != "" && slices.Contains(k.names, strings.ToLower(before)) {
			return target{kind: k, name: name}, nil
		}
	}
	return target{}, fmt.Errorf("%q: write NAME for a Tenant, or tenant/NAME, slackapp/NAME or crmconnection/NAME", argument)
}

// get reads an object. Where there is none, the error says where it looked and which there are.
func get(ctx context.Context, kube client.Client, namespace string, t target) (object, error) {
	o := t.kind.empty()
	err := kube.Get(ctx, types.NamespacedName{Namespace: namespace, Name: t.name}, o)
	if !apierrors.IsNotFound(err) {
		return o, err
	}
	message := fmt.Sprintf("there is no %s %q in namespace %q", t.kind.name, t.name, namespace)
	if names, listErr := namesOf(ctx, kube, namespace, t.kind); listErr == nil {
		message += "; " + suggest(t.name, names)
	}
	return nil, errors.New(message + " (another namespace: -n, all Tenants: kubectl followup status -A)")
}

// getTenant is get for a Tenant.
func getTenant(ctx context.Context, kube client.Client, namespace, name string) (*v1alpha1.Tenant, error) {
	o, err := get(ctx, kube, namespace, target{kind: tenants(), name: name})
	if err != nil {
		return nil, err
	}
	tenant, _ := o.(*v1alpha1.Tenant)
	return tenant, nil
}

// namesOf lists names only, which is little even for thousands.
func namesOf(ctx context.Context, kube client.Client, namespace string, k kind) (names []string, err error) {
	list := &metav1.PartialObjectMetadataList{}
	list.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind(k.name + "List"))
	if err := kube.List(ctx, list, client.InNamespace(namespace)); err != nil {
		return nil, err
	}
	for _, item := range list.Items {
		names = append(names, item.Name)
	}
	slices.Sort(names)
	return names, nil
}

// suggest says which names are like the one that was not found.
func suggest(wanted string, names []string) string {
	const most = 5
	if len(names) == 0 {
		return "there is none at all in it"
	}
	slices.SortStableFunc(names, func(a, b string) int { return distance(wanted, a) - distance(wanted, b) })
	if len(names) <= most {
		return "there are: " + strings.Join(names, ", ")
	}
	return fmt.Sprintf("most like it, of %d: %s", len(names), strings.Join(names[:most], ", "))
}

// distance is how many letters have to be changed, added or left out to make b of a; a name that the other is part of is near.
func distance(a, b string) int {
	if strings.Contains(a, b) || strings.Contains(b, a) {
		return 1
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// completeTenants offers names of Tenants.
func (e *environment) completeTenants(c *cobra.Command, given []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return e.complete(c.Context(), tenants(), "", given, typed), cobra.ShellCompDirectiveNoFileComp
}

// completeTargets offers names of Tenants and, after a kind and a slash, names of that kind.
func (e *environment) completeTargets(c *cobra.Command, given []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	before, _, found := strings.Cut(typed, "/")
	if !found {
		names := e.complete(c.Context(), tenants(), "", given, typed)
		for _, k := range kinds[1:] {
			if strings.HasPrefix(k.names[0], typed) {
				names = append(names, k.names[0]+"/")
			}
		}
		return names, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	}
	t, err := parseTarget(before + "/x")
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return e.complete(c.Context(), t.kind, before+"/", given, typed), cobra.ShellCompDirectiveNoFileComp
}

func (e *environment) complete(ctx context.Context, k kind, prefix string, given []string, typed string) (found []cobra.Completion) {
	ctx, cancel := context.WithTimeout(ctx, completionPatience)
	defer cancel()
	kube, namespace, err := e.connect()
	if err != nil {
		return nil
	}
	names, err := namesOf(ctx, kube, namespace, k)
	if err != nil {
		return nil
	}
	for _, name := range names {
		name = prefix + name
		if strings.HasPrefix(name, typed) && !slices.Contains(given, name) {
			found = append(found, name)
		}
	}
	return found
}

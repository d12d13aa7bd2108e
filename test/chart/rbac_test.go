package chart

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	rbacv1 "k8s.io/api/rbac/v1"
)

// webhookRole has the same name in every release: see _helpers.tpl.
const webhookRole = "followup-webhook"

// TestLeastPrivilege: no wildcard, no way to make a role, and only the webhook's role may be handed on.
func TestLeastPrivilege(t *testing.T) {
	bound := 0
	for _, object := range render(t, working...) {
		var rules []rbacv1.PolicyRule
		switch role := object.(type) {
		case *rbacv1.ClusterRole:
			rules = role.Rules
		case *rbacv1.Role:
			rules = role.Rules
		}
		for _, rule := range rules {
			if slices.Contains(slices.Concat(rule.APIGroups, rule.Resources, rule.Verbs), "*") {
				t.Errorf("%T grants a wildcard: %+v", object, rule)
			}
			if slices.Contains(rule.Verbs, "escalate") || slices.Contains(rule.Verbs, "impersonate") {
				t.Errorf("%T lets its holder become someone else: %+v", object, rule)
			}
			if !slices.Contains(rule.Resources, "clusterroles") && !slices.Contains(rule.Resources, "roles") {
				continue
			}
			bound++
			want := rbacv1.PolicyRule{
				APIGroups: []string{"rbac.authorization.k8s.io"}, Resources: []string{"clusterroles"},
				ResourceNames: []string{webhookRole}, Verbs: []string{"bind"},
			}
			if diff := cmp.Diff(want, rule); diff != "" {
				t.Errorf("rule on roles (-want +got):\n%s", diff)
			}
		}
	}
	if bound != 1 {
		t.Errorf("%d rules on roles, want the one that lets the operator bind the webhook's", bound)
	}
}

// TestWebhookRole: a webhook may read Secrets and nothing else, and the operator is told the role's name.
func TestWebhookRole(t *testing.T) {
	objects := render(t, working...)
	role := find[*rbacv1.ClusterRole](t, objects, webhookRole)
	want := []rbacv1.PolicyRule{{APIGroups: []string{""}, Resources: []string{"secrets"}, Verbs: []string{"get", "list", "watch"}}}
	if diff := cmp.Diff(want, role.Rules); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
	args := find[*appsv1.Deployment](t, objects, fullname).Spec.Template.Spec.Containers[0].Args
	if flag := "--webhook-cluster-role=" + role.Name; !slices.Contains(args, flag) {
		t.Errorf("arguments %v: want %s", args, flag)
	}
	for _, object := range objects {
		if binding, ok := object.(*rbacv1.ClusterRoleBinding); ok && binding.RoleRef.Name == role.Name {
			t.Errorf("%s gives the webhook's role in every namespace", binding.Name)
		}
	}
}

// TestAggregated: who may view a namespace may view all three kinds in it; who may edit it may edit its tenants, but not make
// a SlackApp, with which the database logins come.
func TestAggregated(t *testing.T) {
	objects := render(t, working...)
	tests := map[string]struct {
		role             string
		resources, verbs []string
	}{
		"rbac.authorization.k8s.io/aggregate-to-view": {
			fullname + "-view", []string{"slackapps", "tenants", "crmconnections"}, []string{"get", "list", "watch"},
		},
		"rbac.authorization.k8s.io/aggregate-to-edit": {
			fullname + "-edit", []string{"tenants", "crmconnections"}, []string{"create", "update", "patch", "delete", "deletecollection"},
		},
		"rbac.authorization.k8s.io/aggregate-to-admin": {
			fullname + "-edit", []string{"tenants", "crmconnections"}, []string{"create", "update", "patch", "delete", "deletecollection"},
		},
	}
	for label, tc := range tests {
		role := find[*rbacv1.ClusterRole](t, objects, tc.role)
		if role.Labels[label] != "true" {
			t.Errorf("%s lacks the label %s", role.Name, label)
		}
		want := []rbacv1.PolicyRule{{APIGroups: []string{"followup.dev"}, Resources: tc.resources, Verbs: tc.verbs}}
		if diff := cmp.Diff(want, role.Rules); diff != "" {
			t.Errorf("rules of %s (-want +got):\n%s", role.Name, diff)
		}
	}
}

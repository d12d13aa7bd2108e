// Package v1alpha1 holds the kinds of followup.dev: SlackApp, Tenant and CRMConnection.
//
// Rules: enums instead of booleans; every string and list is bounded; a rule between fields is CEL, with a message that
// names the field and the fix; conditions come first in status; a field enters with the code that honours it.
// It imports Kubernetes' API packages only. Start reading at TenantSpec.
//
// +kubebuilder:object:generate=true
// +groupName=followup.dev
package v1alpha1

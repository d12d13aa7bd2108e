package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// CRMConnectionSpec declares one set of credentials at one provider.
//
// +kubebuilder:validation:XValidation:rule="self.provider != 'Google' || (!has(self.accountMappings) && !has(self.accountMappingsFrom))",message="spec.accountMappings, spec.accountMappingsFrom: Google has no accounts to map; remove them, or put them into the connection to the CRM"
type CRMConnectionSpec struct {
	// tenantRef names the Tenant of this namespace that the connection belongs to.
	// +required
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="spec.tenantRef can't be changed; create another CRMConnection for another Tenant"
	TenantRef LocalReference `json:"tenantRef,omitzero"`

	// provider that the credentials are for.
	// +required
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="spec.provider can't be changed; create another CRMConnection for another provider"
	Provider CRMProvider `json:"provider,omitempty"`

	// credentials at the provider. Crono: JSON {"public_key", "private_key"}. Google: the key file of a service account with
	// domain-wide delegation, or JSON {"email", "refresh_token"} for one mailbox.
	// +required
	Credentials Credentials `json:"credentials,omitzero"`

	// accountMappings say which account at the provider the e-mail addresses of a domain belong to. They win over those of
	// accountMappingsFrom.
	// +optional
	// +listType=map
	// +listMapKey=domain
	// +kubebuilder:validation:MaxItems=500
	AccountMappings []AccountMapping `json:"accountMappings,omitempty"`

	// accountMappingsFrom names files of such mappings. Of a domain that several have, the first counts.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=8
	AccountMappingsFrom []AccountMappingsSource `json:"accountMappingsFrom,omitempty"`
}

// AccountMapping says that e-mail addresses of a domain belong to an account.
type AccountMapping struct {
	// domain of the addresses, such as acme.com: not one of its subdomains, and not a mail provider's.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="!self.matches('[/:@?#]')",message="spec.accountMappings.domain: use the domain alone, such as acme.com, without https://, a path, a port or what is before an @"
	Domain string `json:"domain,omitempty"`

	// accountName is the account's name as the provider has it.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=200
	AccountName string `json:"accountName,omitempty"`
}

// AccountMappingsSource is a file of account mappings.
type AccountMappingsSource struct {
	// configMapKeyRef names a ConfigMap of this namespace that carries the label followup.dev/tenant=<name of the Tenant>, and its
	// key with JSON {"domain_to_account": {"acme.com": "Acme Inc"}}, of at most 5,000 mappings.
	// +required
	ConfigMapKeyRef ConfigMapKeyReference `json:"configMapKeyRef,omitzero"`
}

// ConfigMapKeyReference names one key of a ConfigMap of the same namespace.
type ConfigMapKeyReference struct {
	// name of the ConfigMap.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$')",message="configMapKeyRef.name: use the name of a ConfigMap, as kubectl get shows it: a-z, 0-9, '-' and '.', beginning and ending with a letter or digit"
	Name string `json:"name,omitempty"`

	// key in the ConfigMap's data.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^[-._a-zA-Z0-9]+$')",message="configMapKeyRef.key: use the letters that a ConfigMap's key may have: a-z, A-Z, 0-9, '-', '_' and '.'"
	Key string `json:"key,omitempty"`
}

// CRMProvider is a system that a follow-up goes to.
//
// +kubebuilder:validation:Enum=Crono;Google
type CRMProvider string

// The providers.
const (
	CronoProvider  CRMProvider = "Crono"  // accounts, notes, tasks and deals: https://www.crono.one
	GoogleProvider CRMProvider = "Google" // mailboxes and calendars of Gmail and Google Workspace
)

// CRMConnectionStatus says how the connection is.
type CRMConnectionStatus struct {
	// conditions are Ready, Reconciling and Stalled (kstatus), DatabaseSynced, CredentialsReady, Verified and Healthy.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// observedGeneration is the generation of the last final outcome (ready, or stalled); -1 before the first.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// connectionID identifies the connection's row in the database.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=36
	ConnectionID string `json:"connectionID,omitempty"`

	// lastHandledReconcileAt is the value of the annotation followup.dev/reconcile-requested-at that was acted on last.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	LastHandledReconcileAt string `json:"lastHandledReconcileAt,omitempty"`

	// lastSuccessTime is when the provider last did what it was asked, to within some minutes.
	// +optional
	LastSuccessTime *metav1.Time `json:"lastSuccessTime,omitempty"`

	// lastError of a call to the provider, until one succeeds.
	// +optional
	LastError *ConnectionError `json:"lastError,omitempty"`
}

// ConnectionError is a failed call to a provider.
type ConnectionError struct {
	// code in the provider's words, or ours.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=60
	Code string `json:"code,omitempty"`

	// time since when it fails so.
	// +required
	Time metav1.Time `json:"time,omitzero"`
}

// CRMConnection is one set of credentials of a Tenant at one provider.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=crm,categories=followup
// +kubebuilder:printcolumn:name="Tenant",type=string,JSONPath=`.spec.tenantRef.name`
// +kubebuilder:printcolumn:name="Provider",type=string,JSONPath=`.spec.provider`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Verified",type=string,JSONPath=`.status.conditions[?(@.type=="Verified")].status`
// +kubebuilder:printcolumn:name="Healthy",type=string,JSONPath=`.status.conditions[?(@.type=="Healthy")].status`
// +kubebuilder:printcolumn:name="Last success",type=date,priority=1,JSONPath=`.status.lastSuccessTime`
// +kubebuilder:printcolumn:name="Message",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].message`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="self.metadata.name.size() <= 63",message="metadata.name: use at most 63 characters"
type CRMConnection struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard object's metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec declares the connection.
	// +required
	Spec CRMConnectionSpec `json:"spec,omitzero"`

	// status is written by the operator. Its default lets kstatus see that a new object has not been looked at.
	// +optional
	// +kubebuilder:default={"observedGeneration":-1}
	Status CRMConnectionStatus `json:"status,omitzero"`
}

// CRMConnectionList is a list of CRMConnections.
//
// +kubebuilder:object:root=true
type CRMConnectionList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitzero"`
	Items           []CRMConnection `json:"items"`
}

// StatusConditions gives access to the conditions.
func (c *CRMConnection) StatusConditions() *[]metav1.Condition { return &c.Status.Conditions }

// StatusObservedGeneration gives access to the observed generation.
func (c *CRMConnection) StatusObservedGeneration() *int64 { return &c.Status.ObservedGeneration }

// StatusLastHandledReconcileAt gives access to the request to reconcile that was acted on last.
func (c *CRMConnection) StatusLastHandledReconcileAt() *string {
	return &c.Status.LastHandledReconcileAt
}

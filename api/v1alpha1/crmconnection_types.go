package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// CRMConnectionSpec declares one set of credentials at one provider.
type CRMConnectionSpec struct {
	// tenantRef names the Tenant of this namespace that the connection belongs to.
	// +required
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="spec.tenantRef can't be changed; create another CRMConnection for another Tenant"
	TenantRef LocalReference `json:"tenantRef,omitzero"`

	// provider that the credentials are for.
	// +required
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="spec.provider can't be changed; create another CRMConnection for another provider"
	Provider CRMProvider `json:"provider,omitempty"`

	// credentials at the provider. Crono: JSON {"public_key", "private_key"}.
	// +required
	Credentials Credentials `json:"credentials,omitzero"`
}

// CRMProvider is a system that a tenant keeps its customers in.
//
// +kubebuilder:validation:Enum=Crono
type CRMProvider string

// CronoProvider is Crono, https://www.crono.one.
const CronoProvider CRMProvider = "Crono"

// CRMConnectionStatus says how the connection is.
type CRMConnectionStatus struct {
	// conditions are Ready, Reconciling and Stalled (kstatus), DatabaseSynced and CredentialsReady.
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

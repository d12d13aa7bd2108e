package v1alpha1

// Labels that say whose credentials a Secret holds. A Secret named by a secretRef must carry one, set by its owner: so an
// author of a Tenant can't aim at any Secret of the namespace.
const (
	// LabelTenant marks the Secrets of a Tenant, and the Secrets and ConfigMaps of its CRMConnections; its value is the Tenant's
	// name.
	LabelTenant = "followup.dev/tenant"
	// LabelSlackApp marks the Secrets of a SlackApp; its value is the SlackApp's name.
	LabelSlackApp = "followup.dev/slackapp"
)

// Credentials says where a credential comes from.
//
// +kubebuilder:validation:XValidation:rule="has(self.externalSecret) != has(self.secretRef)",message="credentials: set exactly one of externalSecret and secretRef"
type Credentials struct {
	// externalSecret has External Secrets fetch the credential from a store into a Secret that the operator names and labels.
	// +optional
	ExternalSecret *ExternalSecretSource `json:"externalSecret,omitempty"`

	// secretRef names a Secret of this namespace that carries the label followup.dev/tenant=<name of the Tenant>, or
	// followup.dev/slackapp=<name> for a SlackApp.
	// +optional
	SecretRef *SecretKeyReference `json:"secretRef,omitempty"`
}

// ExternalSecretSource names one credential in a store of External Secrets.
type ExternalSecretSource struct {
	// storeRef names the store.
	// +required
	StoreRef StoreReference `json:"storeRef,omitzero"`

	// key is the credential's name in the store, as the store's provider writes it (AWS: name or ARN).
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=2048
	Key string `json:"key,omitempty"`

	// property picks one field of a credential that is JSON. The whole value is taken when it is left out.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Property string `json:"property,omitempty"`
}

// StoreKind is a kind of store of External Secrets.
//
// +kubebuilder:validation:Enum=SecretStore
type StoreKind string

// SecretStoreKind is a store of the same namespace: references of these kinds are always local.
const SecretStoreKind StoreKind = "SecretStore"

// StoreReference names a store of External Secrets in the same namespace.
type StoreReference struct {
	// kind of the store.
	// +required
	Kind StoreKind `json:"kind,omitempty"`

	// name of the store.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$')",message="storeRef.name: use the name of a SecretStore, as kubectl get shows it: a-z, 0-9, '-' and '.', beginning and ending with a letter or digit"
	Name string `json:"name,omitempty"`
}

// SecretKeyReference names one key of a Secret of the same namespace.
type SecretKeyReference struct {
	// name of the Secret.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$')",message="secretRef.name: use the name of a Secret, as kubectl get shows it: a-z, 0-9, '-' and '.', beginning and ending with a letter or digit"
	Name string `json:"name,omitempty"`

	// key in the Secret's data.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^[-._a-zA-Z0-9]+$')",message="secretRef.key: use the letters that a Secret's key may have: a-z, A-Z, 0-9, '-', '_' and '.'"
	Key string `json:"key,omitempty"`
}

// LocalReference names an object of the same namespace.
type LocalReference struct {
	// name of the object.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Name string `json:"name,omitempty"`
}

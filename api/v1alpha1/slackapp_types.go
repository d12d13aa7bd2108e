package v1alpha1

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// SlackAppSpec declares a Slack app and the webhook that serves it.
type SlackAppSpec struct {
	// appID is Slack's ID of the app ("Basic Information" of the app's settings). A namespace holds one SlackApp, and an app ID
	// is served once per operator.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=21
	// +kubebuilder:validation:XValidation:rule="self.matches('^A[A-Z0-9]{8,20}$')",message="spec.appID: copy the App ID from the app's Basic Information page; it looks like A0123456789"
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="spec.appID can't be changed; create another SlackApp, in its own namespace, for another app"
	AppID string `json:"appID,omitempty"`

	// slack is the app's own credential.
	// +required
	Slack SlackAppSlack `json:"slack,omitzero"`

	// ai says who writes follow-ups; when it is left out, only those of Tenants with credentials of their own are written.
	// +optional
	AI SlackAppAI `json:"ai,omitzero"`

	// oauthClients are what vendors know the app by, where people consent to what it does for them.
	// +optional
	OAuthClients SlackAppOAuthClients `json:"oauthClients,omitzero"`

	// encryption protects the access tokens that are kept in the database; CRMConnections to Google need it.
	// +optional
	Encryption SlackAppEncryption `json:"encryption,omitzero"`

	// webhook shapes the Deployment that answers Slack.
	// +optional
	Webhook SlackAppWebhook `json:"webhook,omitzero"`

	// plans are sets of limits that Tenants name, beside the built-in ones. One that is called like a built-in plan takes its place.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=20
	Plans []SlackAppPlan `json:"plans,omitempty"`
}

// SlackAppPlan is a named set of limits.
type SlackAppPlan struct {
	// name that Tenants have in spec.plan.
	// +required
	Name Plan `json:"name,omitempty"`

	// limits of the plan. What none is for is not limited, but for api_calls per Minute: 60 where the plan says nothing.
	// +optional
	// +listType=map
	// +listMapKey=resource
	// +listMapKey=period
	// +kubebuilder:validation:MaxItems=12
	Limits []Limit `json:"limits,omitempty"`
}

// SlackAppSlack is what Slack gave the app.
type SlackAppSlack struct {
	// credentials hold the signing secret: plain, or JSON {"signing_secret", "previous_signing_secret"} while it is rotated.
	// +required
	Credentials Credentials `json:"credentials,omitzero"`
}

// SlackAppAI is the model that writes follow-ups, and the app's account at Anthropic.
//
// +kubebuilder:validation:MinProperties=1
type SlackAppAI struct {
	// model is Anthropic's ID of the model; claude-sonnet-5-5 when left out.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=100
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-zA-Z0-9][-._:@/a-zA-Z0-9]*$')",message="spec.ai.model: use Anthropic's ID of a model, such as claude-sonnet-5-5"
	Model string `json:"model,omitempty"`

	// credentials hold the API key, for all Tenants without their own: plain (sk-ant-...), or JSON {"api_key"}.
	// +optional
	Credentials Credentials `json:"credentials,omitzero"`
}

// SlackAppOAuthClients are the app's OAuth clients, by vendor.
//
// +kubebuilder:validation:MinProperties=1
type SlackAppOAuthClients struct {
	// google is the client that users of Google consented to; CRMConnections with a refresh token need it.
	// +optional
	Google OAuthClient `json:"google,omitzero"`
}

// OAuthClient is what a vendor knows the app by.
type OAuthClient struct {
	// credentials hold JSON {"client_id", "client_secret"}.
	// +required
	Credentials Credentials `json:"credentials,omitzero"`
}

// SlackAppEncryption is the key that values in the database are encrypted with.
type SlackAppEncryption struct {
	// credentials hold 32 bytes in base64: plain, or JSON {"key", "previous_key"} while the key is rotated.
	// +required
	Credentials Credentials `json:"credentials,omitzero"`
}

// SlackAppWebhook shapes the webhook's Deployment.
//
// +kubebuilder:validation:MinProperties=1
type SlackAppWebhook struct {
	// replicas is the number of pods; 2 when left out.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=20
	Replicas *int32 `json:"replicas,omitempty"`

	// resources of each pod; requests of 100m CPU and 128Mi memory and a limit of 256Mi memory when left out.
	// +optional
	Resources *corev1.ResourceRequirements `json:"resources,omitempty"`
}

// SlackAppStatus says how the webhook is.
type SlackAppStatus struct {
	// conditions are Ready, Reconciling and Stalled (kstatus), CredentialsReady and WebhookAvailable.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// observedGeneration is the generation of the last final outcome (ready, or stalled); -1 before the first.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// lastHandledReconcileAt is the value of the annotation followup.dev/reconcile-requested-at that was acted on last.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	LastHandledReconcileAt string `json:"lastHandledReconcileAt,omitempty"`

	// readyReplicas is the number of pods that answer Slack.
	// +optional
	// +kubebuilder:validation:Minimum=0
	ReadyReplicas *int32 `json:"readyReplicas,omitempty"`
}

// SlackApp is one Slack app, with the webhook Deployment that serves it. Its tenants live in its namespace.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=sapp,categories=followup
// +kubebuilder:printcolumn:name="App ID",type=string,JSONPath=`.spec.appID`
// +kubebuilder:printcolumn:name="Pods",type=integer,JSONPath=`.status.readyReplicas`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Message",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].message`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="self.metadata.name.matches('^[a-z]([-a-z0-9]{0,48}[a-z0-9])?$')",message="metadata.name: use at most 50 of a-z, 0-9 and '-', beginning with a letter; a Service is named after it"
type SlackApp struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard object's metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec declares the app.
	// +required
	Spec SlackAppSpec `json:"spec,omitzero"`

	// status is written by the operator. Its default lets kstatus see that a new object has not been looked at.
	// +optional
	// +kubebuilder:default={"observedGeneration":-1}
	Status SlackAppStatus `json:"status,omitzero"`
}

// SlackAppList is a list of SlackApps.
//
// +kubebuilder:object:root=true
type SlackAppList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitzero"`
	Items           []SlackApp `json:"items"`
}

// StatusConditions gives access to the conditions.
func (a *SlackApp) StatusConditions() *[]metav1.Condition { return &a.Status.Conditions }

// StatusObservedGeneration gives access to the observed generation.
func (a *SlackApp) StatusObservedGeneration() *int64 { return &a.Status.ObservedGeneration }

// StatusLastHandledReconcileAt gives access to the request to reconcile that was acted on last.
func (a *SlackApp) StatusLastHandledReconcileAt() *string { return &a.Status.LastHandledReconcileAt }

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TenantSpec declares one Slack workspace, or one Enterprise organisation, that uses the app.
type TenantSpec struct {
	// slackAppRef names the SlackApp of this namespace that the workspace installed.
	// +required
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="spec.slackAppRef can't be changed; create another Tenant for another SlackApp"
	SlackAppRef LocalReference `json:"slackAppRef,omitzero"`

	// workspace is where the app is installed.
	// +required
	Workspace Workspace `json:"workspace,omitzero"`

	// plan sets the limits: 30 (free), 60 (starter), 120 (pro) or 600 (enterprise) api_calls per minute.
	// +required
	Plan Plan `json:"plan,omitempty"`

	// limits override those of the plan, by resource and period.
	// +optional
	// +listType=map
	// +listMapKey=resource
	// +listMapKey=period
	// +kubebuilder:validation:MaxItems=8
	Limits []Limit `json:"limits,omitempty"`

	// stopPolicy holds a tenant: Hold answers its users that it is paused and finishes what is queued. None, which is meant when
	// it is left out, serves it.
	// +optional
	StopPolicy StopPolicy `json:"stopPolicy,omitempty"`

	// meetings says who sees which meetings.
	// +optional
	Meetings TenantMeetings `json:"meetings,omitzero"`

	// timeZone is the IANA name of the zone that times are shown in, such as Europe/Rome; UTC when left out.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	TimeZone string `json:"timeZone,omitempty"`

	// locale is the language that the workspace's people read Followup in: en (English) or it (Italian); en when left out.
	// +optional
	Locale Locale `json:"locale,omitempty"`

	// slack is the bot's credential in this workspace.
	// +required
	Slack TenantSlack `json:"slack,omitzero"`

	// fathom is the credential that meetings are read with.
	// +required
	Fathom TenantFathom `json:"fathom,omitzero"`

	// ai is the tenant's own account at Anthropic; the SlackApp's is used when it is left out.
	// +optional
	AI TenantAI `json:"ai,omitzero"`
}

// Workspace names a Slack workspace or Enterprise organisation. Which one it is can't change, its name can.
//
// +kubebuilder:validation:XValidation:rule="has(self.teamID) != has(self.enterpriseID)",message="spec.workspace: set exactly one of teamID (a workspace) and enterpriseID (an organisation-wide installation)"
// +kubebuilder:validation:XValidation:rule="has(self.teamID) == has(oldSelf.teamID) && (has(self.teamID) ? self.teamID == oldSelf.teamID : self.enterpriseID == oldSelf.enterpriseID)",message="spec.workspace: teamID and enterpriseID can't be changed; create another Tenant for another workspace"
type Workspace struct {
	// teamID is Slack's ID of the workspace.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=21
	// +kubebuilder:validation:XValidation:rule="self.matches('^T[A-Z0-9]{8,20}$')",message="spec.workspace.teamID: use Slack's ID of the workspace, such as T0123456789 (it is in the URL of Slack in a browser)"
	TeamID string `json:"teamID,omitempty"`

	// enterpriseID is Slack's ID of the organisation, for an app installed organisation-wide.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=21
	// +kubebuilder:validation:XValidation:rule="self.matches('^E[A-Z0-9]{8,20}$')",message="spec.workspace.enterpriseID: use Slack's ID of the organisation, such as E0123456789"
	EnterpriseID string `json:"enterpriseID,omitempty"`

	// name of the workspace, for people.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=100
	// +kubebuilder:validation:XValidation:rule="!self.matches('[[:cntrl:]]')",message="spec.workspace.name: use one line of text, without tabs or other control characters"
	Name string `json:"name,omitempty"`
}

// Plan is a named set of limits.
//
// +kubebuilder:validation:Enum=free;starter;pro;enterprise
type Plan string

// The plans.
const (
	PlanFree       Plan = "free"
	PlanStarter    Plan = "starter"
	PlanPro        Plan = "pro"
	PlanEnterprise Plan = "enterprise"
)

// LimitResource is what a limit counts.
//
// +kubebuilder:validation:Enum=api_calls
type LimitResource string

// APICalls counts requests of the workspace's users.
const APICalls LimitResource = "api_calls"

// LimitPeriod is the time after which a limit starts anew.
//
// +kubebuilder:validation:Enum=Minute
type LimitPeriod string

// PerMinute starts anew each minute.
const PerMinute LimitPeriod = "Minute"

// Limit is how much of a resource a tenant may use in a period.
type Limit struct {
	// resource that is limited.
	// +required
	Resource LimitResource `json:"resource,omitempty"`

	// period that it is limited in.
	// +required
	Period LimitPeriod `json:"period,omitempty"`

	// limit is the greatest number in a period.
	// +required
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100000
	Limit int32 `json:"limit,omitempty"`
}

// Locale is a language that Followup speaks, as an ISO 639 code.
//
// +kubebuilder:validation:Enum=en;it
type Locale string

// The languages with a message catalogue.
const (
	English Locale = "en"
	Italian Locale = "it"
)

// StopPolicy says whether a tenant is served.
//
// +kubebuilder:validation:Enum=None;Hold
type StopPolicy string

// The stop policies.
const (
	StopNone StopPolicy = "None"
	StopHold StopPolicy = "Hold"
)

// MeetingVisibility says which meetings a user sees.
//
// +kubebuilder:validation:Enum=Participants;Everyone
type MeetingVisibility string

// The visibilities.
const (
	VisibleToParticipants MeetingVisibility = "Participants"
	VisibleToEveryone     MeetingVisibility = "Everyone"
)

// TenantMeetings says who sees which meetings.
//
// +kubebuilder:validation:MinProperties=1
type TenantMeetings struct {
	// visibility is Participants, which is meant when it is left out, to show a user the meetings that they recorded or were
	// invited to, by their e-mail; or Everyone, to show all that the Fathom key sees.
	// +optional
	Visibility MeetingVisibility `json:"visibility,omitempty"`
}

// TenantSlack is what Slack gave the workspace's installation.
type TenantSlack struct {
	// credentials hold the bot token: plain (xoxb-...), or JSON {"bot_token"}.
	// +required
	Credentials Credentials `json:"credentials,omitzero"`
}

// TenantFathom is what Fathom gave the tenant.
type TenantFathom struct {
	// credentials hold the API key: plain, or JSON {"api_key", "webhook_secret"}. With a webhook_secret, Fathom's word of a new
	// recording is taken at https://<host>/fathom/webhooks/<status.tenantID>.
	// +required
	Credentials Credentials `json:"credentials,omitzero"`
}

// TenantAI is what Anthropic gave the tenant.
type TenantAI struct {
	// credentials hold the API key: plain (sk-ant-...), or JSON {"api_key"}.
	// +required
	Credentials Credentials `json:"credentials,omitzero"`
}

// TenantStatus says how the tenant is.
type TenantStatus struct {
	// conditions are Ready, Reconciling and Stalled (kstatus), DatabaseSynced, CredentialsReady, Held and SlackConnected.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// observedGeneration is the generation of the last final outcome (ready, or stalled); -1 before the first.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// tenantID identifies the tenant's rows in the database.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=36
	TenantID string `json:"tenantID,omitempty"`
}

// Tenant is one Slack workspace, or one Enterprise organisation, that uses a SlackApp.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=ften,categories=followup
// +kubebuilder:printcolumn:name="Workspace",type=string,JSONPath=`.spec.workspace.name`
// +kubebuilder:printcolumn:name="Team",type=string,priority=1,JSONPath=`.spec.workspace.teamID`
// +kubebuilder:printcolumn:name="Enterprise",type=string,priority=1,JSONPath=`.spec.workspace.enterpriseID`
// +kubebuilder:printcolumn:name="Plan",type=string,JSONPath=`.spec.plan`
// +kubebuilder:printcolumn:name="Held",type=string,JSONPath=`.status.conditions[?(@.type=="Held")].status`
// +kubebuilder:printcolumn:name="Slack",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="SlackConnected")].status`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Message",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].message`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="self.metadata.name.size() <= 63",message="metadata.name: use at most 63 characters; Secrets are labelled with it"
type Tenant struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard object's metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec declares the tenant.
	// +required
	Spec TenantSpec `json:"spec,omitzero"`

	// status is written by the operator. Its default lets kstatus see that a new object has not been looked at.
	// +optional
	// +kubebuilder:default={"observedGeneration":-1}
	Status TenantStatus `json:"status,omitzero"`
}

// TenantList is a list of Tenants.
//
// +kubebuilder:object:root=true
type TenantList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitzero"`
	Items           []Tenant `json:"items"`
}

// StatusConditions gives access to the conditions.
func (t *Tenant) StatusConditions() *[]metav1.Condition { return &t.Status.Conditions }

// StatusObservedGeneration gives access to the observed generation.
func (t *Tenant) StatusObservedGeneration() *int64 { return &t.Status.ObservedGeneration }

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

	// plan names the tenant's limits: one of the SlackApp's spec.plans or, where it declares none of that name, one of the built-in
	// plans free, starter, pro and enterprise.
	// +required
	Plan Plan `json:"plan,omitempty"`

	// limits override those of the plan, by resource and period.
	// +optional
	// +listType=map
	// +listMapKey=resource
	// +listMapKey=period
	// +kubebuilder:validation:MaxItems=12
	Limits []Limit `json:"limits,omitempty"`

	// stopPolicy holds a tenant: Hold answers its users that it is paused and finishes what is queued; HoldAndDrain cancels what is
	// queued, too. None, which is meant when it is left out, serves it.
	// +optional
	StopPolicy StopPolicy `json:"stopPolicy,omitempty"`

	// deletionPolicy says what becomes of the tenant's data when this object is deleted. Retain, which is meant when it is left
	// out, keeps it for when the object is applied again; Erase deletes it for good, before the object goes.
	// +optional
	DeletionPolicy DeletionPolicy `json:"deletionPolicy,omitempty"`

	// trialEndsAt is when the tenant is no longer served unless this field is removed or moved; its users are told so.
	// +optional
	TrialEndsAt *metav1.Time `json:"trialEndsAt,omitempty"`

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

// Plan is the name of a set of limits.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=40
// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9][-a-z0-9]*$')",message="plan: use a-z, 0-9 and '-', beginning with a letter or digit, such as pro"
type Plan string

// The built-in plans.
const (
	PlanFree       Plan = "free"
	PlanStarter    Plan = "starter"
	PlanPro        Plan = "pro"
	PlanEnterprise Plan = "enterprise"
)

// LimitResource is what a limit counts.
//
// +kubebuilder:validation:Enum=api_calls;meetings_processed;crm_writes
type LimitResource string

// What limits count.
const (
	APICalls          LimitResource = "api_calls"          // requests of the workspace's users
	MeetingsProcessed LimitResource = "meetings_processed" // texts of a follow-up written by the model, the first or anew
	CRMWrites         LimitResource = "crm_writes"         // notes and tasks made, and deals changed
)

// LimitPeriod is the time after which a limit starts anew.
//
// +kubebuilder:validation:Enum=Minute;Hour;Day;Month
type LimitPeriod string

// Periods of limits, all in UTC.
const (
	PerMinute LimitPeriod = "Minute"
	PerHour   LimitPeriod = "Hour"
	PerDay    LimitPeriod = "Day"
	PerMonth  LimitPeriod = "Month"
)

// Limit is how much of a resource a tenant may use in a period.
//
// +kubebuilder:validation:XValidation:rule="self.period != 'Minute' || self.resource == 'api_calls'",message="limits: only api_calls can be limited by the Minute; use Hour, Day or Month"
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
	// +kubebuilder:validation:Maximum=10000000
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
// +kubebuilder:validation:Enum=None;Hold;HoldAndDrain
type StopPolicy string

// The stop policies.
const (
	StopNone         StopPolicy = "None"
	StopHold         StopPolicy = "Hold"
	StopHoldAndDrain StopPolicy = "HoldAndDrain"
)

// DeletionPolicy says what becomes of a tenant's data when its object is deleted.
//
// +kubebuilder:validation:Enum=Retain;Erase
type DeletionPolicy string

// The deletion policies.
const (
	DeletionRetain DeletionPolicy = "Retain"
	DeletionErase  DeletionPolicy = "Erase"
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
	// conditions are Ready, Reconciling and Stalled (kstatus), DatabaseSynced, CredentialsReady, Verified, Held and SlackConnected.
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

	// lastHandledReconcileAt is the value of the annotation followup.dev/reconcile-requested-at that was acted on last.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	LastHandledReconcileAt string `json:"lastHandledReconcileAt,omitempty"`

	// limits that bind the tenant: its plan's, with its own in their place.
	// +optional
	// +listType=map
	// +listMapKey=resource
	// +listMapKey=period
	// +kubebuilder:validation:MaxItems=24
	Limits []LimitUsage `json:"limits,omitempty"`

	// usage is what the tenant uses in words, for a column: the share of its tightest limit, such as "41/200 meetings today".
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	Usage string `json:"usage,omitempty"`

	// users is how many Slack users have used the app, as of up to 10 minutes ago.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Users *int32 `json:"users,omitempty"`

	// lastActivityTime is when one of them last did, as of up to 10 minutes ago.
	// +optional
	LastActivityTime *metav1.Time `json:"lastActivityTime,omitempty"`

	// connections counts the tenant's CRMConnections.
	// +optional
	Connections ConnectionCount `json:"connections,omitzero"`

	// erasure is how far the deletion of the tenant's data is, under deletionPolicy Erase.
	// +optional
	Erasure *Erasure `json:"erasure,omitempty"`
}

// LimitUsage is a limit that binds, and what is used of it.
type LimitUsage struct {
	Limit `json:",inline"`

	// used in the present period, as of up to 10 minutes ago. Only a Day's and a Month's use are told.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Used *int64 `json:"used,omitempty"`
}

// ConnectionCount counts connections.
//
// +kubebuilder:validation:MinProperties=1
type ConnectionCount struct {
	// healthy are those that are Ready and whose provider takes their credentials.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Healthy *int32 `json:"healthy,omitempty"`

	// total of them.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Total *int32 `json:"total,omitempty"`

	// summary is "<healthy>/<total>", for a column.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=16
	Summary string `json:"summary,omitempty"`
}

// Erasure is how far the deletion of a tenant's data is.
type Erasure struct {
	// startedAt is when it began.
	// +required
	StartedAt metav1.Time `json:"startedAt,omitzero"`

	// step is what it is at, such as the table that is being emptied.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	Step string `json:"step,omitempty"`

	// rowsDeleted so far.
	// +optional
	// +kubebuilder:validation:Minimum=0
	RowsDeleted *int64 `json:"rowsDeleted,omitempty"`
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
// +kubebuilder:printcolumn:name="Users",type=integer,JSONPath=`.status.users`
// +kubebuilder:printcolumn:name="Usage",type=string,JSONPath=`.status.usage`
// +kubebuilder:printcolumn:name="Connections",type=string,JSONPath=`.status.connections.summary`
// +kubebuilder:printcolumn:name="Active",type=date,JSONPath=`.status.lastActivityTime`
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

// StatusLastHandledReconcileAt gives access to the request to reconcile that was acted on last.
func (t *Tenant) StatusLastHandledReconcileAt() *string { return &t.Status.LastHandledReconcileAt }

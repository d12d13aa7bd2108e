package v1alpha1

// Condition types. Reconciling and Stalled are there only while True, as kstatus has it.
const (
	ConditionReady            = "Ready"
	ConditionReconciling      = "Reconciling"
	ConditionStalled          = "Stalled"
	ConditionDatabaseSynced   = "DatabaseSynced"
	ConditionCredentialsReady = "CredentialsReady"
	ConditionWebhookAvailable = "WebhookAvailable"
	ConditionHeld             = "Held"
	ConditionSlackConnected   = "SlackConnected"
	ConditionVerified         = "Verified" // the provider took the credentials when they were last tried
	ConditionHealthy          = "Healthy"  // what was asked of the provider last, it did
)

// Annotations that people set.
const (
	// AnnotationReconcileRequestedAt has the object reconciled when its value changes; status.lastHandledReconcileAt answers.
	AnnotationReconcileRequestedAt = "followup.dev/reconcile-requested-at"
	// AnnotationTakeOver lets an object take over the rows of another owner: its value is that owner, as the condition names it.
	AnnotationTakeOver = "followup.dev/take-over"
	// AnnotationAbandonErasure with the value "true" lets a Tenant go whose data can't be erased: the rows are kept.
	AnnotationAbandonErasure = "followup.dev/abandon-erasure"
)

// FinalizerErase is on a Tenant while its deletionPolicy is Erase.
const FinalizerErase = "followup.dev/erase"

// Reasons of Verified and Healthy.
const (
	ReasonAccepted            = "Accepted"            // the provider took the credentials
	ReasonRefused             = "Refused"             // it did not
	ReasonWrongWorkspace      = "WrongWorkspace"      // the bot token is another workspace's
	ReasonModelNotFound       = "ModelNotFound"       // the account at Anthropic has no such model
	ReasonNotTried            = "NotTried"            // these credentials are new
	ReasonProviderUnavailable = "ProviderUnavailable" // it gave no answer; it is tried again
	ReasonWorking             = "Working"
	ReasonNeedsReauth         = "NeedsReauth"
	ReasonCallFailed          = "CallFailed"
)

// Reasons of SlackConnected: True, or what Slack's event said.
const (
	ReasonConnected      = "Connected"
	ReasonAppUninstalled = "AppUninstalled"
	ReasonTokenRevoked   = "TokenRevoked"
)

// Reasons of a True condition.
const (
	ReasonReady       = "Ready"
	ReasonSynced      = "Synced"
	ReasonAvailable   = "Available"
	ReasonHeld        = "Held"
	ReasonDraining    = "Draining"
	ReasonTrialEnded  = "TrialEnded"
	ReasonRepaired    = "Repaired" // of DatabaseSynced: somebody else had changed the rows
	ReasonServed      = "Served"
	ReasonCredentials = "CredentialsFound"
)

// Reasons of events alone: an object has a row that was there before.
const (
	ReasonAdopted  = "Adopted"  // nobody's: it was imported
	ReasonTookOver = "TookOver" // another object's
)

// Reasons that last until somebody changes something (Stalled). Rejected is also that of a policy or a quota, which may change
// with nothing to tell of it: so that is Reconciling, and tried again.
const (
	ReasonNamespaceTaken           = "NamespaceTaken"
	ReasonOperatorNamespace        = "OperatorNamespace"
	ReasonAppIDTaken               = "AppIDTaken"
	ReasonWorkspaceAlreadyClaimed  = "WorkspaceAlreadyClaimed"
	ReasonConnectionAlreadyClaimed = "ConnectionAlreadyClaimed"
	ReasonPlanNotFound             = "PlanNotFound"
	ReasonInvalidTimeZone          = "InvalidTimeZone"
	ReasonSecretNotLabelled        = "SecretNotLabelled"
	ReasonSecretKeyMissing         = "SecretKeyMissing"
	ReasonSecretInvalid            = "SecretInvalid"
	ReasonInvalidMappings          = "InvalidMappings"
	ReasonConfigMapNotLabelled     = "ConfigMapNotLabelled"
	ReasonConfigMapKeyMissing      = "ConfigMapKeyMissing"
	ReasonRejected                 = "Rejected"
	ReasonWebhookStuck             = "WebhookStuck"
)

// Reasons that pass by themselves, or when something else arrives (Reconciling).
const (
	ReasonSlackAppNotFound       = "SlackAppNotFound"
	ReasonSlackAppRefused        = "SlackAppRefused"
	ReasonSlackAppIncomplete     = "SlackAppIncomplete"
	ReasonTenantNotFound         = "TenantNotFound"
	ReasonTenantNotSynced        = "TenantNotSynced"
	ReasonSecretNotFound         = "SecretNotFound"
	ReasonConfigMapNotFound      = "ConfigMapNotFound"
	ReasonExternalSecretPending  = "ExternalSecretPending"
	ReasonExternalSecretFailed   = "ExternalSecretFailed"
	ReasonExternalSecretsMissing = "ExternalSecretsMissing"
	ReasonSecretStoreNotFound    = "SecretStoreNotFound"
	ReasonSecretStoreNotReady    = "SecretStoreNotReady"
	ReasonSecretOwnedByAnother   = "SecretOwnedByAnother"
	ReasonErasing                = "Erasing"
	ReasonDatabaseUnavailable    = "DatabaseUnavailable"
	ReasonDatabaseRefused        = "DatabaseRefused" // until somebody mends the database
	ReasonWebhookRollingOut      = "WebhookRollingOut"
	ReasonWebhookUnavailable     = "WebhookUnavailable"
	ReasonNameTaken              = "NameTaken"
	ReasonClusterUnavailable     = "ClusterUnavailable"
)

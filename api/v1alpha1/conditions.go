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
	ReasonServed      = "Served"
	ReasonCredentials = "CredentialsFound"
)

// Reasons that last until somebody changes something (Stalled). Rejected is also that of a policy or a quota, which may change
// with nothing to tell of it: so that is Reconciling, and tried again.
const (
	ReasonNamespaceTaken          = "NamespaceTaken"
	ReasonOperatorNamespace       = "OperatorNamespace"
	ReasonAppIDTaken              = "AppIDTaken"
	ReasonWorkspaceAlreadyClaimed = "WorkspaceAlreadyClaimed"
	ReasonInvalidTimeZone         = "InvalidTimeZone"
	ReasonSecretNotLabelled       = "SecretNotLabelled"
	ReasonSecretKeyMissing        = "SecretKeyMissing"
	ReasonSecretInvalid           = "SecretInvalid"
	ReasonInvalidMappings         = "InvalidMappings"
	ReasonConfigMapNotLabelled    = "ConfigMapNotLabelled"
	ReasonConfigMapKeyMissing     = "ConfigMapKeyMissing"
	ReasonRejected                = "Rejected"
	ReasonWebhookStuck            = "WebhookStuck"
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
	ReasonDatabaseUnavailable    = "DatabaseUnavailable"
	ReasonWebhookRollingOut      = "WebhookRollingOut"
	ReasonWebhookUnavailable     = "WebhookUnavailable"
	ReasonNameTaken              = "NameTaken"
	ReasonClusterUnavailable     = "ClusterUnavailable"
)

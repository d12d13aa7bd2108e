package tenancy

import (
	"errors"
	"time"

	"github.com/google/uuid"
)

// ErrNotFound means that no live tenant answers to the workspace or ID asked for.
var ErrNotFound = errors.New("tenant not found")

// ID identifies a tenant in every table and job.
type ID = uuid.UUID

// Visibility says which of a tenant's meetings a Slack user may see.
type Visibility string

const (
	// Participants shows a user the meetings they recorded or were invited to, matched by e-mail.
	Participants Visibility = "participants"
	// Everyone shows each user all meetings that the tenant's Fathom key sees.
	Everyone Visibility = "everyone"
)

// Tenant is one Slack workspace, or one Enterprise organisation, as the data plane knows it.
type Tenant struct {
	ID         ID
	Owner      string // name of the Tenant object; its Secrets are labelled with it
	Name       string // the workspace's name, for people
	Workspace  Workspace
	TimeZone   string // IANA name; what users see is in this zone
	Locale     string // what users read: "en" or "it"
	Visibility Visibility
	SlackToken SecretRef
	FathomKey  SecretRef
	AIKey      SecretRef // of the tenant's own account at Anthropic; zero: the app's is used
	// Disconnected: Slack said that the app was removed or its token revoked, and no new token was declared since.
	Disconnected bool
	Stop         Stop
	TrialEndsAt  time.Time // from then on the tenant is not served; zero: it is no trial
}

// Serves says whether anything is begun for the tenant by itself.
func (t Tenant) Serves(now time.Time) bool {
	ended := !t.TrialEndsAt.IsZero() && !now.Before(t.TrialEndsAt)
	return t.Stop == Served && !ended && !t.Disconnected
}

// Stop says how far a tenant is stopped.
type Stop string

const (
	Served Stop = ""
	Hold   Stop = "hold"  // nothing new is begun; what is queued is finished
	Drain  Stop = "drain" // what is queued is cancelled too
)

// Workspace is where a Slack app is installed: a workspace has a TeamID, an org-wide installation an EnterpriseID.
//
// Source: https://docs.slack.dev/authentication/installing-with-oauth and
// https://docs.slack.dev/enterprise/developing-for-enterprise-orgs
type Workspace struct {
	TeamID       string // T...
	EnterpriseID string // E...
}

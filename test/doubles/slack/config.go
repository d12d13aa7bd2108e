package slack

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// Config is the Slack that a test lives in.
type Config struct {
	App        App
	Workspaces []Workspace
	// HooksURL is where the double can be reached by whoever posts to a response_url: a scheme and a host.
	// SetHooksURL sets it later.
	HooksURL string
	Now      func() time.Time // nil is time.Now
	Client   *http.Client     // sends commands; nil is a client of its own. The limit of 3 s is the double's.
}

// App is the Slack app under test.
type App struct {
	ID            string
	SigningSecret string
}

// Workspace is one workspace in which the app is installed.
type Workspace struct {
	TeamID string
	Name   string
	Token  string // the bot token of this installation
	Users  []User
	// Scopes of the token; nil is DefaultScopes.
	Scopes []string
	// EnterpriseID is the organisation that the workspace belongs to, if any.
	EnterpriseID string
	// OrgInstall says that the app is installed for the whole organisation; its workspaces share one token.
	OrgInstall bool
}

// User is a member of a workspace.
type User struct {
	ID       string
	Name     string // the handle
	RealName string
	Email    string // "" where Slack knows none, as for some guests
	TimeZone string // IANA name
}

// DefaultScopes are those that the app asks for when it is installed.
var DefaultScopes = []string{"commands", "chat:write", "users:read", "users:read.email"}

func (c Config) validate() error {
	if c.App.ID == "" || c.App.SigningSecret == "" {
		return errors.New("app: want an ID and a signing secret")
	}
	teams := map[string]bool{}
	holders := map[string]Workspace{}
	for _, w := range c.Workspaces {
		if w.TeamID == "" || w.Token == "" {
			return fmt.Errorf("workspace %q: want a team ID and a token", w.Name)
		}
		if teams[w.TeamID] {
			return fmt.Errorf("workspace %s: declared twice", w.TeamID)
		}
		teams[w.TeamID] = true
		if w.OrgInstall && w.EnterpriseID == "" {
			return fmt.Errorf("workspace %s: an org-wide installation needs an enterprise ID", w.TeamID)
		}
		if other, taken := holders[w.Token]; taken && !(sameOrg(w, other)) {
			return fmt.Errorf("workspace %s: has the token of %s", w.TeamID, other.TeamID)
		}
		holders[w.Token] = w
		if err := validateUsers(w.Users); err != nil {
			return fmt.Errorf("workspace %s: %w", w.TeamID, err)
		}
	}
	return nil
}

func sameOrg(a, b Workspace) bool {
	return a.OrgInstall && b.OrgInstall && a.EnterpriseID == b.EnterpriseID
}

func validateUsers(users []User) error {
	seen := map[string]bool{}
	for _, u := range users {
		if u.ID == "" || seen[u.ID] {
			return fmt.Errorf("user %q: want an ID of its own", u.ID)
		}
		seen[u.ID] = true
	}
	return nil
}

func (w Workspace) user(id string) (User, bool) {
	i := slices.IndexFunc(w.Users, func(u User) bool { return u.ID == id })
	if i < 0 {
		return User{}, false
	}
	return w.Users[i], true
}

func (w Workspace) scopes() []string {
	if w.Scopes == nil {
		return DefaultScopes
	}
	return w.Scopes
}

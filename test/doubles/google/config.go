package google

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// The scopes that the double knows.
const (
	ScopeCompose = "https://www.googleapis.com/auth/gmail.compose"
	ScopeEvents  = "https://www.googleapis.com/auth/calendar.events"
)

var allScopes = []string{ScopeCompose, ScopeEvents}

// Config is the Google that a test lives in.
type Config struct {
	Clients         []Client
	Users           []User
	ServiceAccounts []ServiceAccount
	// RotateRefreshTokens makes a refresh token good for one use, which hands out the next.
	RotateRefreshTokens bool
	// RewriteMessageIDs replaces the Message-ID of each draft, as Gmail does with a malformed one.
	RewriteMessageIDs bool
	Now               func() time.Time // nil is time.Now
}

// Client is an app that users can consent to.
type Client struct{ ID, Secret string }

// User has a mailbox and a calendar.
type User struct {
	Email string
	// Consent is what the user has given to a client; the zero value is none.
	Consent Consent
}

// Consent is a refresh token, and what it is good for.
type Consent struct {
	ClientID     string
	RefreshToken string
	Scopes       []string // nil is all
}

// ServiceAccount acts for the users of the domains that delegated their authority to it, with all scopes.
type ServiceAccount struct {
	Email   string
	KeyID   string
	Key     *rsa.PublicKey
	Domains []string
}

// NewServiceAccount makes a key, and returns the account with the key file that Google would hand out for it.
func NewServiceAccount(email string, domains ...string) (ServiceAccount, []byte, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return ServiceAccount{}, nil, err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return ServiceAccount{}, nil, err
	}
	account := ServiceAccount{Email: email, KeyID: strings.ToLower(rand.Text()), Key: &key.PublicKey, Domains: domains}
	file, err := json.MarshalIndent(map[string]string{
		"type":           "service_account",
		"project_id":     "followup-double",
		"private_key_id": account.KeyID,
		"private_key":    string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})),
		"client_email":   email,
		"client_id":      "100000000000000000000",
		"auth_uri":       "https://accounts.google.com/o/oauth2/auth",
		"token_uri":      "https://oauth2.googleapis.com/token",
	}, "", "  ")
	return account, file, err
}

func (c Config) validate() error {
	clients := map[string]bool{}
	for _, client := range c.Clients {
		if client.ID == "" || client.Secret == "" || clients[client.ID] {
			return errors.New("client: want an ID of its own and a secret")
		}
		clients[client.ID] = true
	}
	emails, refreshTokens := map[string]bool{}, map[string]bool{"": true}
	for _, user := range c.Users {
		if !strings.Contains(user.Email, "@") || emails[user.Email] {
			return fmt.Errorf("user %q: want an e-mail address of its own", user.Email)
		}
		emails[user.Email] = true
		consent := user.Consent
		if consent.ClientID == "" && consent.RefreshToken == "" && consent.Scopes == nil {
			continue
		}
		if !clients[consent.ClientID] || refreshTokens[consent.RefreshToken] {
			return fmt.Errorf("user %q: consent: want one of the clients and a refresh token of its own", user.Email)
		}
		refreshTokens[consent.RefreshToken] = true
		if slices.ContainsFunc(consent.Scopes, func(s string) bool { return !slices.Contains(allScopes, s) }) {
			return fmt.Errorf("user %q: consent: scopes: want some of %s", user.Email, strings.Join(allScopes, ", "))
		}
	}
	for _, account := range c.ServiceAccounts {
		if account.Email == "" || account.KeyID == "" || account.Key == nil {
			return fmt.Errorf("service account %q: want an address, a key and its ID", account.Email)
		}
	}
	return nil
}

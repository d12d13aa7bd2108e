package adapters

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/followup-dev/followup-operator/internal/credentials"
	"github.com/followup-dev/followup-operator/internal/followup"
	"github.com/followup-dev/followup-operator/internal/google"
	"github.com/followup-dev/followup-operator/internal/store"
	"github.com/followup-dev/followup-operator/internal/tenancy"
	"github.com/followup-dev/followup-operator/internal/tokens"
	"github.com/followup-dev/followup-operator/internal/vendorhttp"
)

// googleOffice is the Google half of followup.Offices.
type googleOffice struct {
	credentials credentials.Source
	vendors     *vendorhttp.Client
	urls        google.URLs
	connections connections
	tokens      tokens.Rows
	app         credentials.Owner // whose the next two are
	oauth       tenancy.SecretRef
	encryption  tenancy.SecretRef
	tenant      tenancy.Tenant
	now         func() time.Time
	log         *slog.Logger
}

// has says whether the tenant has connected Google. Whether the viewer can use it, they are told when they try.
func (o googleOffice) has(ctx context.Context) bool {
	all, err := o.declared(ctx)
	if err != nil {
		o.log.WarnContext(ctx, "connections not readable", "error", err)
	}
	_, set := o.box(ctx)
	return set && len(all) > 0
}

// Mailbox is that of followup.Offices.
func (o googleOffice) Mailbox(ctx context.Context, viewer followup.Viewer) (followup.Mailbox, error) {
	acting, err := o.acting(ctx, viewer)
	if err != nil {
		return nil, err
	}
	return mailbox{Mailbox: acting.api.Mailbox(acting.address, acting), acting: acting}, nil
}

// Calendar is that of followup.Offices.
func (o googleOffice) Calendar(ctx context.Context, viewer followup.Viewer) (followup.Calendar, error) {
	acting, err := o.acting(ctx, viewer)
	if err != nil {
		return nil, err
	}
	return calendar{calendar: acting.api.Calendar(acting), acting: acting}, nil
}

// declaredGoogle is a connection to Google whose credential can be read.
type declaredGoogle struct {
	store.Connection
	credentials.Google

	digest string // of the credential
}

// declared returns the tenant's, oldest first.
func (o googleOffice) declared(ctx context.Context) ([]declaredGoogle, error) {
	all, err := o.connections.Connections(ctx)
	if err != nil {
		return nil, fmt.Errorf("find the connections to Google: %w", err)
	}
	var found []declaredGoogle
	for _, connection := range all {
		if connection.Provider != "google" {
			continue
		}
		raw, err := o.credentials.Get(credentials.OfTenant(o.tenant.Owner), connection.Credentials)
		var parsed credentials.Google
		if err == nil {
			parsed, err = credentials.ParseGoogle(raw)
		}
		if err != nil {
			o.log.WarnContext(ctx, "credential of Google not readable", "connection", connection.Name, "secret", connection.Credentials, "error", err)
			continue
		}
		digest := sha256.Sum256(raw)
		found = append(found, declaredGoogle{Connection: connection, Google: parsed, digest: hex.EncodeToString(digest[:])})
	}
	return found, nil
}

// acting chooses the connection that acts for the viewer: their own consent, else a service account. One whose credential
// Google refused is not tried again until another is declared.
func (o googleOffice) acting(ctx context.Context, viewer followup.Viewer) (*googleActing, error) {
	all, err := o.declared(ctx)
	if err != nil {
		return nil, err
	}
	box, set := o.box(ctx)
	if !set || len(all) == 0 {
		return nil, &followup.Problem{Reason: followup.GoogleNotSetUp}
	}
	if viewer.Email == "" {
		return nil, &followup.Problem{Reason: followup.EmailHidden}
	}
	candidates := o.candidates(all, viewer)
	for _, candidate := range candidates {
		if candidate.declared.NeedsReauthDigest != candidate.declared.digest {
			candidate.keeper = tokens.NewKeeper(box, o.tokens, o.now)
			candidate.welcome(ctx)
			return candidate, nil
		}
	}
	if len(candidates) > 0 {
		return nil, &followup.Problem{Reason: followup.GoogleReconnect}
	}
	return nil, &followup.Problem{Reason: followup.GoogleNotYours}
}

// candidates are the connections that may act for the viewer, whose address Slack has confirmed: never another's mailbox.
func (o googleOffice) candidates(all []declaredGoogle, viewer followup.Viewer) []*googleActing {
	api := google.New(o.vendors, o.urls)
	var own, delegated []*googleActing
	for _, declared := range all {
		acting := &googleActing{
			office: o, api: api, declared: declared, pulse: &pulse{connections: o.connections, of: declared.Connection, log: o.log},
		}
		switch {
		case declared.ServiceAccount != nil:
			acting.address = viewer.Email
			acting.mint = func(ctx context.Context, _ credentials.Secret) (tokens.Minted, error) {
				minted, err := api.MintForServiceAccount(ctx, *declared.ServiceAccount, viewer.Email)
				return tokens.Minted(minted), err
			}
			delegated = append(delegated, acting)
		case followup.SameAddress(declared.Mailbox.Email, viewer.Email):
			acting.address = declared.Mailbox.Email
			acting.mint = o.fromConsent(api, declared.Mailbox.RefreshToken)
			own = append(own, acting)
		}
	}
	return append(own, delegated...)
}

// fromConsent mints with the refresh token that is kept, else with the declared one.
func (o googleOffice) fromConsent(api *google.API, declared credentials.Secret) tokens.Mint {
	return func(ctx context.Context, kept credentials.Secret) (tokens.Minted, error) {
		client, err := o.client()
		if err != nil {
			o.log.WarnContext(ctx, "the app's client at Google not readable", "secret", o.oauth, "error", err)
			return tokens.Minted{}, &followup.Problem{Reason: followup.GoogleNotSetUp}
		}
		if kept.Reveal() == "" {
			kept = declared
		}
		minted, err := api.MintFromRefreshToken(ctx, client, kept)
		return tokens.Minted(minted), err
	}
}

func (o googleOffice) client() (credentials.OAuthClient, error) {
	raw, err := o.credentials.Get(o.app, o.oauth)
	if err != nil {
		return credentials.OAuthClient{}, err
	}
	return credentials.ParseOAuthClient(raw)
}

// box encrypts the tokens. Without a key there is no Google: they are kept nowhere in the clear.
func (o googleOffice) box(ctx context.Context) (*tokens.Box, bool) {
	if o.encryption == (tenancy.SecretRef{}) {
		return nil, false
	}
	raw, err := o.credentials.Get(o.app, o.encryption)
	var keys credentials.Encryption
	if err == nil {
		keys, err = credentials.ParseEncryption(raw)
	}
	if err != nil {
		o.log.WarnContext(ctx, "encryption key not readable", "secret", o.encryption, "error", err)
		return nil, false
	}
	return tokens.NewBox(keys), true
}

// subject is whom tokens are kept for; addresses are the same in any case.
func subject(address string) string { return strings.ToLower(address) }

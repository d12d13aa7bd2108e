package adapters

import (
	"context"
	"errors"
	"fmt"

	"github.com/followup-dev/followup-operator/internal/credentials"
	"github.com/followup-dev/followup-operator/internal/crm/crono"
	"github.com/followup-dev/followup-operator/internal/fathom"
	"github.com/followup-dev/followup-operator/internal/google"
	"github.com/followup-dev/followup-operator/internal/llm"
	"github.com/followup-dev/followup-operator/internal/outcome"
	"github.com/followup-dev/followup-operator/internal/store"
	"github.com/followup-dev/followup-operator/internal/tenancy"
	"github.com/followup-dev/followup-operator/internal/tokens"
)

// readyTrial is how one credential is tried.
type readyTrial struct {
	digest string // credentials.Digest of it, as the operator makes it
	beside string // what else the answer depends on
	try    func(ctx context.Context) error
}

// trials are of all credentials of a tenant that can be read, with what they need beside.
func (a *Adapters) trials(ctx context.Context, tenant tenancy.Tenant, connections []store.Connection) []Trial {
	var all []Trial
	add := func(subject string, ref tenancy.SecretRef, prepare func(raw []byte) (readyTrial, error)) {
		raw, err := a.Credentials.Get(credentials.OfTenant(tenant.Owner), ref)
		if err != nil {
			return
		}
		ready, err := prepare(raw)
		if err != nil {
			return
		}
		digest := credentials.CheckDigest(tenant.ID, subject, ready.digest)
		attempt := credentials.Digest([]byte(digest + "/" + ready.beside))
		all = append(all, Trial{Subject: subject, Attempt: attempt, digest: digest, try: ready.try})
	}
	add(store.SubjectSlack, tenant.SlackToken, func(raw []byte) (readyTrial, error) { return a.slackTrial(tenant, raw) })
	add(store.SubjectFathom, tenant.FathomKey, func(raw []byte) (readyTrial, error) { return a.fathomTrial(tenant, raw) })
	if tenant.AIKey != (tenancy.SecretRef{}) {
		add(store.SubjectAI, tenant.AIKey, func(raw []byte) (readyTrial, error) { return a.aiTrial(tenant, raw) })
	}
	for _, connection := range connections {
		add(store.SubjectOf(connection.ID), connection.Credentials, func(raw []byte) (readyTrial, error) {
			switch connection.Provider {
			case "crono":
				return a.cronoTrial(tenant, raw)
			case "google":
				return a.offices(tenant).trial(ctx, connection, raw)
			default:
				return readyTrial{}, fmt.Errorf("provider %q is not known", connection.Provider)
			}
		})
	}
	return all
}

// slackTrial also sees whose token it is: that of another workspace would show this tenant's meetings there.
func (a *Adapters) slackTrial(tenant tenancy.Tenant, raw []byte) (readyTrial, error) {
	bot, err := credentials.ParseSlackBot(raw)
	declared := tenant.Workspace
	return readyTrial{
		digest: credentials.Digest([]byte(bot.Token.Reveal())),
		beside: declared.TeamID + declared.EnterpriseID,
		try: func(ctx context.Context) error {
			is, err := a.Slack.Bot(bot.Token).Identity(ctx)
			if err != nil {
				return err
			}
			switch {
			case declared.TeamID != "" && is.TeamID != declared.TeamID:
				return &misplacedError{store.CheckWrongWorkspace, is.TeamID}
			case declared.TeamID == "" && is.EnterpriseID == "":
				return &misplacedError{store.CheckWrongWorkspace, is.TeamID}
			case declared.TeamID == "" && is.EnterpriseID != declared.EnterpriseID:
				return &misplacedError{store.CheckWrongWorkspace, is.EnterpriseID}
			}
			return nil
		},
	}, err
}

func (a *Adapters) fathomTrial(tenant tenancy.Tenant, raw []byte) (readyTrial, error) {
	key, err := credentials.ParseFathom(raw)
	return readyTrial{
		digest: credentials.Digest(raw),
		try: func(ctx context.Context) error {
			return fathom.New(a.through(tenant), a.FathomURL, key.APIKey).Ping(ctx)
		},
	}, err
}

func (a *Adapters) aiTrial(tenant tenancy.Tenant, raw []byte) (readyTrial, error) {
	key, err := credentials.ParseAnthropic(raw)
	return readyTrial{
		digest: credentials.Digest(raw),
		beside: a.AIModel,
		try: func(ctx context.Context) error {
			err := llm.New(a.through(tenant), a.AIURL, a.AIModel, key.APIKey).Ping(ctx)
			if outcome.CodeOf(err) == llm.CodeNoModel {
				return &misplacedError{store.CheckModelNotFound, a.AIModel}
			}
			return err
		},
	}, err
}

func (a *Adapters) cronoTrial(tenant tenancy.Tenant, raw []byte) (readyTrial, error) {
	keys, err := credentials.ParseCrono(raw)
	return readyTrial{
		digest: credentials.Digest(raw),
		try:    func(ctx context.Context) error { return crono.New(a.through(tenant), a.CronoURL, keys).Ping(ctx) },
	}, err
}

var errNoEncryption = errors.New("the app has no encryption key")

// trial mints a token: of a mailbox the one that is used next, since a refresh token may be good for one use alone; of a service
// account one that acts for nobody.
func (o googleOffice) trial(ctx context.Context, connection store.Connection, raw []byte) (readyTrial, error) {
	parsed, err := credentials.ParseGoogle(raw)
	if err != nil {
		return readyTrial{}, err
	}
	ready, api := readyTrial{digest: credentials.Digest(raw)}, google.New(o.vendors, o.urls)
	if parsed.ServiceAccount != nil {
		ready.try = func(ctx context.Context) error {
			_, err := api.MintForServiceAccount(ctx, *parsed.ServiceAccount, "")
			if outcome.CodeOf(err) == google.CodeUnauthorizedClient {
				return nil // the key is right; whom the account acts for is asked of each user
			}
			return err
		}
		return ready, nil
	}
	box, set := o.box(ctx)
	if !set {
		return readyTrial{}, errNoEncryption
	}
	client, err := o.client()
	if err != nil {
		return readyTrial{}, err
	}
	ready.beside = credentials.Digest([]byte(client.ID + "/" + client.Secret.Reveal()))
	acting := &googleActing{
		office: o, address: parsed.Mailbox.Email, mint: o.fromConsent(api, parsed.Mailbox.RefreshToken),
		declared: declaredGoogle{Connection: connection, Google: parsed, digest: ready.digest},
		keeper:   tokens.NewKeeper(box, o.tokens, o.now),
	}
	ready.try = func(ctx context.Context) error {
		_, err := acting.Token(ctx)
		return err
	}
	return ready, nil
}

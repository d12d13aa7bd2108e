package adapters

import (
	"context"
	"log/slog"
	"time"

	"github.com/followup-dev/followup-operator/internal/credentials"
	"github.com/followup-dev/followup-operator/internal/followup"
	"github.com/followup-dev/followup-operator/internal/google"
	"github.com/followup-dev/followup-operator/internal/slackapi"
	"github.com/followup-dev/followup-operator/internal/store"
	"github.com/followup-dev/followup-operator/internal/tenancy"
	"github.com/followup-dev/followup-operator/internal/vendorhttp"
)

// Adapters make the use cases of any tenant. One is enough for a process, and it must be only one for each set of
// credentials: it remembers what Fathom said. It is safe for concurrent use and must not be copied.
type Adapters struct {
	Credentials credentials.Source
	Store       *store.DB // as the worker's role
	Slack       *slackapi.API
	Vendors     *vendorhttp.Client
	Now         func() time.Time
	Log         *slog.Logger

	App        credentials.Owner // whose the next three are; each may be the zero value
	AIKey      tenancy.SecretRef // for tenants without a key of their own
	OAuth      tenancy.SecretRef // the app's client at Google
	Encryption tenancy.SecretRef // of the key that minted tokens are kept with
	AIModel    string

	FathomURL string // https://api.fathom.ai/external/v1
	AIURL     string // https://api.anthropic.com/
	CronoURL  string // https://ext.crono.one/api/v1
	Google    google.URLs

	// Tell is told of a tenant when something new is known of its credentials or connections; nil: nobody is. It must not block.
	Tell func(tenancy.ID)

	recents recents
	gate    func(tenancy.Tenant) vendorhttp.Gate // nil: what the store keeps; tests that need no store have another
}

// Bot acts in the tenant's workspace. Beside the error, which says why the token can't be read, there is a bot without
// one: it can answer to a response_url, which needs none.
func (a *Adapters) Bot(tenant tenancy.Tenant) (*slackapi.Bot, error) {
	raw, err := a.Credentials.Get(credentials.OfTenant(tenant.Owner), tenant.SlackToken)
	if err != nil {
		return a.Slack.Bot(credentials.Secret{}), err
	}
	bot, err := credentials.ParseSlackBot(raw)
	return a.Slack.Bot(bot.Token), err
}

// Lister returns the use case that ends on this screen. Without a token that can be read, Slack is not asked who the
// user is, but refuses: see Bot.
func (a *Adapters) Lister(ctx context.Context, tenant tenancy.Tenant, screen followup.Screen) *followup.Lister {
	log := a.log(tenant)
	rows := a.Store.Tenant(tenant.ID)
	client, _ := a.fathom(ctx, tenant)
	return &followup.Lister{
		Screen:   screen,
		Source:   recordings{fathom: client, log: log},
		People:   people{rows},
		Profiles: profiles{bot: a.bot(ctx, tenant), log: log},
		Sessions: sessions{rows},
		Quotas:   quotas{rows},
		Now:      a.Now,
	}
}

// Find is followup.Finder.Find for a tenant.
func (a *Adapters) Find(ctx context.Context, tenant tenancy.Tenant, slackUserID, typed string) ([]followup.Meeting, error) {
	rows := a.Store.Tenant(tenant.ID)
	finder := followup.Finder{
		Recent: recent{of: a, tenant: tenant},
		People: people{rows},
		Shown:  sessions{rows},
		Now:    a.Now,
	}
	return finder.Find(ctx, tenant, slackUserID, typed)
}

func (a *Adapters) log(tenant tenancy.Tenant) *slog.Logger { return a.Log.With("tenant_id", tenant.ID) }

package adapters

import (
	"context"

	"github.com/followup-dev/followup-operator/internal/crm"
	"github.com/followup-dev/followup-operator/internal/followup"
	"github.com/followup-dev/followup-operator/internal/slackapi"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// Preparer returns the use case that ends on this board.
func (a *Adapters) Preparer(ctx context.Context, tenant tenancy.Tenant, board followup.Board) *followup.Preparer {
	return &followup.Preparer{
		Workbench: a.workbench(ctx, tenant, board),
		Content:   a.content(ctx, tenant),
		Writer:    a.writer(ctx, tenant),
	}
}

// Editor returns the use case that ends on this board.
func (a *Adapters) Editor(ctx context.Context, tenant tenancy.Tenant, board followup.Board) *followup.Editor {
	return &followup.Editor{Workbench: a.workbench(ctx, tenant, board)}
}

// Actor returns the use case that ends on this board.
func (a *Adapters) Actor(ctx context.Context, tenant tenancy.Tenant, board followup.Board) *followup.Actor {
	return &followup.Actor{Workbench: a.workbench(ctx, tenant, board)}
}

// Announcer returns the use case that tells on this board.
func (a *Adapters) Announcer(ctx context.Context, tenant tenancy.Tenant, board followup.Board) *followup.Announcer {
	client, _ := a.fathom(ctx, tenant)
	return &followup.Announcer{
		Content:       a.content(ctx, tenant),
		Source:        recordings{fathom: client, log: a.log(tenant)},
		Announcements: announcements{a.Store.Tenant(tenant.ID)},
		Colleagues:    colleagues{a.bot(ctx, tenant)},
		Board:         board,
		Now:           a.Now,
	}
}

func (a *Adapters) workbench(ctx context.Context, tenant tenancy.Tenant, board followup.Board) followup.Workbench {
	rows := a.Store.Tenant(tenant.ID)
	return followup.Workbench{
		Board:    board,
		Sheets:   sheets{rows},
		Ledger:   ledger{rows},
		Offices:  a.offices(tenant),
		Mappings: accountMappings{rows},
		Quotas:   quotas{rows},
		People:   people{rows},
		Profiles: profiles{bot: a.bot(ctx, tenant), log: a.log(tenant)},
		Now:      a.Now,
	}
}

// bot is Bot for what goes on without a token: Slack refuses then.
func (a *Adapters) bot(ctx context.Context, tenant tenancy.Tenant) *slackapi.Bot {
	bot, err := a.Bot(tenant)
	if err != nil {
		a.log(tenant).WarnContext(ctx, "bot token not readable", "error", err)
	}
	return bot
}

// maxFound are the contacts or accounts that a search offers.
const maxFound = 100

// Contacts returns the people at the tenant's CRM whose names fit what was typed.
func (a *Adapters) Contacts(ctx context.Context, tenant tenancy.Tenant, typed string) ([]crm.Contact, error) {
	c, err := a.offices(tenant).CRM(ctx)
	if err != nil {
		return nil, err
	}
	found, err := c.Contacts(ctx, typed, "")
	return found[:min(len(found), maxFound)], err
}

// Accounts returns the companies at the tenant's CRM whose names fit what was typed.
func (a *Adapters) Accounts(ctx context.Context, tenant tenancy.Tenant, typed string) ([]crm.Account, error) {
	c, err := a.offices(tenant).CRM(ctx)
	if err != nil {
		return nil, err
	}
	found, err := c.AccountsByName(ctx, typed)
	return found[:min(len(found), maxFound)], err
}

// colleagues is Slack as followup.Colleagues.
type colleagues struct{ bot *slackapi.Bot }

// ByEmail implements followup.Colleagues.
func (c colleagues) ByEmail(ctx context.Context, email string) (string, error) {
	id, err := c.bot.UserByEmail(ctx, email)
	if slackapi.UserNotFound(err) {
		return "", followup.ErrUnknownViewer
	}
	return id, err
}

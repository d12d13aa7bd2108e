package adapters

import (
	"context"
	"net/mail"
	"strings"

	"github.com/followup-dev/followup-operator/internal/credentials"
	"github.com/followup-dev/followup-operator/internal/followup"
	"github.com/followup-dev/followup-operator/internal/google"
	"github.com/followup-dev/followup-operator/internal/outcome"
	"github.com/followup-dev/followup-operator/internal/store"
	"github.com/followup-dev/followup-operator/internal/tokens"
)

// googleActing is a connection that acts for one user. It is their google.TokenSource.
type googleActing struct {
	office   googleOffice
	api      *google.API
	declared declaredGoogle
	address  string // the user's
	keeper   *tokens.Keeper
	mint     tokens.Mint
	pulse    *pulse
}

// Token implements google.TokenSource.
func (a *googleActing) Token(ctx context.Context) (credentials.Secret, error) {
	return a.keeper.Token(ctx, a.of(), a.mint)
}

// Refresh implements google.TokenSource.
func (a *googleActing) Refresh(ctx context.Context, refused credentials.Secret) (credentials.Secret, error) {
	return a.keeper.Refresh(ctx, a.of(), refused, a.mint)
}

func (a *googleActing) of() tokens.Of {
	return tokens.Of{Tenant: a.office.tenant.ID, Connection: a.declared.ID, Subject: subject(a.address), Declared: a.declared.digest}
}

// told makes a Problem of what a person has to put right, and keeps that Google refuses the connection. Other errors stay
// what they are.
func (a *googleActing) told(ctx context.Context, err error) error {
	a.pulse.felt(ctx, err)
	class, code := outcome.ClassOf(err), outcome.CodeOf(err)
	if class != "" {
		a.office.log.WarnContext(ctx, "Google did not do it", "connection", a.declared.Name, "error", err)
	}
	switch {
	case class == outcome.Unauthorized:
		if a.broken(code) {
			a.pulse.mark(ctx, store.ConnectionHealth{NeedsReauthDigest: a.declared.digest, ErrorCode: code})
		}
		return &followup.Problem{Reason: followup.GoogleReconnect}
	case code == google.CodeInvalidSubject:
		return &followup.Problem{Reason: followup.GoogleNotYours}
	case code == google.CodeUnauthorizedClient, code == google.CodeInsufficientPermissions: // not for this user, or not this
		return &followup.Problem{Reason: followup.GoogleReconnect}
	case strings.HasSuffix(code, "_client"): // the app's own
		return &followup.Problem{Reason: followup.GoogleNotSetUp}
	default:
		return err
	}
}

// broken says that the connection is, for all whom it acts for. A token that was refused is one user's.
func (a *googleActing) broken(code string) bool {
	return a.declared.Mailbox != nil || code == google.CodeInvalidGrant
}

// welcome forgets that Google refused a credential that was replaced since.
func (a *googleActing) welcome(ctx context.Context) {
	if a.declared.NeedsReauthDigest != "" {
		a.pulse.mark(ctx, store.ConnectionHealth{})
	}
}

// mailbox is google.Mailbox as followup.Mailbox.
type mailbox struct {
	*google.Mailbox

	acting *googleActing
}

// FindDraft implements followup.Mailbox.
func (m mailbox) FindDraft(ctx context.Context, key string) (followup.Artefact, bool, error) {
	made, found, err := m.Mailbox.FindDraft(ctx, key)
	return artefact(made), found, m.acting.told(ctx, err)
}

// CreateDraft implements followup.Mailbox.
func (m mailbox) CreateDraft(ctx context.Context, draft followup.Draft) (followup.Artefact, error) {
	made, err := m.Mailbox.CreateDraft(ctx, google.Draft{
		Key:     draft.Key,
		To:      addresses(draft.To),
		Subject: draft.Subject,
		Body:    draft.Body,
		At:      draft.At,
	})
	return artefact(made), m.acting.told(ctx, err)
}

// DeleteDraft implements followup.Mailbox.
func (m mailbox) DeleteDraft(ctx context.Context, id string) error {
	return m.acting.told(ctx, m.Mailbox.DeleteDraft(ctx, id))
}

// calendar is google.Calendar as followup.Calendar.
type calendar struct {
	calendar *google.Calendar
	acting   *googleActing
}

// Insert implements followup.Calendar.
func (c calendar) Insert(ctx context.Context, event followup.Event) (followup.Artefact, error) {
	made, err := c.calendar.Insert(ctx, google.Event{
		Key:         event.Key,
		Title:       event.Title,
		Description: event.Description,
		Start:       event.Start,
		Length:      event.Length,
		Attendees:   addresses(event.Attendees),
		Meet:        event.Meet,
	})
	return artefact(made), c.acting.told(ctx, err)
}

// Delete implements followup.Calendar.
func (c calendar) Delete(ctx context.Context, id string) error {
	return c.acting.told(ctx, c.calendar.Delete(ctx, id))
}

func artefact(made google.Made) followup.Artefact {
	return followup.Artefact{ExternalID: made.ID, URL: made.URL}
}

func addresses(people []followup.Person) []mail.Address {
	var all []mail.Address
	for _, p := range people {
		all = append(all, mail.Address{Name: p.Name, Address: p.Email})
	}
	return all
}

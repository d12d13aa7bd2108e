package google

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"google.golang.org/api/gmail/v1"

	"github.com/followup-dev/followup-operator/internal/outcome"
	"github.com/followup-dev/followup-operator/internal/vendorhttp"
)

const (
	me = "me"
	// lastDrafts are looked through for a draft whose Message-ID Gmail has replaced.
	lastDrafts = 20
)

// createDraft is not repeatable: Gmail makes a second draft with the same Message-ID.
var (
	createDraft = vendorhttp.Operation{Vendor: vendor, Name: "drafts.create", Timeout: timeout, Refused: refused}
	listDrafts  = vendorhttp.Operation{Vendor: vendor, Name: "drafts.list", Timeout: timeout, Repeatable: true, Refused: refused}
	getDraft    = vendorhttp.Operation{Vendor: vendor, Name: "drafts.get", Timeout: timeout, Repeatable: true, Refused: refused}
	deleteDraft = vendorhttp.Operation{Vendor: vendor, Name: "drafts.delete", Timeout: timeout, Repeatable: true, Refused: refused}
)

// Mailbox is a user's. Errors of its methods are those of the token source, or *outcome.Error.
type Mailbox struct {
	api     *API
	address string
	tokens  TokenSource
}

// Mailbox returns the mailbox with that address, whose user the tokens act for.
func (a *API) Mailbox(address string, tokens TokenSource) *Mailbox {
	return &Mailbox{api: a, address: address, tokens: tokens}
}

// Address is the user's.
func (m *Mailbox) Address() string { return m.address }

// CreateDraft makes a draft, whose outcome may be unknown: then FindDraft finds it if it was made. One with a line break or
// an address that is none is refused here: Permanent.
func (m *Mailbox) CreateDraft(ctx context.Context, draft Draft) (Made, error) {
	message, err := draft.message()
	if err != nil {
		return Made{}, err
	}
	raw := base64.URLEncoding.EncodeToString(message)
	var made *gmail.Draft
	err = m.call(ctx, createDraft, func(ctx context.Context, drafts *gmail.UsersDraftsService) error {
		made, err = drafts.Create(me, &gmail.Draft{Message: &gmail.Message{Raw: raw}}).Context(ctx).Do()
		if err == nil && made.Id == "" {
			return errNoID
		}
		return err
	})
	if err != nil {
		return Made{}, err
	}
	return m.made(made), nil
}

// FindDraft looks for the draft that was made with the key.
func (m *Mailbox) FindDraft(ctx context.Context, key string) (Made, bool, error) {
	found, err := m.list(ctx, 1, "rfc822msgid:"+messageID(key))
	if err != nil {
		return Made{}, false, err
	}
	if len(found) > 0 {
		return m.made(found[0]), true, nil
	}
	return m.findByHeader(ctx, key)
}

// findByHeader finds a draft whose Message-ID Gmail has replaced. That it does not is seen, and nowhere promised.
func (m *Mailbox) findByHeader(ctx context.Context, key string) (Made, bool, error) {
	last, err := m.list(ctx, lastDrafts, "")
	if err != nil {
		return Made{}, false, err
	}
	for _, candidate := range last {
		draft, err := m.get(ctx, candidate.Id)
		if gone(err) {
			continue
		}
		if err != nil {
			return Made{}, false, err
		}
		if hasKey(draft, key) {
			return m.made(draft), true, nil
		}
	}
	return Made{}, false, nil
}

func hasKey(draft *gmail.Draft, key string) bool {
	if draft.Message == nil || draft.Message.Payload == nil {
		return false
	}
	return slices.ContainsFunc(draft.Message.Payload.Headers, func(h *gmail.MessagePartHeader) bool {
		return strings.EqualFold(h.Name, keyHeader) && h.Value == hash(key)
	})
}

// DeleteDraft deletes a draft for good. One that is not there any more, as it was sent or deleted, is no error.
func (m *Mailbox) DeleteDraft(ctx context.Context, id string) error {
	err := m.call(ctx, deleteDraft, func(ctx context.Context, drafts *gmail.UsersDraftsService) error {
		return drafts.Delete(me, id).Context(ctx).Do()
	})
	if gone(err) {
		return nil
	}
	return err
}

func (m *Mailbox) list(ctx context.Context, most int64, query string) ([]*gmail.Draft, error) {
	var found *gmail.ListDraftsResponse
	err := m.call(ctx, listDrafts, func(ctx context.Context, drafts *gmail.UsersDraftsService) error {
		call := drafts.List(me).MaxResults(most).Context(ctx)
		if query != "" {
			call = call.Q(query)
		}
		var err error
		found, err = call.Do()
		return err
	})
	if err != nil {
		return nil, err
	}
	return found.Drafts, nil
}

func (m *Mailbox) get(ctx context.Context, id string) (*gmail.Draft, error) {
	var draft *gmail.Draft
	err := m.call(ctx, getDraft, func(ctx context.Context, drafts *gmail.UsersDraftsService) error {
		var err error
		draft, err = drafts.Get(me, id).Format("metadata").Context(ctx).Do()
		return err
	})
	return draft, err
}

func (m *Mailbox) call(ctx context.Context, op vendorhttp.Operation, do func(context.Context, *gmail.UsersDraftsService) error) error {
	return m.api.call(ctx, op, m.tokens, func(ctx context.Context, client *http.Client) error {
		service, err := gmail.NewService(ctx, options(client, m.api.urls.Gmail)...)
		if err != nil {
			return err
		}
		return do(ctx, service.Users.Drafts)
	})
}

// made links to the message, not to the draft: that is what Gmail's page names.
func (m *Mailbox) made(draft *gmail.Draft) Made {
	link := "https://mail.google.com/mail/u/?authuser=" + url.QueryEscape(m.address) + "#drafts"
	if draft.Message != nil && draft.Message.Id != "" {
		link += "/" + url.PathEscape(draft.Message.Id)
	}
	return Made{ID: draft.Id, URL: link}
}

// gone says that what was asked for is not there, any more or at all.
func gone(err error) bool {
	failed, ok := errors.AsType[*outcome.Error](err)
	return ok && (failed.Status == http.StatusNotFound || failed.Status == http.StatusGone)
}

package adapters

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/followup-dev/followup-operator/internal/credentials"
	"github.com/followup-dev/followup-operator/internal/fathom"
	"github.com/followup-dev/followup-operator/internal/followup"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// Announces says that Fathom tells of the tenant's new recordings: its credential has the secret of a webhook.
func (a *Adapters) Announces(tenant tenancy.Tenant) bool {
	secret, err := a.webhookSecret(tenant)
	return err == nil && secret != credentials.Secret{}
}

// Recording returns where the recording stands that Fathom's webhook tells of; fathom.ErrWebhook if the request is not
// signed with the tenant's secret, or there is none.
func (a *Adapters) Recording(tenant tenancy.Tenant, header http.Header, body []byte, now time.Time) (followup.Position, error) {
	secret, err := a.webhookSecret(tenant)
	if err != nil {
		a.log(tenant).Warn("Fathom key not readable", "error", err)
		return followup.Position{}, fathom.ErrWebhook
	}
	if err := fathom.VerifyWebhook(secret, header, body, now); err != nil {
		return followup.Position{}, err
	}
	var told fathom.Meeting
	if err := json.Unmarshal(body, &told); err != nil {
		return followup.Position{}, errUnreadable
	}
	// What has been through its text is a position that Fathom can be asked for.
	return followup.ParsePosition(meeting(told).Position().String())
}

// errUnreadable stands for an error that quotes a customer's text.
var errUnreadable = errors.New("not what Fathom sends")

func (a *Adapters) webhookSecret(tenant tenancy.Tenant) (credentials.Secret, error) {
	raw, err := a.Credentials.Get(credentials.OfTenant(tenant.Owner), tenant.FathomKey)
	if err != nil {
		return credentials.Secret{}, err
	}
	key, err := credentials.ParseFathom(raw)
	return key.WebhookSecret, err
}

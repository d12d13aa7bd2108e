package control

import (
	"context"
	"net/http"
	"net/url"

	"github.com/followup-dev/followup-operator/test/doubles/crono"
	"github.com/followup-dev/followup-operator/test/doubles/google"
)

// Artefacts are what follow-ups have made, as each vendor received it.
type Artefacts struct {
	Drafts      []google.Draft      `json:"drafts"` // in the user's mailbox, newest first
	Events      []google.Event      `json:"events"` // in the user's calendar, oldest first
	Invitations []google.Invitation `json:"invitations"`
	Crono       crono.Received      `json:"crono"`
}

// artefacts are of a user at Google and of a key at Crono.
func (h handler) artefacts(r *http.Request) (any, error) {
	query := r.URL.Query()
	var made Artefacts
	var err error
	if made.Drafts, err = h.google.Drafts(query.Get("email")); err != nil {
		return nil, err
	}
	if made.Events, err = h.google.Events(query.Get("email")); err != nil {
		return nil, err
	}
	made.Invitations = h.google.Invitations()
	made.Crono = h.crono.Received(query.Get("crono_key"))
	return made, nil
}

// Artefacts returns what was made for a user of Google's and with a public key of Crono's.
func (c *Client) Artefacts(ctx context.Context, email, cronoKey string) (Artefacts, error) {
	var made Artefacts
	path := "/control/artefacts?" + url.Values{"email": {email}, "crono_key": {cronoKey}}.Encode()
	err := c.call(ctx, http.MethodGet, path, nil, &made)
	return made, err
}

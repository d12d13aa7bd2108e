package slackapi

import (
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/followup-dev/followup-operator/internal/credentials"
	"github.com/followup-dev/followup-operator/internal/vendorhttp"
)

const vendor = "slack"

// A trigger_id lives 3 s and is used up to 2.5 s into it; the others fit into what a waiting person accepts.
var (
	openView      = vendorhttp.Operation{Vendor: vendor, Name: "views.open", Timeout: 1500 * time.Millisecond}
	pushView      = vendorhttp.Operation{Vendor: vendor, Name: "views.push", Timeout: 1500 * time.Millisecond}
	updateView    = vendorhttp.Operation{Vendor: vendor, Name: "views.update", Timeout: 3 * time.Second, Repeatable: true}
	userInfo      = vendorhttp.Operation{Vendor: vendor, Name: "users.info", Timeout: 4 * time.Second, Repeatable: true}
	respond       = vendorhttp.Operation{Vendor: vendor, Name: "response_url", Timeout: 3 * time.Second}
	postMessage   = vendorhttp.Operation{Vendor: vendor, Name: "chat.postMessage", Timeout: 3 * time.Second}
	updateMessage = vendorhttp.Operation{Vendor: vendor, Name: "chat.update", Timeout: 3 * time.Second, Repeatable: true}
	userByEmail   = vendorhttp.Operation{Vendor: vendor, Name: "users.lookupByEmail", Timeout: 4 * time.Second, Repeatable: true}
)

// API is Slack as this process reaches it.
type API struct {
	http   *vendorhttp.Client
	apiURL string
	hooks  *url.URL
	log    *slog.Logger
}

// New returns the API at apiURL (https://slack.com/api/), which answers to response_urls on hooksURL's scheme and host
// (https://hooks.slack.com) only. What is held back because Slack would refuse it is logged.
func New(http *vendorhttp.Client, apiURL, hooksURL string, log *slog.Logger) (*API, error) {
	hooks, err := url.Parse(hooksURL)
	if err != nil || hooks.Host == "" {
		return nil, fmt.Errorf("slack hooks URL %q: want a scheme and a host, as in https://hooks.slack.com", hooksURL)
	}
	if base, err := url.Parse(apiURL); err != nil || base.Host == "" {
		return nil, fmt.Errorf("slack API URL %q: want a base URL, as in https://slack.com/api/", apiURL)
	}
	return &API{http: http, apiURL: strings.TrimRight(apiURL, "/") + "/", hooks: hooks, log: log}, nil
}

// Bot acts with the token of one installation. The zero token is good for Respond, which needs none.
func (a *API) Bot(token credentials.Secret) *Bot { return &Bot{api: a, token: token} }

package crono

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/followup-dev/followup-operator/internal/credentials"
	"github.com/followup-dev/followup-operator/internal/crm"
	"github.com/followup-dev/followup-operator/internal/vendorhttp"
)

// maxNote is how long we let a note or a task's description get, in characters. Crono's own bound is not documented.
const maxNote = 10_000

// Client acts with one pair of keys. It is cheap to make: connections are vendorhttp's.
type Client struct {
	http    *vendorhttp.Client
	baseURL string
	keys    credentials.Crono
	called  func(context.Context, error)
}

var (
	_ crm.CRM   = (*Client)(nil)
	_ crm.Tasks = (*Client)(nil)
	_ crm.Deals = (*Client)(nil)
)

// New returns a client of the API at baseURL (https://ext.crono.one/api/v1). Keys may name another host, not another path: what
// is spoken here is one version of the API.
func New(http *vendorhttp.Client, baseURL string, keys credentials.Crono) *Client {
	baseURL = strings.TrimRight(baseURL, "/")
	ours, err := url.Parse(baseURL)
	theirs, theirErr := url.Parse(keys.BaseURL)
	if keys.BaseURL != "" && err == nil && theirErr == nil {
		baseURL = theirs.Scheme + "://" + theirs.Host + ours.EscapedPath()
	}
	return &Client{http: http, baseURL: baseURL, keys: keys, called: func(context.Context, error) {}}
}

// Watched has f told how each call ended: nil, or its *outcome.Error. It returns the client.
func (c *Client) Watched(f func(context.Context, error)) *Client {
	c.called = f
	return c
}

// Capabilities implements crm.CRM.
func (c *Client) Capabilities() crm.Capabilities { return Capabilities() }

// Capabilities are those of any client. The types of a task, and that it needs a contact, are as in Crono's n8n node.
func Capabilities() crm.Capabilities {
	return crm.Capabilities{
		Name:             "Crono",
		MaxNote:          maxNote,
		Tasks:            true,
		TasksNeedContact: true,
		FindsTasks:       true,
		Deals:            true,
		TaskTypes:        []string{"Generic", "Call", "Email", "Linkedin", "InMail"},
	}
}

// Ping implements crm.CRM, as Crono's n8n node tries credentials.
func (c *Client) Ping(ctx context.Context) error {
	var users json.RawMessage
	return c.call(ctx, request{name: "list_users", method: http.MethodGet, path: "/Users", repeatable: true}, &users)
}

// request is one call.
type request struct {
	name, method, path string
	body               any // nil for none
	repeatable         bool
}

// Crono answers some searches in seconds.
const timeout = 20 * time.Second

// call makes a call and reads the data of its answer.
func (c *Client) call(ctx context.Context, r request, data any) error {
	op := vendorhttp.Operation{Vendor: "crono", Name: r.name, Timeout: timeout, Repeatable: r.repeatable, Refused: refused}
	err := c.http.Call(ctx, op, func(ctx context.Context, doer vendorhttp.Doer) error {
		req, err := c.request(ctx, r)
		if err != nil {
			return err
		}
		resp, err := doer.Do(req)
		if err != nil {
			return err
		}
		defer func() { _ = resp.Body.Close() }()
		return read(resp, data)
	})
	c.called(ctx, err)
	return err
}

func (c *Client) request(ctx context.Context, r request) (*http.Request, error) {
	var body bytes.Buffer
	if r.body != nil {
		encoder := json.NewEncoder(&body)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(r.body); err != nil {
			return nil, err
		}
	}
	req, err := http.NewRequestWithContext(ctx, r.method, c.baseURL+r.path, &body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Api-Key", c.keys.PublicKey.Reveal())
	req.Header.Set("X-Api-Secret", c.keys.PrivateKey.Reveal())
	return req, nil
}

package google

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"google.golang.org/api/option"

	"github.com/followup-dev/followup-operator/internal/credentials"
	"github.com/followup-dev/followup-operator/internal/outcome"
	"github.com/followup-dev/followup-operator/internal/vendorhttp"
)

const (
	vendor = "google"
	// timeout bounds one try. Both APIs answer within a second; a write may take some.
	timeout = 20 * time.Second
)

// URLs are where Google is.
type URLs struct {
	Gmail    string // https://gmail.googleapis.com/
	Calendar string // https://www.googleapis.com/calendar/v3/
	Token    string // https://oauth2.googleapis.com/token
}

// API is Google's. It is safe for concurrent use.
type API struct {
	http *vendorhttp.Client
	urls URLs
}

// New returns the API behind the URLs. Gmail and Calendar end in a slash in Google's clients, and need not here.
func New(http *vendorhttp.Client, urls URLs) *API {
	urls.Gmail = strings.TrimRight(urls.Gmail, "/") + "/"
	urls.Calendar = strings.TrimRight(urls.Calendar, "/") + "/"
	return &API{http: http, urls: urls}
}

// TokenSource has the access tokens of one user.
type TokenSource interface {
	Token(ctx context.Context) (credentials.Secret, error)
	// Refresh returns another token than the one that was refused.
	Refresh(ctx context.Context, refused credentials.Secret) (credentials.Secret, error)
}

// Made is something at Google.
type Made struct {
	ID  string
	URL string // for people
}

// errNoID is an answer that does not name what was made.
var errNoID = errors.New("the answer has no ID")

// call makes one request; if its token is refused, it is made once more with another.
func (a *API) call(ctx context.Context, op vendorhttp.Operation, tokens TokenSource, do func(context.Context, *http.Client) error) error {
	token, err := tokens.Token(ctx)
	if err != nil {
		return err
	}
	err = a.once(ctx, op, token, do)
	if outcome.ClassOf(err) != outcome.Unauthorized {
		return err
	}
	token, err = tokens.Refresh(ctx, token)
	if err != nil {
		return err
	}
	return a.once(ctx, op, token, do)
}

func (a *API) once(ctx context.Context, op vendorhttp.Operation, token credentials.Secret, do func(context.Context, *http.Client) error) error {
	return a.http.Call(ctx, op, func(ctx context.Context, doer vendorhttp.Doer) error {
		road := &road{ctx: ctx, doer: doer, token: token}
		return road.end(do(ctx, road.client()))
	})
}

// road is vendorhttp as the http.RoundTripper of Google's clients.
type road struct {
	ctx   context.Context //nolint:containedctx // of the one call; x/oauth2/jwt makes its request without
	doer  vendorhttp.Doer
	token credentials.Secret // none for the token endpoint

	failed error
}

func (r *road) client() *http.Client { return &http.Client{Transport: r} }

// RoundTrip implements http.RoundTripper.
func (r *road) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(r.ctx)
	if r.token.Reveal() != "" {
		req.Header.Set("Authorization", "Bearer "+r.token.Reveal())
	}
	var resp *http.Response
	resp, r.failed = r.doer.Do(req)
	return resp, r.failed
}

// end returns the Doer's own error, of which some clients only keep the text.
func (r *road) end(err error) error {
	if err != nil && r.failed != nil {
		return r.failed
	}
	return err
}

// options of Google's clients: nothing of the machine's own, such as default credentials, is looked for.
func options(client *http.Client, endpoint string) []option.ClientOption {
	return []option.ClientOption{option.WithHTTPClient(client), option.WithEndpoint(endpoint)}
}

package google

import (
	"context"
	"errors"
	"net/http"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/jwt"
	"google.golang.org/api/calendar/v3"
	"google.golang.org/api/gmail/v1"

	"github.com/followup-dev/followup-operator/internal/credentials"
	"github.com/followup-dev/followup-operator/internal/vendorhttp"
)

const mintTimeout = 10 * time.Second

// Both are repeatable: Google's refresh tokens stay what they are, and an assertion may be used twice.
var (
	refreshToken = vendorhttp.Operation{Vendor: vendor, Name: "token.refresh", Timeout: mintTimeout, Repeatable: true, Refused: tokenRefused}
	assertToken  = vendorhttp.Operation{Vendor: vendor, Name: "token.assert", Timeout: mintTimeout, Repeatable: true, Refused: assertionRefused}
)

// Scopes are what the tokens are good for, and what an administrator allows a service account, or a user consents to.
var Scopes = []string{gmail.GmailComposeScope, calendar.CalendarEventsScope}

var errNoToken = errors.New("the answer has no access token")

// Token is an access token.
type Token struct {
	Access    credentials.Secret
	ExpiresAt time.Time
	Refresh   credentials.Secret // the zero value if the one that was used stays good
}

// MintForServiceAccount returns a token with which the service account acts for subject, a user's e-mail address. Errors are
// *outcome.Error: Unauthorized with CodeInvalidGrant if its key is not good any more, Permanent with CodeInvalidSubject or
// CodeUnauthorizedClient if it may not act for this user.
func (a *API) MintForServiceAccount(ctx context.Context, account credentials.ServiceAccount, subject string) (Token, error) {
	return a.mint(ctx, assertToken, func(ctx context.Context) oauth2.TokenSource {
		grant := jwt.Config{
			Email:        account.Email,
			PrivateKey:   []byte(account.PrivateKey.Reveal()),
			PrivateKeyID: account.KeyID,
			Subject:      subject,
			Scopes:       Scopes,
			TokenURL:     a.urls.Token,
		}
		return grant.TokenSource(ctx)
	})
}

// MintFromRefreshToken returns a token of the user who consented to the client. Errors are *outcome.Error: Unauthorized with
// CodeInvalidGrant if the consent is gone.
func (a *API) MintFromRefreshToken(ctx context.Context, client credentials.OAuthClient, refresh credentials.Secret) (Token, error) {
	return a.mint(ctx, refreshToken, func(ctx context.Context) oauth2.TokenSource {
		grant := oauth2.Config{
			ClientID:     client.ID,
			ClientSecret: client.Secret.Reveal(),
			Endpoint:     oauth2.Endpoint{TokenURL: a.urls.Token, AuthStyle: oauth2.AuthStyleInParams},
		}
		return grant.TokenSource(ctx, &oauth2.Token{RefreshToken: refresh.Reveal()})
	})
}

func (a *API) mint(ctx context.Context, op vendorhttp.Operation, source func(context.Context) oauth2.TokenSource) (Token, error) {
	var minted Token
	err := a.once(ctx, op, credentials.Secret{}, func(ctx context.Context, client *http.Client) error {
		token, err := source(context.WithValue(ctx, oauth2.HTTPClient, client)).Token()
		if err != nil {
			return err
		}
		if token.AccessToken == "" {
			return errNoToken
		}
		minted = Token{Access: credentials.NewSecret(token.AccessToken), ExpiresAt: token.Expiry}
		if token.RefreshToken != "" {
			minted.Refresh = credentials.NewSecret(token.RefreshToken)
		}
		return nil
	})
	return minted, err
}

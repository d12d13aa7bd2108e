package google

import (
	"context"
	"net/http/httptest"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/followup-dev/followup-operator/internal/credentials"
	"github.com/followup-dev/followup-operator/internal/outcome"
	"github.com/followup-dev/followup-operator/internal/vendorhttp"
	"github.com/followup-dev/followup-operator/test/doubles/fault"
	double "github.com/followup-dev/followup-operator/test/doubles/google"
)

const ada = "ada@acme.example"

var (
	app   = credentials.OAuthClient{ID: "client-1", Secret: credentials.NewSecret("secret-1")}
	noon  = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	draft = Draft{
		Key: "s1/gmail_draft/ada@acme.example/1", To: []mail.Address{{Name: "Zoé <the boss>, Ltd", Address: "zoe@globex.example"}, {Address: "bob@globex.example"}},
		Subject: "Perché no? And what we said", Body: "Ciao Zoé,\n\n<b>no</b> & \"yes\"\n.\nFrom here: " + strings.Repeat("so long ", 40) + "\n", At: noon,
	}
)

// world is Google with Ada in it, and our client.
type world struct {
	*double.Server
	*API
	account credentials.ServiceAccount
}

// robot acts for the users of acme.example. A key takes its time to be made.
var robot = sync.OnceValues(func() (double.ServiceAccount, []byte) {
	account, file, err := double.NewServiceAccount("bot@followup.iam.gserviceaccount.com", "acme.example")
	if err != nil {
		panic(err)
	}
	return account, file
})

func start(t *testing.T, change func(*double.Config)) world {
	t.Helper()
	account, file := robot()
	parsed, err := credentials.ParseGoogle(file)
	if err != nil {
		t.Fatal(err)
	}
	config := double.Config{
		Clients:         []double.Client{{ID: app.ID, Secret: app.Secret.Reveal()}},
		Users:           []double.User{{Email: ada, Consent: double.Consent{ClientID: app.ID, RefreshToken: "1//ada"}}},
		ServiceAccounts: []double.ServiceAccount{account},
	}
	if change != nil {
		change(&config)
	}
	server, err := double.New(config)
	if err != nil {
		t.Fatal(err)
	}
	listener := httptest.NewServer(server)
	t.Cleanup(listener.Close)
	client := vendorhttp.New(nil, func(outcome.Call) {})
	api := New(client, URLs{Gmail: listener.URL, Calendar: listener.URL + "/calendar/v3", Token: listener.URL + "/token"})
	return world{Server: server, API: api, account: *parsed.ServiceAccount}
}

// ada's tokens, one of which is kept.
type adasTokens struct {
	world
	kept      credentials.Secret
	refreshed int
}

func (a *adasTokens) Token(ctx context.Context) (credentials.Secret, error) {
	if a.kept.Reveal() != "" {
		return a.kept, nil
	}
	minted, err := a.MintForServiceAccount(ctx, a.account, ada)
	a.kept = minted.Access
	return a.kept, err
}

func (a *adasTokens) Refresh(ctx context.Context, refused credentials.Secret) (credentials.Secret, error) {
	if refused.Reveal() != a.kept.Reveal() {
		panic("another token was refused than the one that was used")
	}
	a.refreshed++
	a.kept = credentials.Secret{}
	return a.Token(ctx)
}

func (w world) mailbox() *Mailbox   { return w.Mailbox(ada, &adasTokens{world: w}) }
func (w world) calendar() *Calendar { return w.Calendar(&adasTokens{world: w}) }

// strike makes the next calls of an operation fail.
func (w world) strike(t *testing.T, operation string, f fault.Fault) {
	t.Helper()
	if err := w.Fail(operation, f); err != nil {
		t.Fatal(err)
	}
}

package adapters

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/followup-dev/followup-operator/internal/credentials"
	"github.com/followup-dev/followup-operator/internal/followup"
	"github.com/followup-dev/followup-operator/internal/google"
	"github.com/followup-dev/followup-operator/internal/outcome"
	"github.com/followup-dev/followup-operator/internal/store"
	"github.com/followup-dev/followup-operator/internal/tenancy"
	"github.com/followup-dev/followup-operator/internal/vendorhttp"
	"github.com/followup-dev/followup-operator/test/doubles/fault"
	double "github.com/followup-dev/followup-operator/test/doubles/google"
)

const (
	adasMailbox = `{"email":"Ada@acme.example","refresh_token":"1//ada"}`
	bobsMailbox = `{"email":"bob@acme.example","refresh_token":"1//bob"}`
	robots      = "robots" // stands for the key file of a service account
)

// robot is a service account of acme.example. A key takes its time to be made.
var robot = sync.OnceValues(func() (double.ServiceAccount, []byte) {
	account, file, err := double.NewServiceAccount("bot@followup.iam.gserviceaccount.com", "acme.example")
	if err != nil {
		panic(err)
	}
	return account, file
})

// secrets are those of Acme and of the app.
type secrets struct{ tenants, apps map[string]string }

func (s secrets) Get(owner credentials.Owner, ref tenancy.SecretRef) ([]byte, error) {
	of := map[credentials.Owner]map[string]string{credentials.OfTenant("acme"): s.tenants, credentials.OfSlackApp("app"): s.apps}
	value, found := of[owner][ref.Name]
	if !found {
		return nil, &credentials.MissingError{Ref: ref, Problem: "no such Secret"}
	}
	if value == robots {
		_, file := robot()
		return file, nil
	}
	return []byte(value), nil
}

// tokenRows are kept by subject, for one connection at a time: package store tests its own.
type tokenRows struct {
	mu   sync.Mutex
	rows map[string]store.TokenRow
}

func (r *tokenRows) FindToken(_ context.Context, connection uuid.UUID, subject string) (store.TokenRow, error) {
	row, found := r.rows[connection.String()+subject]
	if !found {
		return store.TokenRow{}, store.ErrNotFound
	}
	return row, nil
}

func (r *tokenRows) LockToken(ctx context.Context, connection uuid.UUID, subject string, fn func(context.Context, store.TokenRow) (store.TokenRow, error)) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	row, err := fn(ctx, r.rows[connection.String()+subject])
	if err == nil {
		r.rows[connection.String()+subject] = row
	}
	return err
}

// workspace is Acme with connections to Google, whose credentials are numbered like them.
type workspace struct {
	googleOffice

	google  *double.Server
	secrets secrets
	kept    *connected
	rows    *tokenRows
}

func workspaceOf(t *testing.T, declared ...string) workspace {
	t.Helper()
	account, _ := robot()
	server, err := double.New(double.Config{
		Clients: []double.Client{{ID: "client-1", Secret: "secret-1"}},
		Users: []double.User{
			{Email: "ada@acme.example", Consent: double.Consent{ClientID: "client-1", RefreshToken: "1//ada"}},
			{Email: "bob@acme.example", Consent: double.Consent{ClientID: "client-1", RefreshToken: "1//bob", Scopes: []string{double.ScopeCompose}}},
		},
		ServiceAccounts: []double.ServiceAccount{account},
	})
	if err != nil {
		t.Fatal(err)
	}
	listener := httptest.NewServer(server)
	t.Cleanup(listener.Close)
	w := workspace{google: server, kept: &connected{}, rows: &tokenRows{rows: map[string]store.TokenRow{}}, secrets: secrets{
		tenants: map[string]string{},
		apps: map[string]string{
			"oauth": `{"client_id":"client-1","client_secret":"secret-1"}`,
			"key":   `{"key":"` + strings.Repeat("A", 43) + `="}`,
		},
	}}
	for i, credential := range declared {
		w.kept.all = append(w.kept.all, connection(i+1, "google"))
		w.secrets.tenants[fmt.Sprintf("secret-%d", i+1)] = credential
	}
	w.googleOffice = googleOffice{
		credentials: w.secrets,
		vendors:     vendorhttp.New(nil, func(outcome.Call) {}),
		urls:        google.URLs{Gmail: listener.URL, Calendar: listener.URL + "/calendar/v3", Token: listener.URL + "/token"},
		connections: w.kept,
		tokens:      w.rows,
		app:         credentials.OfSlackApp("app"),
		oauth:       tenancy.SecretRef{Name: "oauth", Key: "credentials"},
		encryption:  tenancy.SecretRef{Name: "key", Key: "credentials"},
		tenant:      tenancy.Tenant{Owner: "acme"},
		now:         time.Now,
		log:         slog.New(slog.DiscardHandler),
	}
	return w
}

func viewing(email string) followup.Viewer {
	return followup.Viewer{Profile: followup.Profile{Email: email}}
}

// draft makes one as a user would.
func (w workspace) draft(t *testing.T, email, key string) error {
	t.Helper()
	mailbox, err := w.Mailbox(t.Context(), viewing(email))
	if err != nil {
		return err
	}
	_, err = mailbox.CreateDraft(t.Context(), followup.Draft{Key: key, To: []followup.Person{{Name: "Zoé", Email: "zoe@globex.example"}}, Subject: "Hi", Body: "Hi"})
	return err
}

func (w workspace) event(t *testing.T, email string) error {
	t.Helper()
	calendar, err := w.Calendar(t.Context(), viewing(email))
	if err != nil {
		return err
	}
	_, err = calendar.Insert(t.Context(), followup.Event{Key: "k", Title: "Demo", Start: time.Now().UTC(), Length: time.Hour})
	return err
}

// reason is that of a Problem, "" of another error.
func reason(err error) followup.Reason {
	if problem, ok := errors.AsType[*followup.Problem](err); ok {
		return problem.Reason
	}
	return ""
}

func TestWhoeverActsForAViewerIsTheViewer(t *testing.T) {
	tests := map[string]struct {
		declared []string
		viewer   string
		change   func(workspace) workspace
		address  string          // of the mailbox
		want     followup.Reason // of no mailbox
	}{
		"their own mailbox":              {declared: []string{adasMailbox}, viewer: "ada@acme.example", address: "Ada@acme.example"},
		"before a service account":       {declared: []string{robots, bobsMailbox, adasMailbox}, viewer: "ada@acme.example", address: "Ada@acme.example"},
		"else the service account":       {declared: []string{bobsMailbox, robots}, viewer: "ada@acme.example", address: "ada@acme.example"},
		"never somebody else's":          {declared: []string{bobsMailbox}, viewer: "ada@acme.example", want: followup.GoogleNotYours},
		"nothing":                        {viewer: "ada@acme.example", want: followup.GoogleNotSetUp},
		"nothing that can be read":       {declared: []string{"x"}, viewer: "ada@acme.example", want: followup.GoogleNotSetUp},
		"what can be read beside it":     {declared: []string{"x", robots}, viewer: "ada@acme.example", address: "ada@acme.example"},
		"an address that is not shown":   {declared: []string{robots}, want: followup.EmailHidden},
		"no address, and no address":     {declared: []string{`{"email":"","refresh_token":"x"}`, bobsMailbox}, want: followup.EmailHidden},
		"no key to keep tokens with":     {declared: []string{robots}, viewer: "ada@acme.example", change: func(w workspace) workspace { w.encryption = tenancy.SecretRef{}; return w }, want: followup.GoogleNotSetUp},
		"a key that can't be read":       {declared: []string{robots}, viewer: "ada@acme.example", change: func(w workspace) workspace { w.encryption.Name = "x"; return w }, want: followup.GoogleNotSetUp},
		"a connection to something else": {declared: []string{robots}, viewer: "ada@acme.example", change: func(w workspace) workspace { w.kept.all[0].Provider = "crono"; return w }, want: followup.GoogleNotSetUp},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := workspaceOf(t, tc.declared...)
			if tc.change != nil {
				w = tc.change(w)
			}
			mailbox, err := w.Mailbox(t.Context(), viewing(tc.viewer))
			if reason(err) != tc.want || (err == nil && mailbox.Address() != tc.address) {
				t.Errorf("got %v, %v; want %q or %q", mailbox, err, tc.address, tc.want)
			}
			if w.has(t.Context()) == (tc.want == followup.GoogleNotSetUp) {
				t.Errorf("has Google: %t", w.has(t.Context()))
			}
		})
	}
	away := errors.New("database is away")
	w := workspaceOf(t)
	w.kept.err = away
	if _, err := w.Mailbox(t.Context(), viewing("ada@acme.example")); !errors.Is(err, away) || w.has(t.Context()) {
		t.Errorf("error %v", err)
	}
}

func TestADraftAndAnEventAreMadeAndTakenBack(t *testing.T) {
	for _, declared := range []string{adasMailbox, robots} {
		w := workspaceOf(t, declared)
		mailbox, err := w.Mailbox(t.Context(), viewing("ada@acme.example"))
		if err != nil {
			t.Fatal(err)
		}
		draft := followup.Draft{Key: "k", To: []followup.Person{{Name: "Zoé", Email: "zoe@globex.example"}}, Subject: "Hi", Body: "Ciao\nZoé", At: time.Now()}
		made, err := mailbox.CreateDraft(t.Context(), draft)
		if err != nil {
			t.Fatal(err)
		}
		found, there, err := mailbox.FindDraft(t.Context(), "k")
		drafts, _ := w.google.Drafts("ada@acme.example")
		if err != nil || !there || found.ExternalID != made.ExternalID || len(drafts) != 1 || drafts[0].Text != "Ciao\nZoé" || drafts[0].To[0] != "zoe@globex.example" {
			t.Errorf("found %+v, %v; received %+v", found, err, drafts)
		}
		calendar, err := w.Calendar(t.Context(), viewing("ada@acme.example"))
		if err != nil {
			t.Fatal(err)
		}
		event, err := calendar.Insert(t.Context(), followup.Event{
			Key: "k", Title: "Demo", Description: "Agenda", Start: time.Now().UTC(), Length: time.Hour, Attendees: draft.To, Meet: true,
		})
		events, _ := w.google.Events("ada@acme.example")
		if err != nil || len(events) != 1 || events[0].Attendees[0] != "zoe@globex.example" || events[0].Meet == "" || events[0].End.Sub(events[0].Start) != time.Hour {
			t.Errorf("event %+v, %v; received %+v", event, err, events)
		}
		if err := errors.Join(mailbox.DeleteDraft(t.Context(), made.ExternalID), calendar.Delete(t.Context(), event.ExternalID)); err != nil {
			t.Error(err)
		}
		events, _ = w.google.Events("ada@acme.example")
		if drafts, _ := w.google.Drafts("ada@acme.example"); drafts != nil || events[0].Status != "cancelled" {
			t.Errorf("left: %+v, %+v", drafts, events)
		}
		if n := w.google.Calls()[double.Token]["ok"]; n != 1 {
			t.Errorf("%d tokens minted, want one for all", n)
		}
	}
}

func TestATokenThatGoogleRefusesIsReplacedOnce(t *testing.T) {
	w := workspaceOf(t, adasMailbox)
	if err := w.draft(t, "ada@acme.example", "1"); err != nil {
		t.Fatal(err)
	}
	w.google.ExpireTokens()
	if err := w.draft(t, "ada@acme.example", "2"); err != nil || w.google.Calls()[double.Token]["ok"] != 2 || len(w.kept.marked) > 0 || w.kept.worked != 2 {
		t.Errorf("%v; marked %v", err, w.kept.marked)
	}
	if err := w.google.Fail(double.CreateDraft, fault.Fault{Kind: fault.Error, Code: "authError", Times: fault.Always}); err != nil {
		t.Fatal(err)
	}
	if err := w.draft(t, "ada@acme.example", "3"); reason(err) != followup.GoogleReconnect {
		t.Errorf("got %v, want to reconnect", err)
	}
	if diff := cmp.Diff([]string{"1 true auth_error"}, w.kept.marked); diff != "" {
		t.Errorf("marked (-want +got):\n%s", diff)
	}
}

func TestAConnectionThatGoogleRefusesRestsUntilAnotherIsDeclared(t *testing.T) {
	w := workspaceOf(t, adasMailbox)
	w.google.Revoke("ada@acme.example")
	for range 2 {
		if err := w.draft(t, "ada@acme.example", "1"); reason(err) != followup.GoogleReconnect {
			t.Errorf("got %v, want to reconnect", err)
		}
	}
	if n := w.google.Calls().Total(double.Token); n != 1 {
		t.Errorf("asked %d times, want once", n)
	}
	w.secrets.tenants["secret-1"] = robots
	for range 2 {
		if err := w.draft(t, "ada@acme.example", "1"); err != nil {
			t.Error(err)
		}
	}
	if diff := cmp.Diff([]string{"1 true invalid_grant", "1 false "}, w.kept.marked); diff != "" {
		t.Errorf("marked (-want +got):\n%s", diff)
	}
}

func TestAServiceAccountStandsInForAConsentThatIsGone(t *testing.T) {
	w := workspaceOf(t, adasMailbox, robots)
	w.google.Revoke("ada@acme.example")
	if err := w.draft(t, "ada@acme.example", "1"); reason(err) != followup.GoogleReconnect {
		t.Errorf("got %v, want to reconnect", err)
	}
	if err := w.draft(t, "ada@acme.example", "1"); err != nil {
		t.Error(err)
	}
}

func TestWhatIsOneUsersBreaksNothingForOthers(t *testing.T) {
	w := workspaceOf(t, robots)
	for email, want := range map[string]followup.Reason{
		"eve@acme.example":   followup.GoogleNotYours,  // nobody, at Google
		"cem@globex.example": followup.GoogleReconnect, // of a domain that delegated nothing
	} {
		if err := w.draft(t, email, "1"); reason(err) != want {
			t.Errorf("%s: got %v, want %s", email, err, want)
		}
	}
	if err := w.google.Fail(double.InsertEvent, fault.Fault{Kind: fault.Error, Code: "authError", Times: 2}); err != nil {
		t.Fatal(err)
	}
	if err := w.event(t, "bob@acme.example"); reason(err) != followup.GoogleReconnect {
		t.Errorf("got %v", err)
	}
	if err := w.draft(t, "ada@acme.example", "1"); err != nil || len(w.kept.marked) > 0 {
		t.Errorf("%v; marked %v", err, w.kept.marked)
	}
}

func TestAConsentWithoutAScopeIsGoodForTheOther(t *testing.T) {
	w := workspaceOf(t, bobsMailbox)
	if err := w.event(t, "bob@acme.example"); reason(err) != followup.GoogleReconnect {
		t.Errorf("event: %v, want to reconnect", err)
	}
	if err := w.draft(t, "bob@acme.example", "1"); err != nil || len(w.kept.marked) > 0 {
		t.Errorf("draft: %v; marked %v", err, w.kept.marked)
	}
}

func TestTheAppsOwnClientBreaksNoConnection(t *testing.T) {
	for name, client := range map[string]string{
		"that Google does not know": `{"client_id":"client-1","client_secret":"old"}`,
		"that can't be read":        `{"client_id":"client-1"}`,
	} {
		w := workspaceOf(t, adasMailbox)
		w.secrets.apps["oauth"] = client
		if err := w.draft(t, "ada@acme.example", "1"); reason(err) != followup.GoogleNotSetUp || len(w.kept.marked) > 0 {
			t.Errorf("%s: %v; marked %v", name, err, w.kept.marked)
		}
	}
}

func TestOtherFailuresStayWhatTheyAre(t *testing.T) {
	for class, f := range map[outcome.Class]fault.Fault{
		outcome.UnknownOutcome: {Kind: fault.DropAfter},
		outcome.Throttled:      {Kind: fault.Error, Code: "userRateLimitExceeded"},
		outcome.Permanent:      {Kind: fault.Error, Code: "domainPolicy"},
	} {
		w := workspaceOf(t, robots)
		if err := w.google.Fail(double.CreateDraft, f); err != nil {
			t.Fatal(err)
		}
		if err := w.draft(t, "ada@acme.example", "1"); outcome.ClassOf(err) != class || reason(err) != "" {
			t.Errorf("%s: %v", class, err)
		}
		var marked []string // Google was there, but for a call that had no answer
		if class == outcome.UnknownOutcome {
			marked = []string{"1 false connection"}
		}
		if diff := cmp.Diff(marked, w.kept.marked); diff != "" {
			t.Errorf("%s: marked (-want +got):\n%s", class, diff)
		}
	}
}

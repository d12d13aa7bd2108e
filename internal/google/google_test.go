package google_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/followup-dev/followup-operator/internal/credentials"
	"github.com/followup-dev/followup-operator/internal/google"
	"github.com/followup-dev/followup-operator/internal/outcome"
	"github.com/followup-dev/followup-operator/internal/vendorhttp"
	"github.com/followup-dev/followup-operator/test/doubles/fault"
	double "github.com/followup-dev/followup-operator/test/doubles/google"
)

const ada = "ada@acme.example"

var (
	app   = credentials.OAuthClient{ID: "client-1", Secret: credentials.NewSecret("secret-1")}
	noon  = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	draft = google.Draft{
		Key: "s1/gmail_draft/ada@acme.example/1", To: []mail.Address{{Name: "Zoé <the boss>, Ltd", Address: "zoe@globex.example"}, {Address: "bob@globex.example"}},
		Subject: "Perché no? And what we said", Body: "Ciao Zoé,\n\n<b>no</b> & \"yes\"\n.\nFrom here: " + strings.Repeat("so long ", 40) + "\n", At: noon,
	}
)

// world is Google with Ada in it, and our client.
type world struct {
	*double.Server
	*google.API
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
	http := vendorhttp.New(nil, func(string, string, string, time.Duration) {})
	api := google.New(http, google.URLs{Gmail: listener.URL, Calendar: listener.URL + "/calendar/v3", Token: listener.URL + "/token"})
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

func (w world) mailbox() *google.Mailbox   { return w.Mailbox(ada, &adasTokens{world: w}) }
func (w world) calendar() *google.Calendar { return w.Calendar(&adasTokens{world: w}) }

// strike makes the next calls of an operation fail.
func (w world) strike(t *testing.T, operation string, f fault.Fault) {
	t.Helper()
	if err := w.Fail(operation, f); err != nil {
		t.Fatal(err)
	}
}

func TestADraftIsAsItWasWritten(t *testing.T) {
	w := start(t, nil)
	made, err := w.mailbox().CreateDraft(t.Context(), draft)
	if err != nil {
		t.Fatal(err)
	}
	received, err := w.Drafts(ada)
	if err != nil || len(received) != 1 {
		t.Fatalf("received %+v, %v", received, err)
	}
	got := received[0]
	want := google.Made{ID: got.ID, URL: "https://mail.google.com/mail/u/?authuser=ada%40acme.example#drafts/" + got.Message}
	if made != want {
		t.Errorf("made %+v, want %+v", made, want)
	}
	if diff := cmp.Diff([]string{"zoe@globex.example", "bob@globex.example"}, got.To); diff != "" {
		t.Errorf("to (-want +got):\n%s", diff)
	}
	if got.Subject != draft.Subject || got.Text != draft.Body {
		t.Errorf("subject %q, text %q", got.Subject, got.Text)
	}
	if !strings.HasPrefix(got.HTML, "<div dir=\"ltr\">Ciao Zoé,<br>\n<br>\n&lt;b&gt;no&lt;/b&gt; &amp; &#34;yes&#34;<br>\n.<br>\nFrom here") {
		t.Errorf("HTML %q", got.HTML)
	}
	id := got.Header.Get("Message-Id")
	if !strings.HasPrefix(id, "<followup-") || !strings.HasSuffix(id, "@followup.invalid>") {
		t.Errorf("Message-ID %s", id)
	}
	if at, err := got.Header.Date(); err != nil || !at.Equal(noon) {
		t.Errorf("date %s, %v", at, err)
	}
	for name, values := range got.Header {
		if strings.Contains(values[0], "gmail_draft") {
			t.Errorf("header %s tells the key: %q", name, values)
		}
	}
}

func TestADraftOfAnyText(t *testing.T) {
	long := strings.Repeat("Perché no ", 200)
	for name, change := range map[string]func(*google.Draft){
		"nobody to write to":       func(d *google.Draft) { d.To = nil },
		"a long subject":           func(d *google.Draft) { d.Subject = strings.TrimSpace(long) },
		"a long subject in ASCII":  func(d *google.Draft) { d.Subject = strings.TrimSpace(strings.Repeat("why not ", 300)) },
		"many recipients":          func(d *google.Draft) { d.To = many(100) },
		"lines that end in CRLF":   func(d *google.Draft) { d.Body = "a\r\nb" },
		"what looks like an end":   func(d *google.Draft) { d.Body = "--followup\n.\n\nSubject: other" },
		"a subject with encodings": func(d *google.Draft) { d.Subject = "=?utf-8?q?x?= and ü" },
		"no body":                  func(d *google.Draft) { d.Body = "" },
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t, nil)
			wanted := draft
			change(&wanted)
			if _, err := w.mailbox().CreateDraft(t.Context(), wanted); err != nil {
				t.Fatal(err)
			}
			received, _ := w.Drafts(ada)
			if received[0].Subject != wanted.Subject || received[0].Text != strings.ReplaceAll(wanted.Body, "\r\n", "\n") || len(received[0].To) != len(wanted.To) {
				t.Errorf("received %+v", received[0])
			}
		})
	}
}

func many(n int) []mail.Address {
	var all []mail.Address
	for i := range n {
		all = append(all, mail.Address{Name: "Jürgen Öde", Address: fmt.Sprintf("j%d@globex.example", i)})
	}
	return all
}

func TestADraftThatMustNotBeMade(t *testing.T) {
	w := start(t, nil)
	for name, change := range map[string]func(*google.Draft){
		"a header in the subject":     func(d *google.Draft) { d.Subject = "Hi\r\nBcc: eve@evil.example" },
		"a line feed in the subject":  func(d *google.Draft) { d.Subject = "Hi\nBcc: eve@evil.example" },
		"a return in the subject":     func(d *google.Draft) { d.Subject = "Hi\rBcc: eve@evil.example" },
		"a header in a name":          func(d *google.Draft) { d.To[0].Name = "Zoe\r\nBcc: eve@evil.example" },
		"a header in an address":      func(d *google.Draft) { d.To[0].Address = "zoe@globex.example\r\nBcc: eve@evil.example" },
		"two addresses in one":        func(d *google.Draft) { d.To[0].Address = "zoe@globex.example, eve@evil.example" },
		"a name in an address":        func(d *google.Draft) { d.To[0].Address = "Eve <eve@evil.example>" },
		"no address":                  func(d *google.Draft) { d.To[0].Address = "zoe" },
		"an endless word as subject":  func(d *google.Draft) { d.Subject = strings.Repeat("x", 1000) },
		"an endless word as a domain": func(d *google.Draft) { d.To[0].Address = "x@" + strings.Repeat("x", 1000) },
	} {
		wanted := draft
		wanted.To = append([]mail.Address(nil), draft.To...)
		change(&wanted)
		_, err := w.mailbox().CreateDraft(t.Context(), wanted)
		if outcome.ClassOf(err) != outcome.Permanent || strings.Contains(err.Error(), "eve") {
			t.Errorf("%s: %v, want it refused", name, err)
		}
	}
	if n := w.Calls().Total(double.CreateDraft); n != 0 {
		t.Errorf("%d calls, want none", n)
	}
}

func TestADraftIsFoundAfterItsAnswerIsLost(t *testing.T) {
	for name, change := range map[string]func(*double.Config){
		"by its Message-ID": nil,
		"by its header":     func(c *double.Config) { c.RewriteMessageIDs = true },
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t, change)
			if made, found, err := w.mailbox().FindDraft(t.Context(), draft.Key); err != nil || found {
				t.Fatalf("before: %+v, %v, %v", made, found, err)
			}
			w.strike(t, double.CreateDraft, fault.Fault{Kind: fault.DropAfter})
			if _, err := w.mailbox().CreateDraft(t.Context(), draft); outcome.ClassOf(err) != outcome.UnknownOutcome {
				t.Fatalf("got %v, want an unknown outcome", err)
			}
			other := draft
			other.Key = "another user's"
			if _, err := w.mailbox().CreateDraft(t.Context(), other); err != nil {
				t.Fatal(err)
			}
			received, _ := w.Drafts(ada)
			made, found, err := w.mailbox().FindDraft(t.Context(), draft.Key)
			if err != nil || !found || len(received) != 2 || made.ID != received[1].ID || !strings.HasSuffix(made.URL, "#drafts/"+received[1].Message) {
				t.Errorf("found %+v, %v, %v; received %+v", made, found, err, received)
			}
		})
	}
}

func TestADraftIsDeletedOnce(t *testing.T) {
	w := start(t, nil)
	made, err := w.mailbox().CreateDraft(t.Context(), draft)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time it was sent or deleted
		if err := w.mailbox().DeleteDraft(t.Context(), made.ID); err != nil {
			t.Error(err)
		}
	}
	if received, _ := w.Drafts(ada); received != nil {
		t.Errorf("still there: %+v", received)
	}
}

func event(t *testing.T) google.Event {
	t.Helper()
	rome, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		t.Fatal(err)
	}
	return google.Event{
		Key: "s1/calendar_event/primary/1", Title: "Demo", Description: "Agenda",
		Start: time.Date(2026, 11, 30, 15, 0, 0, 0, rome), Length: 30 * time.Minute,
	}
}

func TestAnEventIsAsItWasAskedFor(t *testing.T) {
	w := start(t, nil)
	made, err := w.calendar().Insert(t.Context(), event(t))
	if err != nil || !strings.HasPrefix(made.URL, "https://www.google.com/calendar/event?eid=") {
		t.Fatalf("made %+v, %v", made, err)
	}
	all, _ := w.Events(ada)
	all[0].Private = nil // a hash
	want := double.Event{
		ID: made.ID, Status: "confirmed", Title: "Demo", Description: "Agenda", Zone: "Europe/Rome",
		Start: event(t).Start, End: event(t).Start.Add(30 * time.Minute),
	}
	if diff := cmp.Diff([]double.Event{want}, all); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if told := w.Invitations(); told != nil {
		t.Errorf("told %+v, want nobody", told)
	}
}

func TestAttendeesAreInvitedAndCancelled(t *testing.T) {
	w := start(t, nil)
	wanted := event(t)
	wanted.Attendees, wanted.Meet = []mail.Address{{Name: "Zoé", Address: "zoe@globex.example"}}, true
	made, err := w.calendar().Insert(t.Context(), wanted)
	if err != nil {
		t.Fatal(err)
	}
	if all, _ := w.Events(ada); len(all) != 1 || all[0].Meet == "" || all[0].Attendees[0] != "zoe@globex.example" {
		t.Errorf("events %+v", all)
	}
	for range 2 { // the second time it is gone
		if err := w.calendar().Delete(t.Context(), made.ID); err != nil {
			t.Error(err)
		}
	}
	if err := w.calendar().Delete(t.Context(), "neverwas"); err != nil {
		t.Error(err)
	}
	want := []double.Invitation{
		{From: ada, To: "zoe@globex.example", EventID: made.ID, Kind: "invitation"},
		{From: ada, To: "zoe@globex.example", EventID: made.ID, Kind: "cancellation"},
	}
	if diff := cmp.Diff(want, w.Invitations()); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
}

func TestAnEventIsMadeOnce(t *testing.T) {
	w := start(t, nil)
	w.strike(t, double.InsertEvent, fault.Fault{Kind: fault.DropAfter})
	made, err := w.calendar().Insert(t.Context(), event(t)) // repeated at once: it is a duplicate
	if err != nil {
		t.Fatal(err)
	}
	changed := event(t)
	changed.Title = "Demo 2"
	again, err := w.calendar().Insert(t.Context(), changed)
	if err != nil || again != made {
		t.Errorf("again %+v, %v; want %+v", again, err, made)
	}
	if all, _ := w.Events(ada); len(all) != 1 || all[0].Title != "Demo" {
		t.Errorf("events %+v, want one as it was made", all)
	}
	if err := w.CancelEvent(ada, made.ID); err != nil {
		t.Fatal(err)
	}
	again, err = w.calendar().Insert(t.Context(), changed)
	if err != nil || again != made {
		t.Errorf("restored %+v, %v; want %+v", again, err, made)
	}
	if all, _ := w.Events(ada); len(all) != 1 || all[0].Title != "Demo 2" || all[0].Status != "confirmed" {
		t.Errorf("events %+v, want it restored as it is wanted now", all)
	}
}

func TestARefusedTokenIsReplacedOnce(t *testing.T) {
	w := start(t, nil)
	tokens := &adasTokens{world: w}
	mailbox := w.Mailbox(ada, tokens)
	if _, _, err := mailbox.FindDraft(t.Context(), "k"); err != nil {
		t.Fatal(err)
	}
	w.ExpireTokens()
	if _, err := mailbox.CreateDraft(t.Context(), draft); err != nil || tokens.refreshed != 1 {
		t.Errorf("%v after %d refreshes", err, tokens.refreshed)
	}
	w.strike(t, double.DeleteDraft, fault.Fault{Kind: fault.Error, Code: "authError", Times: fault.Always})
	err := mailbox.DeleteDraft(t.Context(), "r-1")
	if outcome.ClassOf(err) != outcome.Unauthorized || w.Calls().Total(double.DeleteDraft) != 2 {
		t.Errorf("%v after %d calls, want it given up after two", err, w.Calls().Total(double.DeleteDraft))
	}
}

func TestFailures(t *testing.T) {
	tests := map[string]struct {
		fault       fault.Fault
		read, write outcome.Error // of a read, and of a draft that is made
	}{
		"slow down":       same(fault.Fault{Kind: fault.Error, Code: "rateLimitExceeded"}, outcome.Throttled, 403, "rate_limit_exceeded", 0),
		"you, slow down":  same(fault.Fault{Kind: fault.Error, Code: "userRateLimitExceeded"}, outcome.Throttled, 403, "user_rate_limit_exceeded", 0),
		"quota":           same(fault.Fault{Kind: fault.Error, Code: "quotaExceeded"}, outcome.Throttled, 403, "quota_exceeded", 0),
		"no more today":   same(fault.Fault{Kind: fault.Error, Code: "dailyLimitExceeded"}, outcome.Throttled, 403, "daily_limit_exceeded", 15*time.Minute),
		"wait":            same(fault.Fault{Kind: fault.RateLimited, RetryAfter: 9}, outcome.Throttled, 429, "rate_limit_exceeded", 9*time.Second),
		"not this":        same(fault.Fault{Kind: fault.Error, Code: "insufficientPermissions"}, outcome.Permanent, 403, "insufficient_permissions", 0),
		"not you":         same(fault.Fault{Kind: fault.Error, Code: "domainPolicy"}, outcome.Permanent, 403, "domain_policy", 0),
		"a wall":          same(fault.Fault{Kind: fault.HTML, Status: 403}, outcome.Permanent, 403, "", 0),
		"a bad gateway":   apart(fault.Fault{Kind: fault.HTML, Status: 502}, 502, ""),
		"down":            apart(fault.Fault{Kind: fault.Error, Code: "backendError"}, 503, "backend_error"),
		"dropped":         apart(fault.Fault{Kind: fault.Drop}, 0, "connection"),
		"dropped after":   apart(fault.Fault{Kind: fault.DropAfter}, 0, "connection"),
		"not a JSON":      apart(fault.Fault{Kind: fault.HTML, Status: 200}, 0, "unreadable"),
		"an empty answer": apart(fault.Fault{Kind: fault.Status, Status: 200}, 0, "unreadable"),
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := start(t, nil)
			tc.fault.Times = fault.Always
			w.strike(t, double.ListDrafts, tc.fault)
			w.strike(t, double.CreateDraft, tc.fault)
			_, _, err := w.mailbox().FindDraft(t.Context(), "k")
			tc.read.Vendor, tc.read.Operation = "google", "drafts.list"
			if diff := cmp.Diff(error(&tc.read), err); diff != "" {
				t.Errorf("read (-want +got):\n%s", diff)
			}
			_, err = w.mailbox().CreateDraft(t.Context(), draft)
			tc.write.Vendor, tc.write.Operation = "google", "drafts.create"
			if diff := cmp.Diff(error(&tc.write), err); diff != "" {
				t.Errorf("write (-want +got):\n%s", diff)
			}
		})
	}
}

type failure = struct {
	fault       fault.Fault
	read, write outcome.Error
}

// same is a failure that is certain, of a read and a write.
func same(f fault.Fault, class outcome.Class, status int, code string, wait time.Duration) failure {
	certain := outcome.Error{Class: class, Status: status, Code: code, RetryAfter: wait}
	return failure{f, certain, certain}
}

// apart is one after which a write may be done.
func apart(f fault.Fault, status int, code string) failure {
	return failure{
		f,
		outcome.Error{Class: outcome.Transient, Status: status, Code: code},
		outcome.Error{Class: outcome.UnknownOutcome, Status: status, Code: code},
	}
}

func TestAHangEndsWithWhoeverWaits(t *testing.T) {
	w := start(t, nil)
	w.strike(t, double.CreateDraft, fault.Fault{Kind: fault.Hang})
	w.strike(t, double.Token, fault.Fault{Kind: fault.Hang})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := w.MintForServiceAccount(ctx, w.account, ada); outcome.CodeOf(err) != "timeout" || outcome.ClassOf(err) != outcome.Transient {
		t.Errorf("token: %v", err)
	}
	tokens := &adasTokens{world: w}
	if _, err := tokens.Token(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := w.Mailbox(ada, tokens).CreateDraft(ctx, draft); outcome.CodeOf(err) != "timeout" || outcome.ClassOf(err) != outcome.UnknownOutcome {
		t.Errorf("draft: %v", err)
	}
}

func TestTokensAreMinted(t *testing.T) {
	w := start(t, func(c *double.Config) { c.RotateRefreshTokens = true })
	minted, err := w.MintForServiceAccount(t.Context(), w.account, ada)
	if err != nil || minted.Access.Reveal() == "" || time.Until(minted.ExpiresAt) < 59*time.Minute || minted.Refresh.Reveal() != "" {
		t.Errorf("for a service account: until %s, %v", minted.ExpiresAt, err)
	}
	minted, err = w.MintFromRefreshToken(t.Context(), app, credentials.NewSecret("1//ada"))
	if err != nil || minted.Access.Reveal() == "" || minted.Refresh.Reveal() == "" || minted.Refresh.Reveal() == "1//ada" {
		t.Errorf("with a refresh token: until %s, %v", minted.ExpiresAt, err)
	}
	if _, err = w.MintFromRefreshToken(t.Context(), app, credentials.NewSecret("1//ada")); outcome.CodeOf(err) != google.CodeInvalidGrant {
		t.Errorf("used twice: %v", err)
	}
}

func TestTokensThatAreRefused(t *testing.T) {
	w := start(t, nil)
	consent := func(client credentials.OAuthClient, refresh string) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := w.MintFromRefreshToken(ctx, client, credentials.NewSecret(refresh))
			return err
		}
	}
	account := func(subject string, change func(*credentials.ServiceAccount)) func(context.Context) error {
		return func(ctx context.Context) error {
			changed := w.account
			change(&changed)
			_, err := w.MintForServiceAccount(ctx, changed, subject)
			return err
		}
	}
	same := func(*credentials.ServiceAccount) {}
	tests := map[string]struct {
		operation string
		mint      func(context.Context) error
		fault     fault.Fault
		want      outcome.Error
	}{
		"consent taken back":    {"token.refresh", consent(app, "1//eve"), fault.Fault{}, outcome.Error{Class: outcome.Unauthorized, Status: 400, Code: "invalid_grant"}},
		"our own mistake":       {"token.refresh", consent(credentials.OAuthClient{ID: "x"}, "1//ada"), fault.Fault{}, outcome.Error{Class: outcome.Permanent, Status: 401, Code: "invalid_client"}},
		"what we do not know":   {"token.assert", account(ada, same), fault.Fault{Kind: fault.Error, Code: "invalid_grant"}, outcome.Error{Class: outcome.Permanent, Status: 400, Code: "invalid_subject"}},
		"nobody's mailbox":      {"token.assert", account("eve@acme.example", same), fault.Fault{}, outcome.Error{Class: outcome.Permanent, Status: 400, Code: "invalid_subject"}},
		"another domain":        {"token.assert", account("zoe@globex.example", same), fault.Fault{}, outcome.Error{Class: outcome.Permanent, Status: 401, Code: "unauthorized_client"}},
		"a key that is gone":    {"token.assert", account(ada, func(a *credentials.ServiceAccount) { a.KeyID = "x" }), fault.Fault{}, outcome.Error{Class: outcome.Unauthorized, Status: 400, Code: "invalid_grant"}},
		"an account that is":    {"token.assert", account(ada, func(a *credentials.ServiceAccount) { a.Email = "x@y.example" }), fault.Fault{}, outcome.Error{Class: outcome.Unauthorized, Status: 400, Code: "invalid_grant"}},
		"slow down":             {"token.assert", account(ada, same), fault.Fault{Kind: fault.RateLimited, RetryAfter: 3}, outcome.Error{Class: outcome.Throttled, Status: 429, Code: "rate_limit_exceeded", RetryAfter: 3 * time.Second}},
		"slow down, as a 403":   {"token.assert", account(ada, same), fault.Fault{Kind: fault.Status, Status: 403, Body: `{"error":"rate_limit_exceeded"}`}, outcome.Error{Class: outcome.Throttled, Status: 403, Code: "rate_limit_exceeded"}},
		"our clock":             {"token.assert", account(ada, same), fault.Fault{Kind: fault.Status, Status: 400, Body: `{"error":"invalid_grant","error_description":"Invalid JWT: Token must be a short-lived token"}`}, outcome.Error{Class: outcome.Transient, Status: 400, Code: "clock"}},
		"down":                  {"token.assert", account(ada, same), fault.Fault{Kind: fault.HTML, Status: 503}, outcome.Error{Class: outcome.Transient, Status: 503}},
		"down, in its words":    {"token.refresh", consent(app, "1//ada"), fault.Fault{Kind: fault.Status, Status: 500, Body: `{"error":"internal_failure"}`}, outcome.Error{Class: outcome.Transient, Status: 500, Code: "internal_failure"}},
		"an answer that is not": {"token.assert", account(ada, same), fault.Fault{Kind: fault.HTML, Status: 200}, outcome.Error{Class: outcome.Transient, Code: "unreadable"}},
		"without a token":       {"token.assert", account(ada, same), fault.Fault{Kind: fault.Status, Status: 200, Body: `{"expires_in":3599}`}, outcome.Error{Class: outcome.Transient, Code: "unreadable"}},
		"no token, once more":   {"token.refresh", consent(app, "1//ada"), fault.Fault{Kind: fault.Status, Status: 200, Body: `{}`}, outcome.Error{Class: outcome.Transient, Code: "unreadable"}},
		"a dropped connection":  {"token.assert", account(ada, same), fault.Fault{Kind: fault.Drop}, outcome.Error{Class: outcome.Transient, Code: "connection"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w.ClearFaults()
			if tc.fault.Kind != "" {
				tc.fault.Times = fault.Always
				w.strike(t, double.Token, tc.fault)
			}
			err := tc.mint(t.Context())
			tc.want.Vendor, tc.want.Operation = "google", tc.operation
			if diff := cmp.Diff(error(&tc.want), err); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
		})
	}
}

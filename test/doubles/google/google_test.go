package google_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/jwt"
	"google.golang.org/api/calendar/v3"
	"google.golang.org/api/gmail/v1"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/option"

	"github.com/followup-dev/followup-operator/test/doubles/fault"
	"github.com/followup-dev/followup-operator/test/doubles/google"
)

const ada = "ada@acme.example"

var app = google.Client{ID: "client-1", Secret: "secret-1"}

// clock is the machine's, which assertions are made by, and some more.
type clock struct {
	mu    sync.Mutex
	ahead time.Duration
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
}

// world is Google, with the key file of a service account of acme.example.
type world struct {
	*google.Server
	url   string
	key   []byte
	clock *clock
}

func start(t *testing.T, change func(*google.Config)) world {
	t.Helper()
	account, key, err := google.NewServiceAccount("bot@followup.iam.gserviceaccount.com", "acme.example")
	if err != nil {
		t.Fatal(err)
	}
	now := &clock{}
	config := google.Config{
		Clients: []google.Client{app, {ID: "client-2", Secret: "secret-2"}},
		Users: []google.User{
			{Email: ada, Consent: google.Consent{ClientID: app.ID, RefreshToken: "1//ada"}},
			{Email: "bob@acme.example", Consent: google.Consent{ClientID: app.ID, RefreshToken: "1//bob", Scopes: []string{google.ScopeCompose}}},
			{Email: "cem@other.example"},
		},
		ServiceAccounts: []google.ServiceAccount{account},
		Now:             now.Now,
	}
	if change != nil {
		change(&config)
	}
	double, err := google.New(config)
	if err != nil {
		t.Fatal(err)
	}
	listener := httptest.NewServer(double)
	t.Cleanup(listener.Close)
	return world{Server: double, url: listener.URL, key: key, clock: now}
}

// consent is what x/oauth2 gets for a refresh token.
func (w world) consent(ctx context.Context, client google.Client, refresh string) oauth2.TokenSource {
	config := oauth2.Config{
		ClientID: client.ID, ClientSecret: client.Secret,
		Endpoint: oauth2.Endpoint{TokenURL: w.url + "/token", AuthStyle: oauth2.AuthStyleInParams},
	}
	return config.TokenSource(ctx, &oauth2.Token{RefreshToken: refresh})
}

// assertion is what x/oauth2/jwt gets for a service account's key.
func (w world) assertion(ctx context.Context, t *testing.T, subject string, change func(*jwt.Config)) oauth2.TokenSource {
	t.Helper()
	var file struct {
		Email string `json:"client_email"`
		KeyID string `json:"private_key_id"`
		Key   string `json:"private_key"`
	}
	if err := json.Unmarshal(w.key, &file); err != nil {
		t.Fatal(err)
	}
	config := jwt.Config{
		Email: file.Email, PrivateKeyID: file.KeyID, PrivateKey: []byte(file.Key), Subject: subject,
		Scopes: []string{google.ScopeCompose, google.ScopeEvents}, TokenURL: w.url + "/token",
	}
	if change != nil {
		change(&config)
	}
	return config.TokenSource(ctx)
}

// sdk are Google's own clients, for a user with a refresh token.
func (w world) sdk(t *testing.T, refresh string) (*gmail.UsersDraftsService, *calendar.EventsService) {
	t.Helper()
	client := oauth2.NewClient(t.Context(), w.consent(t.Context(), app, refresh))
	mail, err := gmail.NewService(t.Context(), option.WithHTTPClient(client), option.WithEndpoint(w.url))
	if err != nil {
		t.Fatal(err)
	}
	calendars, err := calendar.NewService(t.Context(), option.WithHTTPClient(client), option.WithEndpoint(w.url+"/calendar/v3/"))
	if err != nil {
		t.Fatal(err)
	}
	return mail.Users.Drafts, calendars.Events
}

func raw(lines ...string) *gmail.Draft {
	return &gmail.Draft{Message: &gmail.Message{Raw: base64.URLEncoding.EncodeToString([]byte(strings.Join(lines, "\r\n")))}}
}

// mail is a message as it should be.
func mail(id string) []string {
	return []string{
		`To: "Zo=?" <zoe@globex.example>`, "Subject: =?utf-8?q?Perch=C3=A9_no?=", "Message-ID: " + id, "X-Followup-Key: k1",
		"MIME-Version: 1.0", `Content-Type: multipart/alternative; boundary="b"`, "",
		"--b", "Content-Type: text/plain; charset=UTF-8", "Content-Transfer-Encoding: quoted-printable", "", "Ciao Zo=C3=A9", "a line",
		"--b", "Content-Type: text/html; charset=UTF-8", "", "<p>Ciao</p>", "--b--", "",
	}
}

// reason is the reason in an error of the SDK.
func reason(t *testing.T, err error) string {
	t.Helper()
	refused, ok := errors.AsType[*googleapi.Error](err)
	if !ok || len(refused.Errors) != 1 {
		t.Fatalf("error %v is none of Google's", err)
	}
	return refused.Errors[0].Reason
}

func TestADraftsLife(t *testing.T) {
	w := start(t, nil)
	drafts, _ := w.sdk(t, "1//ada")
	made, err := drafts.Create("me", raw(mail("<k1@x.invalid>")...)).Do()
	if err != nil || made.Id == "" || made.Message.Id == "" || made.Message.LabelIds[0] != "DRAFT" {
		t.Fatalf("made %+v, %v", made, err)
	}
	if _, err := drafts.Create(ada, raw(mail("<k2@x.invalid>")...)).Do(); err != nil {
		t.Fatal(err)
	}
	found, err := drafts.List("me").Q("in:drafts rfc822msgid:k1@x.invalid").Do()
	if err != nil || len(found.Drafts) != 1 || found.Drafts[0].Id != made.Id {
		t.Errorf("found %+v, %v", found, err)
	}
	if none, err := drafts.List("me").Q("rfc822msgid:k3@x.invalid").Do(); err != nil || none.Drafts != nil {
		t.Errorf("found %+v, %v", none, err)
	}
	first, err := drafts.List("me").MaxResults(1).Do()
	if err != nil || len(first.Drafts) != 1 || first.Drafts[0].Id == made.Id || first.ResultSizeEstimate != 2 {
		t.Fatalf("first page %+v, %v; want the newest", first, err)
	}
	if second, err := drafts.List("me").MaxResults(1).PageToken(first.NextPageToken).Do(); err != nil || second.Drafts[0].Id != made.Id || second.NextPageToken != "" {
		t.Errorf("second page %+v, %v", second, err)
	}
	got, err := drafts.Get("me", made.Id).Format("metadata").Do()
	if err != nil || got.Message.Payload.Parts != nil {
		t.Fatalf("got %+v, %v", got, err)
	}
	headers := map[string]string{}
	for _, h := range got.Message.Payload.Headers {
		headers[strings.ToLower(h.Name)] = h.Value
	}
	if headers["x-followup-key"] != "k1" || headers["message-id"] != "<k1@x.invalid>" || headers["from"] != ada {
		t.Errorf("headers %v", headers)
	}
	if whole, err := drafts.Get("me", made.Id).Do(); err != nil || len(whole.Message.Payload.Parts) != 2 {
		t.Errorf("got %+v, %v", whole, err)
	}
	received, err := w.Drafts(ada)
	if err != nil || len(received) != 2 || received[1].Subject != "Perché no" || received[1].To[0] != "zoe@globex.example" || received[1].Text != "Ciao Zoé\na line" {
		t.Errorf("received %+v, %v", received, err)
	}
	if err := drafts.Delete("me", made.Id).Do(); err != nil {
		t.Error(err)
	}
	if err := drafts.Delete("me", made.Id).Do(); reason(t, err) != "notFound" {
		t.Errorf("deleted twice: %v", err)
	}
	if _, err := drafts.Get("bob@acme.example", "r-1").Do(); reason(t, err) != "forbidden" {
		t.Errorf("somebody else's mailbox: %v", err)
	}
}

func TestMessagesThatAreRefused(t *testing.T) {
	w := start(t, nil)
	drafts, _ := w.sdk(t, "1//ada")
	good := strings.Join(mail("<k1@x.invalid>"), "\r\n")
	for name, message := range map[string]string{
		"bare line feeds":      strings.ReplaceAll(good, "\r\n", "\n"),
		"no address":           strings.Replace(good, "zoe@globex.example", "zoe", 1),
		"a header twice":       "To: eve@evil.example\r\n" + good,
		"somebody else":        "From: bob@acme.example\r\n" + good,
		"an endless line":      "X-Long: " + strings.Repeat("x", 1000) + "\r\n" + good,
		"no MIME version":      strings.Replace(good, "MIME-Version: 1.0\r\n", "", 1),
		"no charset":           strings.Replace(good, "text/html; charset=UTF-8", "text/html", 1),
		"a body cut off":       strings.Replace(good, "--b--", "", 1),
		"a subject in Klingon": strings.Replace(good, "utf-8?q", "klingon?q", 1),
	} {
		if made, err := drafts.Create("me", raw(message)).Do(); err == nil || reason(t, err) != "invalidArgument" {
			t.Errorf("%s: made %+v, %v", name, made, err)
		}
	}
	if _, err := drafts.List("me").Q("from:eve").Do(); reason(t, err) != "invalidArgument" {
		t.Errorf("a query that is not known: %v", err)
	}
	if received, err := w.Drafts(ada); err != nil || received != nil {
		t.Errorf("received %+v, %v", received, err)
	}
}

func TestAMessageIDThatGmailReplaces(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*google.Config)
		id     string
	}{
		"malformed":    {nil, "k1@x.invalid"},
		"in that mode": {func(c *google.Config) { c.RewriteMessageIDs = true }, "<k1@x.invalid>"},
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t, tc.change)
			drafts, _ := w.sdk(t, "1//ada")
			if _, err := drafts.Create("me", raw(mail(tc.id)...)).Do(); err != nil {
				t.Fatal(err)
			}
			found, err := drafts.List("me").Q("rfc822msgid:k1@x.invalid").Do()
			received, _ := w.Drafts(ada)
			if err != nil || found.Drafts != nil || received[0].Header.Get("X-Google-Original-Message-Id") != tc.id {
				t.Errorf("found %+v, %v; headers %v", found, err, received[0].Header)
			}
		})
	}
}

func event() *calendar.Event {
	return &calendar.Event{
		Id: "abc12345", Summary: "Demo", Description: "Agenda",
		Start:     &calendar.EventDateTime{DateTime: "2026-11-30T15:00:00", TimeZone: "Europe/Rome"},
		End:       &calendar.EventDateTime{DateTime: "2026-11-30T15:30:00+01:00", TimeZone: "Europe/Rome"},
		Attendees: []*calendar.EventAttendee{{Email: "zoe@globex.example"}, {Email: "bob@acme.example"}},
		ConferenceData: &calendar.ConferenceData{CreateRequest: &calendar.CreateConferenceRequest{
			RequestId: "r1", ConferenceSolutionKey: &calendar.ConferenceSolutionKey{Type: "hangoutsMeet"},
		}},
		ExtendedProperties: &calendar.EventExtendedProperties{Private: map[string]string{"k": "v"}},
	}
}

func TestAnEventsLife(t *testing.T) {
	w := start(t, nil)
	_, events := w.sdk(t, "1//ada")
	made, err := events.Insert("primary", event()).ConferenceDataVersion(1).SendUpdates("externalOnly").Do()
	if err != nil || made.Status != "confirmed" || made.HtmlLink == "" || made.HangoutLink == "" || made.ICalUID != "abc12345@google.com" {
		t.Fatalf("made %+v, %v", made, err)
	}
	if _, err := events.Insert("primary", event()).Do(); reason(t, err) != "duplicate" {
		t.Errorf("again: %v", err)
	}
	if err := events.Delete(ada, made.Id).SendUpdates("all").Do(); err != nil {
		t.Fatal(err)
	}
	if err := events.Delete("primary", made.Id).Do(); reason(t, err) != "deleted" {
		t.Errorf("deleted twice: %v", err)
	}
	if _, err := events.Insert("primary", event()).Do(); reason(t, err) != "duplicate" {
		t.Errorf("again, cancelled: %v", err)
	}
	if got, err := events.Get("primary", made.Id).Do(); err != nil || got.Status != "cancelled" {
		t.Errorf("got %+v, %v", got, err)
	}
	restored, err := events.Patch("primary", made.Id, &calendar.Event{Status: "confirmed", Summary: "Demo 2"}).SendUpdates("none").Do()
	if err != nil || restored.Status != "confirmed" || restored.Summary != "Demo 2" || restored.Description != "Agenda" || restored.Sequence != 1 {
		t.Errorf("restored %+v, %v", restored, err)
	}
	all, err := w.Events(ada)
	if err != nil || len(all) != 1 || all[0].Start.UTC().Hour() != 14 || all[0].End.Sub(all[0].Start) != 30*time.Minute || all[0].Private["k"] != "v" {
		t.Errorf("received %+v, %v", all, err)
	}
	var told []string
	for _, i := range w.Invitations() {
		told = append(told, i.Kind+" "+i.To)
	}
	if got := strings.Join(told, ", "); got != "invitation zoe@globex.example, cancellation zoe@globex.example, cancellation bob@acme.example" {
		t.Errorf("told %s", got)
	}
	if err := w.CancelEvent(ada, made.Id); err != nil {
		t.Error(err)
	}
	if got, err := events.Get("primary", made.Id).Do(); err != nil || got.Status != "cancelled" {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestEventsThatAreRefused(t *testing.T) {
	w := start(t, nil)
	_, events := w.sdk(t, "1//ada")
	for name, tc := range map[string]struct {
		change func(*calendar.Event)
		want   string
	}{
		"an ID of other letters":  {func(e *calendar.Event) { e.Id = "xyz12345" }, "invalid"},
		"a short ID":              {func(e *calendar.Event) { e.Id = "abc" }, "invalid"},
		"no end":                  {func(e *calendar.Event) { e.End = nil }, "required"},
		"an end before its start": {func(e *calendar.Event) { e.End.DateTime = "2026-11-30T14:00:00+01:00" }, "timeRangeEmpty"},
		"neither offset nor zone": {func(e *calendar.Event) { e.Start.TimeZone = "" }, "invalid"},
		"a zone that is none":     {func(e *calendar.Event) { e.Start.TimeZone = "CET+1" }, "invalid"},
		"an attendee without @":   {func(e *calendar.Event) { e.Attendees[0].Email = "zoe" }, "invalid"},
		"what is not known":       {func(e *calendar.Event) { e.ColorId = "1" }, "invalid"},
	} {
		wanted := event()
		tc.change(wanted)
		if made, err := events.Insert("primary", wanted).Do(); err == nil || reason(t, err) != tc.want {
			t.Errorf("%s: made %+v, %v; want %s", name, made, err, tc.want)
		}
	}
	if _, err := events.Insert("primary", event()).SendUpdates("everyone").Do(); reason(t, err) != "invalid" {
		t.Errorf("sendUpdates: %v", err)
	}
	if _, err := events.Insert("team@acme.example", event()).Do(); reason(t, err) != "notFound" {
		t.Errorf("another calendar: %v", err)
	}
	if _, err := events.Get("primary", "abc12345").Do(); reason(t, err) != "notFound" {
		t.Errorf("what was never made: %v", err)
	}
	if made, err := events.Insert("primary", event()).Do(); err != nil || made.ConferenceData != nil {
		t.Errorf("a conference without its version: %+v, %v", made, err)
	}
}

func TestAConsentWithoutAScope(t *testing.T) {
	w := start(t, nil)
	drafts, events := w.sdk(t, "1//bob")
	if _, err := drafts.List("me").Do(); err != nil {
		t.Error(err)
	}
	if _, err := events.Insert("primary", event()).Do(); reason(t, err) != "insufficientPermissions" {
		t.Errorf("%v, want insufficientPermissions", err)
	}
}

func TestFaults(t *testing.T) {
	w := start(t, nil)
	drafts, _ := w.sdk(t, "1//ada")
	fail := func(f fault.Fault) error {
		if err := w.Fail(google.CreateDraft, f); err != nil {
			t.Fatal(err)
		}
		_, err := drafts.Create("me", raw(mail("<k1@x.invalid>")...)).Do()
		return err
	}
	for status, f := range map[int]fault.Fault{
		403: {Kind: fault.Error, Code: "userRateLimitExceeded"},
		429: {Kind: fault.RateLimited, RetryAfter: 5},
		500: {Kind: fault.Error, Code: "somethingNew"},
		502: {Kind: fault.HTML, Status: 502},
	} {
		if refused, ok := errors.AsType[*googleapi.Error](fail(f)); !ok || refused.Code != status {
			t.Errorf("%+v: %v, want %d", f, refused, status)
		}
	}
	if received, _ := w.Drafts(ada); received != nil {
		t.Errorf("received %+v", received)
	}
	if err := fail(fault.Fault{Kind: fault.DropAfter}); err == nil {
		t.Error("a dropped connection is no error")
	}
	if received, _ := w.Drafts(ada); len(received) != 1 {
		t.Errorf("received %+v, want what was accepted", received)
	}
	counts := w.Calls()
	for counts[google.CreateDraft]["fault:drop_after"] == 0 { // the connection ends before its call is counted
		select {
		case <-t.Context().Done():
			t.Fatal("the dropped call was never counted")
		case <-time.After(time.Millisecond):
			counts = w.Calls()
		}
	}
	if counts.Total(google.CreateDraft) != 5 || counts[google.Token]["ok"] != 1 {
		t.Errorf("counted %v", counts)
	}
	if err := w.Fail("send_draft", fault.Fault{Kind: fault.Hang}); err == nil {
		t.Error("a fault of an operation that is not there")
	}
	if err := w.Fail(google.Token, fault.Fault{Kind: fault.Error, Code: "invalid_client"}); err != nil {
		t.Fatal(err)
	}
	_, err := w.consent(t.Context(), app, "1//ada").Token()
	if refused, ok := errors.AsType[*oauth2.RetrieveError](err); !ok || refused.ErrorCode != "invalid_client" || refused.Response.StatusCode != 401 {
		t.Errorf("token: %v", err)
	}
}

func TestRequestsThatNoClientOfGooglesMakes(t *testing.T) {
	w := start(t, nil)
	token, err := w.consent(t.Context(), app, "1//ada").Token()
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct{ method, path, contentType, body, want string }{
		"no JSON":              {"POST", "/gmail/v1/users/me/drafts", "text/plain", `{}`, "400 invalidArgument"},
		"an unknown property":  {"POST", "/gmail/v1/users/me/drafts", "application/json", `{"draft":{}}`, "400 invalidArgument"},
		"no base64":            {"POST", "/gmail/v1/users/me/drafts", "application/json", `{"message":{"raw":"ä"}}`, "400 invalidArgument"},
		"an unknown parameter": {"GET", "/gmail/v1/users/me/drafts?x=1", "", "", "400 invalid"},
		"no such call":         {"GET", "/gmail/v1/users/me/messages", "", "", "404 notFound"},
	} {
		r, err := http.NewRequestWithContext(t.Context(), tc.method, w.url+tc.path, strings.NewReader(tc.body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", tc.contentType)
		token.SetAuthHeader(r)
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if got := resp.Status[:3]; got != tc.want[:3] || !strings.Contains(string(body), `"reason":"`+tc.want[4:]+`"`) {
			t.Errorf("%s: %s %s, want %s", name, got, body, tc.want)
		}
	}
	for name, form := range map[string]url.Values{
		"no grant type":       {"refresh_token": {"1//ada"}},
		"a parameter more":    {"grant_type": {"refresh_token"}, "client_id": {app.ID}, "client_secret": {app.Secret}, "refresh_token": {"1//ada"}, "x": {"1"}},
		"a parameter twice":   {"grant_type": {"refresh_token"}, "client_id": {app.ID, app.ID}, "client_secret": {app.Secret}, "refresh_token": {"1//ada"}},
		"what is no JWT":      {"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {"a.b"}},
		"a JWT with no words": {"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {"e30.e30."}},
	} {
		resp, err := http.PostForm(w.url+"/token", form)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %s", name, resp.Status)
		}
	}
}

func TestConfigurationsThatCannotBe(t *testing.T) {
	for name, c := range map[string]google.Config{
		"a client without a secret": {Clients: []google.Client{{ID: "x"}}},
		"a user without an address": {Users: []google.User{{Email: "ada"}}},
		"a user twice":              {Users: []google.User{{Email: ada}, {Email: ada}}},
		"consent to nobody":         {Users: []google.User{{Email: ada, Consent: google.Consent{ClientID: "x", RefreshToken: "y"}}}},
		"a scope that is unknown": {Clients: []google.Client{app}, Users: []google.User{
			{Email: ada, Consent: google.Consent{ClientID: app.ID, RefreshToken: "y", Scopes: []string{"all"}}},
		}},
		"an account without a key": {ServiceAccounts: []google.ServiceAccount{{Email: "x@y", KeyID: "k"}}},
	} {
		if _, err := google.New(c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

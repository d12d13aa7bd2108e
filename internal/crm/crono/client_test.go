package crono

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/followup-dev/followup-operator/internal/credentials"
	"github.com/followup-dev/followup-operator/internal/crm"
	"github.com/followup-dev/followup-operator/internal/outcome"
	"github.com/followup-dev/followup-operator/internal/vendorhttp"
	double "github.com/followup-dev/followup-operator/test/doubles/crono"
	"github.com/followup-dev/followup-operator/test/doubles/fault"
)

const acme, ada, renewal = "25995825_1", "25995825_101", "25995825_201"

var (
	monday = time.Date(2026, 11, 30, 9, 0, 0, 0, time.FixedZone("CET", 3600))
	note   = crm.Note{AccountID: acme, Text: "They want <b> & ship.\nOn Monday.", Ref: "ref: fathom-7-0123456789ab"}
	task   = crm.Task{AccountID: acme, ContactID: ada, Type: "Call", Due: monday, Subject: "Call Ada", Description: "about ships", Ref: "ref: followup-0123456789ab"}
)

// world is a client of a Crono's double, and what the client sent to it: "POST /path {body}".
type world struct {
	*Client

	double *double.Server
	sent   []string
}

func start(t *testing.T, more ...double.Account) *world {
	t.Helper()
	w := &world{}
	accounts := append([]double.Account{
		{ID: acme, Name: "Acme", Website: "https://www.acme.com/en"},
		{ID: "25995825_2", Name: "Acme Labs", Website: "labs.acme.com"},
		{ID: "25995825_3", Name: "Hooli", Website: "hooli.example", Denied: true},
		{ID: "25995825_4", Name: "Tinexta Innovation Hub", Website: "https://tinexta.com"},
		{ID: "25995825_5", Name: "No site"},
	}, more...)
	var err error
	w.double, err = double.New(double.Config{Workspaces: []double.Workspace{{
		PublicKey: "cpk_1", PrivateKey: "csk_1", Accounts: accounts,
		Contacts: []double.Contact{
			{ID: ada, FirstName: "Ada", LastName: "Lovelace", Email: "ada@acme.com", AccountID: acme},
			{ID: "25995825_102", FirstName: "Ada"},
		},
		Deals: []double.Deal{
			{ID: renewal, AccountID: acme, Name: "Renewal", Stage: "proposal", Amount: "3564.50", Currency: "EUR", Description: "yearly"},
			{ID: "25995825_202", AccountID: acme, Name: "Lost", Closed: true},
			{ID: "25995825_203", AccountID: acme, Name: "Open"},
		},
		Pipelines: []double.Pipeline{{Name: "Sales", Stages: []string{"proposal", "won"}}, {Name: "Renewals", Stages: []string{"won", "asked"}}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	w.Client = client(t, func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		w.sent = append(w.sent, strings.TrimSpace(fmt.Sprintf("%s %s %s", r.Method, r.URL.RequestURI(), bytes.TrimSpace(body))))
		r.Body = io.NopCloser(bytes.NewReader(body))
		w.double.ServeHTTP(rw, r)
	})
	return w
}

func client(t *testing.T, answer http.HandlerFunc) *Client {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	http := vendorhttp.New(server.Client().Transport, func(outcome.Call) {})
	keys := credentials.Crono{PublicKey: credentials.NewSecret("cpk_1"), PrivateKey: credentials.NewSecret("csk_1")}
	return New(http, server.URL+"/api/v1/", keys)
}

// saying is a client of a Crono that gives one answer.
func saying(t *testing.T, status int, body string) *Client {
	return client(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
}

// Each call is as Crono's own n8n node makes it: the double's tests hold the double to that.
func TestCallsAreAsDocumented(t *testing.T) {
	ctx := t.Context()
	stage, amount := "won", "12.50"
	tests := map[string]struct {
		call func(*world) (any, error)
		sent []string
		want any
	}{
		"ping": {
			func(w *world) (any, error) { return nil, w.Ping(ctx) },
			[]string{"GET /api/v1/Users"}, nil,
		},
		"account": {
			func(w *world) (any, error) { return w.Account(ctx, acme) },
			[]string{"GET /api/v1/Accounts/25995825_1"},
			crm.Account{ID: acme, Name: "Acme", Website: "https://www.acme.com/en", URL: "https://app.crono.one/accounts/25995825_1"},
		},
		"an ID that is none of Crono's": {
			func(w *world) (any, error) {
				_, err := w.Account(ctx, "../Users?x")
				return nil, map[bool]error{true: nil, false: err}[errors.Is(err, crm.ErrNotFound)]
			},
			[]string{"GET /api/v1/Accounts/..%2FUsers%3Fx"}, nil,
		},
		"accounts by host": {
			func(w *world) (any, error) { return w.AccountsByHost(ctx, "acme.com") },
			[]string{"GET /api/v1/Accounts?limit=200&offset=0"},
			[]crm.Account{{ID: acme, Name: "Acme", Website: "https://www.acme.com/en", URL: "https://app.crono.one/accounts/25995825_1"}},
		},
		"accounts by name": {
			func(w *world) (any, error) { return w.AccountsByName(ctx, " acme ") },
			[]string{`POST /api/v1/Accounts/search {"Name":"acme","Pagination":{"Limit":50,"Offset":0}}`},
			[]crm.Account{
				{ID: acme, Name: "Acme", Website: "https://www.acme.com/en", URL: "https://app.crono.one/accounts/25995825_1"},
				{ID: "25995825_2", Name: "Acme Labs", Website: "labs.acme.com", URL: "https://app.crono.one/accounts/25995825_2"},
			},
		},
		"contacts": {
			func(w *world) (any, error) { return w.Contacts(ctx, "Ada", acme) },
			[]string{`POST /api/v1/Prospects/search {"Name":"Ada","AccountId":"25995825_1","Pagination":{"Limit":50,"Offset":0}}`},
			[]crm.Contact{{ID: ada, Name: "Ada Lovelace", Email: "ada@acme.com", AccountID: acme}},
		},
		"contacts of all": {
			func(w *world) (any, error) { return w.Contacts(ctx, "ada", "") },
			[]string{`POST /api/v1/Prospects/search {"Name":"ada","Pagination":{"Limit":50,"Offset":0}}`},
			[]crm.Contact{{ID: ada, Name: "Ada Lovelace", Email: "ada@acme.com", AccountID: acme}, {ID: "25995825_102", Name: "Ada"}},
		},
		"note, whose ID is looked for": {
			func(w *world) (any, error) { return w.CreateNote(ctx, note) },
			[]string{
				`POST /api/v1/Notes {"data":{"Description":"They want <b> & ship.\nOn Monday.\n\nref: fathom-7-0123456789ab","AccountId":"25995825_1"}}`,
				`POST /api/v1/Notes/search {"DescriptionContains":"ref: fathom-7-0123456789ab","AccountId":"25995825_1","Pagination":{"Limit":10,"Offset":0}}`,
			},
			crm.Record{ID: "25995825_900001", URL: "https://app.crono.one/accounts/25995825_1"},
		},
		"task": {
			func(w *world) (any, error) { return w.CreateTask(ctx, task) },
			[]string{`POST /api/v1/Tasks {"data":{"AccountId":"25995825_1","ProspectId":"25995825_101","Type":"Call","ActivityDate":"2026-11-30T08:00:00Z","Subject":"Call Ada","Description":"about ships\n\nref: followup-0123456789ab"}}`},
			crm.Record{ID: "25995825_900001", URL: "https://app.crono.one/accounts/25995825_1"},
		},
		"deals, those that are open": {
			func(w *world) (any, error) { return w.Deals(ctx, acme) },
			[]string{`POST /api/v1/Opportunities/search {"AccountId":"25995825_1","IsClosed":false,"Pagination":{"Limit":50,"Offset":0}}`},
			[]crm.Deal{
				{ID: renewal, AccountID: acme, Name: "Renewal", Stage: "proposal", Amount: "3564.50", Currency: "EUR", Description: "yearly", URL: "https://app.crono.one/accounts/25995825_1"},
				{ID: "25995825_203", AccountID: acme, Name: "Open", URL: "https://app.crono.one/accounts/25995825_1"},
			},
		},
		"stages": {
			func(w *world) (any, error) { return w.Stages(ctx) },
			[]string{"GET /api/v1/Pipelines"}, []string{"proposal", "won", "asked"},
		},
		"deal": {
			func(w *world) (any, error) {
				return w.UpdateDeal(ctx, crm.DealChange{ID: renewal, AccountID: acme, Stage: &stage, Amount: &amount})
			},
			[]string{`PATCH /api/v1/Opportunities {"data":{"OpportunityId":"25995825_201","AccountId":"25995825_1","Stage":"won","Amount":12.50}}`},
			crm.Record{ID: renewal, URL: "https://app.crono.one/accounts/25995825_1"},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := start(t)
			got, err := tc.call(w)
			if err != nil {
				t.Error(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.sent, w.sent); diff != "" {
				t.Errorf("sent (-want +got):\n%s", diff)
			}
		})
	}
}

func TestHostsAreComparedWhole(t *testing.T) {
	for host, want := range map[string][]string{
		"acme.com":           {"Acme"}, // not Acme Labs, whose host is another
		"ACME.com":           {"Acme"},
		"labs.acme.com":      {"Acme Labs"},
		"mail.hooli.example": {"Hooli"}, // as no host is the same
		"tinext.com":         nil,       // Tinexta is another company
		"cme.com":            nil,
		"com":                nil,
		"":                   nil,
	} {
		found, err := start(t).AccountsByHost(t.Context(), host)
		var names []string
		for _, a := range found {
			names = append(names, a.Name)
		}
		if err != nil || !cmp.Equal(names, want) {
			t.Errorf("%q: %v, %v; want %v", host, names, err, want)
		}
	}
}

func TestAllPagesAreLookedThrough(t *testing.T) {
	var many []double.Account
	for i := range 400 {
		many = append(many, double.Account{ID: fmt.Sprintf("25995825_8%d", i), Name: "x", Website: "x.example"})
	}
	many = append(many, double.Account{ID: "25995825_last", Name: "Last", Website: "last.example"})
	w := start(t, many...)
	found, err := w.AccountsByHost(t.Context(), "last.example")
	if err != nil || len(found) != 1 || len(w.sent) != 3 {
		t.Errorf("found %v, %v, by %v", found, err, w.sent)
	}
}

// Crono does not say how many there are, nor what it does with a limit it finds too high.
func TestPagesEnd(t *testing.T) {
	tests := map[string]struct {
		page  func(offset int) int // how many, from the offset on
		calls int
	}{
		"an empty workspace":        {func(int) int { return 0 }, 1},
		"a page that is shorter":    {func(offset int) int { return min(200, 230-offset) }, 2},
		"the limit is lowered":      {func(offset int) int { return min(50, 120-offset) }, 3},
		"nothing behind a full one": {func(offset int) int { return min(200, 200-offset) }, 2},
		"no end":                    {func(int) int { return 200 }, 25},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			calls := 0
			c := client(t, func(w http.ResponseWriter, r *http.Request) {
				calls++
				var offset int
				_, _ = fmt.Sscan(r.URL.Query().Get("offset"), &offset)
				accounts := []map[string]any{}
				for i := range tc.page(offset) {
					accounts = append(accounts, map[string]any{"objectId": fmt.Sprint(offset + i), "website": "x.example"})
				}
				_ = json.NewEncoder(w).Encode(map[string]any{"data": accounts, "isSuccess": true})
			})
			if _, err := c.AccountsByHost(t.Context(), "acme.com"); err != nil || calls != tc.calls {
				t.Errorf("%d calls, %v; want %d", calls, err, tc.calls)
			}
		})
	}
	t.Run("the offset is ignored", func(t *testing.T) {
		page := `{"isSuccess":true,"data":[` + strings.TrimSuffix(strings.Repeat(`{"objectId":"1","website":"acme.com"},`, 60), ",") + `]}`
		found, err := saying(t, 200, page).AccountsByHost(t.Context(), "acme.com")
		if err != nil || len(found) != 1 {
			t.Errorf("%v, %v", found, err)
		}
	})
}

func TestWhatCronoDeniesIsNotFound(t *testing.T) {
	for name, c := range map[string]*Client{
		"an account it lists": start(t).Client,
		"in words":            saying(t, 200, `{"data":null,"isSuccess":false,"errors":[{"message":"Account not found"}]}`),
		"without a word":      saying(t, 200, `{"data":null,"isSuccess":true,"errors":[]}`),
	} {
		if _, err := c.Account(t.Context(), "25995825_3"); !errors.Is(err, crm.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := start(t).Account(t.Context(), ""); !errors.Is(err, crm.ErrNotFound) {
		t.Errorf("no ID: %v", err)
	}
}

func TestFailures(t *testing.T) {
	ctx := t.Context()
	list := func(c *Client) error { _, err := c.AccountsByName(ctx, "Acme"); return err }
	write := func(c *Client) error { _, err := c.CreateNote(ctx, note); return err }
	change := func(c *Client) error {
		_, err := c.UpdateDeal(ctx, crm.DealChange{ID: renewal, AccountID: acme})
		return err
	}
	tests := map[string]struct {
		status  int
		body    string
		do      func(*Client) error
		want    outcome.Error
		refused bool
	}{
		"keys refused":              {401, "", list, outcome.Error{Class: outcome.Unauthorized, Status: 401}, true},
		"a plan without API":        {403, "{}", write, outcome.Error{Class: outcome.Unauthorized, Status: 403}, true},
		"keys refused, in words":    {200, `{"isSuccess":false,"errors":["Unauthorized"]}`, list, outcome.Error{Class: outcome.Unauthorized, Status: 200, Code: "keys_refused"}, true},
		"nothing done":              {200, `{"isSuccess":false,"errors":["Ada Lovelace"]}`, write, outcome.Error{Class: outcome.Permanent, Status: 200, Code: "not_success"}, false},
		"nothing done, as objects":  {200, `{"isSuccess":false,"errors":[{"code":7}]}`, write, outcome.Error{Class: outcome.Permanent, Status: 200, Code: "not_success"}, false},
		"nothing done, a 400":       {400, `{"isSuccess":false,"errors":["x"]}`, write, outcome.Error{Class: outcome.Permanent, Status: 400, Code: "not_success"}, false},
		"no such account":           {200, `{"isSuccess":false,"errors":["Account not found"]}`, write, outcome.Error{Class: outcome.Permanent, Status: 200, Code: "not_found"}, false},
		"ProblemDetails":            {400, `{"title":"One or more","status":400,"errors":{"$.Data.Description":["Ada Lovelace"],"z":["x"]},"traceId":"1"}`, write, outcome.Error{Class: outcome.Permanent, Status: 400, Code: "invalid_description"}, false},
		"ProblemDetails of a value": {400, `{"errors":{"Values[Ada Lovelace]":["x"]}}`, write, outcome.Error{Class: outcome.Permanent, Status: 400, Code: "other"}, false},
		"a page of a CDN":           {502, "<html>", list, outcome.Error{Class: outcome.Transient, Status: 502}, false},
		"a page of a CDN, 200":      {200, "<html>", list, outcome.Error{Class: outcome.Transient, Code: "unreadable"}, false},
		"a page for an answer":      {200, "<html>", write, outcome.Error{Class: outcome.UnknownOutcome, Code: "unreadable"}, false},
		"down while writing":        {500, "", write, outcome.Error{Class: outcome.UnknownOutcome, Status: 500}, false},
		"down while changing":       {500, "", change, outcome.Error{Class: outcome.Transient, Status: 500}, false},
		"too many calls":            {429, "", write, outcome.Error{Class: outcome.Throttled, Status: 429}, false},
		"a redirect":                {302, "", write, outcome.Error{Class: outcome.Permanent, Status: 302}, false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			refused := false
			err := tc.do(saying(t, tc.status, tc.body).Watched(func(_ context.Context, err error) {
				refused = outcome.ClassOf(err) == outcome.Unauthorized
			}))
			got, ok := errors.AsType[*outcome.Error](err)
			if !ok {
				t.Fatalf("error %v", err)
			}
			tc.want.Vendor, tc.want.Operation = "crono", got.Operation
			if diff := cmp.Diff(tc.want, *got); diff != "" || refused != tc.refused {
				t.Errorf("refused: %t; error (-want +got):\n%s", refused, diff)
			}
		})
	}
}

func TestAnAmountThatIsNoNumberIsNotSent(t *testing.T) {
	w := start(t)
	for amount, sent := range map[string]int{"1,200": 0, "1e": 0, "twelve": 0, "": 1} {
		w.sent = nil
		_, err := w.UpdateDeal(t.Context(), crm.DealChange{ID: renewal, AccountID: acme, Amount: &amount})
		if (err == nil) != (sent == 1) || len(w.sent) != sent || strings.Contains(fmt.Sprint(w.sent), "Amount") {
			t.Errorf("%q: %v, sent %v", amount, err, w.sent)
		}
	}
}

// The write of unknown outcome: Crono took it, and the connection broke.
func TestWhatWasTakenBeforeTheConnectionBrokeIsFoundByItsRef(t *testing.T) {
	w := start(t)
	other := note
	other.Text, other.Ref = "another", "ref: fathom-7-ffffffffffff"
	if _, err := w.CreateNote(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	for _, operation := range []string{double.CreateNote, double.CreateTask} {
		if err := w.double.Fail(operation, fault.Fault{Kind: fault.DropAfter}); err != nil {
			t.Fatal(err)
		}
	}
	_, noteErr := w.CreateNote(t.Context(), note)
	_, taskErr := w.CreateTask(t.Context(), task)
	if outcome.ClassOf(noteErr) != outcome.UnknownOutcome || outcome.ClassOf(taskErr) != outcome.UnknownOutcome {
		t.Fatalf("errors %v, %v", noteErr, taskErr)
	}
	found, err := w.FindNote(t.Context(), note)
	if err != nil || found.ID != w.double.Received("cpk_1").Notes[1].ID {
		t.Errorf("note %v, %v", found, err)
	}
	found, err = w.FindTask(t.Context(), task)
	if err != nil || found.ID != w.double.Received("cpk_1").Tasks[0].ID {
		t.Errorf("task %v, %v", found, err)
	}
}

func TestWhatWasNotTakenIsNotFound(t *testing.T) {
	w := start(t)
	longer := note
	longer.Ref += "c" // as if a ref began with another
	if _, err := w.CreateNote(t.Context(), longer); err != nil {
		t.Fatal(err)
	}
	other := task
	other.Ref = "ref: followup-ffffffffffff"
	if _, err := w.CreateTask(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	if found, err := w.FindNote(t.Context(), note); !errors.Is(err, crm.ErrNotFound) {
		t.Errorf("note %v, %v", found, err)
	}
	if found, err := w.FindTask(t.Context(), task); !errors.Is(err, crm.ErrNotFound) {
		t.Errorf("task %v, %v", found, err)
	}
}

func TestATaskListedWithoutItsDescriptionIsFoundByItsSubject(t *testing.T) {
	c := saying(t, 200, `{"isSuccess":true,"data":[{"objectId":"1","subject":"Another"},{"objectId":"2","subject":"Call Ada"}]}`)
	if found, err := c.FindTask(t.Context(), task); err != nil || found.ID != "2" {
		t.Errorf("%v, %v", found, err)
	}
}

func TestANoteIsCreatedThoughItsIDCannotBeFound(t *testing.T) {
	w := start(t)
	if err := w.double.Fail(double.SearchNotes, fault.Fault{Kind: fault.Error, Code: double.NotSuccess}); err != nil {
		t.Fatal(err)
	}
	got, err := w.CreateNote(t.Context(), note)
	if want := (crm.Record{URL: "https://app.crono.one/accounts/25995825_1"}); err != nil || got != want {
		t.Errorf("%v, %v", got, err)
	}
}

func TestALongNoteIsCutInFrontOfItsRef(t *testing.T) {
	for name, length := range map[string]int{"fits": 9_972, "one too many": 9_973, "far too long": 40_000} {
		t.Run(name, func(t *testing.T) {
			w := start(t)
			long := note
			long.Text = strings.Repeat("è", length)
			if _, err := w.CreateNote(t.Context(), long); err != nil {
				t.Fatal(err)
			}
			kept := w.double.Received("cpk_1").Notes[0].Text
			cut := strings.Contains(kept, "…")
			if n := utf8.RuneCountInString(kept); n != 10_000 || cut != (length > 9_972) || !utf8.ValidString(kept) || !strings.HasSuffix(kept, "\n\n"+note.Ref) {
				t.Errorf("%d characters, cut: %t, ends with %q", n, cut, kept[len(kept)-50:])
			}
		})
	}
}

func TestStagesAreReadInTheFormsThatTheyMayHave(t *testing.T) {
	for body, want := range map[string][]string{
		`[{"stages":["a","b"]},{"stages":["b"]}]`:                      {"a", "b"},
		`[{"stages":[{"name":"a","order":1},{"name":null},{"id":7}]}]`: {"a"},
		`[{"name":"Sales"}]`: nil,
		`[]`:                 nil,
		`null`:               nil,
	} {
		got, err := saying(t, 200, `{"isSuccess":true,"data":`+body+`}`).Stages(t.Context())
		if err != nil || !cmp.Equal(got, want) {
			t.Errorf("%s: %v, %v", body, got, err)
		}
	}
}

func TestAnswersAreReadLeniently(t *testing.T) {
	c := saying(t, 200, `{"data":[{"objectId":42,"accountId":"25995825_1","name":null,"amount":"1.5","stage":{"id":1},"isWon":null,"new":[]}]}`)
	got, err := c.Deals(t.Context(), acme)
	want := []crm.Deal{{ID: "42", AccountID: acme, Amount: "1.5", URL: "https://app.crono.one/accounts/25995825_1"}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func TestDealsThatWereNotAskedForAreLeftOut(t *testing.T) {
	c := saying(t, 200, `{"data":[{"objectId":"1","isClosed":true},{"objectId":"2","isWon":true},{"objectId":"3","accountId":"7"},{"name":"no ID"},{"objectId":"4"}]}`)
	got, err := c.Deals(t.Context(), acme)
	if err != nil || len(got) != 1 || got[0].ID != "4" {
		t.Errorf("%v, %v", got, err)
	}
}

func TestKeysMayNameAHostButNoOtherVersion(t *testing.T) {
	var asked []string
	transport := roundTrip(func(r *http.Request) (*http.Response, error) {
		asked = append(asked, r.URL.String())
		return nil, errors.New("away")
	})
	http := vendorhttp.New(transport, func(outcome.Call) {})
	for _, base := range []string{"", "https://eu.crono.example", "https://eu.crono.example/v1/"} {
		keys := credentials.Crono{BaseURL: base}
		_, _ = New(http, "https://ext.crono.one/api/v1", keys).CreateNote(t.Context(), note)
	}
	want := []string{"https://ext.crono.one/api/v1/Notes", "https://eu.crono.example/api/v1/Notes", "https://eu.crono.example/api/v1/Notes"}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

package adapters

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/followup-dev/followup-operator/internal/credentials"
	"github.com/followup-dev/followup-operator/internal/crm"
	"github.com/followup-dev/followup-operator/internal/followup"
	"github.com/followup-dev/followup-operator/internal/outcome"
	"github.com/followup-dev/followup-operator/internal/store"
	"github.com/followup-dev/followup-operator/internal/tenancy"
	"github.com/followup-dev/followup-operator/internal/vendorhttp"
	"github.com/followup-dev/followup-operator/test/doubles/crono"
	"github.com/followup-dev/followup-operator/test/doubles/fault"
)

// connected are connections as they are kept, and how they were marked.
type connected struct {
	all    []store.Connection
	err    error
	marked []string
	worked int // how often it was kept that one works
}

func (c *connected) Connections(context.Context) ([]store.Connection, error) { return c.all, c.err }

func (c *connected) MarkConnection(_ context.Context, id uuid.UUID, health store.ConnectionHealth) error {
	if health.Worked {
		c.worked++
		return c.err
	}
	c.marked = append(c.marked, fmt.Sprintf("%s %t %s", id.String()[:1], health.NeedsReauthDigest != "", health.ErrorCode))
	for i := range c.all {
		if c.all[i].ID == id {
			c.all[i].NeedsReauthDigest = health.NeedsReauthDigest
		}
	}
	return c.err
}

// vault has the Secrets of Acme, by name.
type vault map[string]string

func (v vault) Get(owner credentials.Owner, ref tenancy.SecretRef) ([]byte, error) {
	if value, found := v[ref.Name]; found && owner == credentials.OfTenant("acme") {
		return []byte(value), nil
	}
	return nil, &credentials.MissingError{Ref: ref, Problem: "no such Secret"}
}

func connection(n int, provider string) store.Connection {
	return store.Connection{
		ID: uuid.MustParse(fmt.Sprintf("%d0000000-0000-4000-8000-000000000000", n)), Provider: provider, Name: provider,
		Credentials: tenancy.SecretRef{Name: fmt.Sprintf("secret-%d", n), Key: "credentials"},
	}
}

const goodKeys, badKeys = `{"public_key":"cpk_1","private_key":"csk_1"}`, `{"public_key":"cpk_1","private_key":"csk_old"}`

func office(t *testing.T, kept *connected, secrets vault) (crmOffice, *crono.Server) {
	t.Helper()
	double, err := crono.New(crono.Config{Workspaces: []crono.Workspace{{
		PublicKey: "cpk_1", PrivateKey: "csk_1",
		Accounts: []crono.Account{
			{ID: "25995825_1", Name: "Hooli", Website: "https://www.hooli.example", Denied: true},
			{ID: "25995825_4", Name: "Tinexta Innovation Hub", Website: "https://tinexta.com"},
		},
		Contacts: []crono.Contact{{ID: "25995825_101", FirstName: "Eve", Email: "eve@gmail.com", AccountID: "25995825_4"}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(double)
	t.Cleanup(server.Close)
	return crmOffice{
		credentials: secrets,
		vendors:     vendorhttp.New(nil, func(outcome.Call) {}),
		cronoURL:    server.URL + "/api/v1",
		connections: kept,
		tenant:      tenancy.Tenant{Owner: "acme"},
		log:         slog.New(slog.DiscardHandler),
	}, double
}

func TestTheOldestConnectionToACRMIsUsed(t *testing.T) {
	kept := &connected{all: []store.Connection{connection(1, "google"), connection(2, "crono"), connection(3, "crono")}}
	o, _ := office(t, kept, vault{"secret-2": goodKeys, "secret-3": badKeys})
	got, err := o.CRM(t.Context())
	if err != nil || got.ConnectionID != kept.all[1].ID || got.Ping(t.Context()) != nil || len(kept.marked) > 0 {
		t.Errorf("%v, %v; marked %v", got.ConnectionID, err, kept.marked)
	}
	if _, tasks := got.CRM.(crm.Tasks); !tasks || o.has(t.Context()) == nil || o.has(t.Context()).Name != "Crono" {
		t.Errorf("does tasks: %t; has %v", tasks, o.has(t.Context()))
	}
}

func TestWithoutKeysThatCanBeReadThereIsNoCRM(t *testing.T) {
	for name, tc := range map[string]struct {
		all     []store.Connection
		secrets vault
	}{
		"no connection":            {},
		"a connection to Google":   {all: []store.Connection{connection(1, "google")}, secrets: vault{"secret-1": goodKeys}},
		"no Secret":                {all: []store.Connection{connection(1, "crono")}},
		"a Secret of another form": {all: []store.Connection{connection(1, "crono")}, secrets: vault{"secret-1": "csk_1"}},
	} {
		t.Run(name, func(t *testing.T) {
			o, _ := office(t, &connected{all: tc.all}, tc.secrets)
			_, err := o.CRM(t.Context())
			if diff := cmp.Diff(error(&followup.Problem{Reason: followup.CRMNotSetUp}), err); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	away := errors.New("database is away")
	o, _ := office(t, &connected{err: away}, nil)
	if _, err := o.CRM(t.Context()); !errors.Is(err, away) || o.has(t.Context()) != nil {
		t.Errorf("error %v", err)
	}
}

func TestRefusedKeysAreMarkedUntilTheyAreReplacedOrTakenAgain(t *testing.T) {
	kept := &connected{all: []store.Connection{connection(1, "crono")}}
	secrets := vault{"secret-1": badKeys}
	o, double := office(t, kept, secrets)
	use := func() error {
		got, err := o.CRM(t.Context())
		if err != nil {
			return err
		}
		_, err = got.AccountsByName(t.Context(), "Hooli")
		return err
	}
	if err := use(); outcome.ClassOf(err) != outcome.Unauthorized {
		t.Errorf("first: %v", err)
	}
	if problem, ok := errors.AsType[*followup.Problem](use()); !ok || problem.Reason != followup.CRMReconnect {
		t.Errorf("again: %v", problem)
	}
	secrets["secret-1"] = goodKeys
	if err := use(); err != nil {
		t.Errorf("replaced: %v", err)
	}
	if err := double.Fail(crono.SearchAccounts, fault.Fault{Kind: fault.Status, Status: 403}); err != nil {
		t.Fatal(err)
	}
	if err := use(); outcome.ClassOf(err) != outcome.Unauthorized {
		t.Errorf("forbidden: %v", err)
	}
	if err := use(); err != nil {
		t.Errorf("allowed again: %v", err)
	}
	want := []string{"1 true keys_refused", "1 true keys_refused", "1 false ", "1 true keys_refused", "1 false "}
	if diff := cmp.Diff(want, kept.marked); diff != "" {
		t.Errorf("marked (-want +got):\n%s", diff)
	}
}

// cardfile has the mappings of one connection, in the order in which they go first.
type cardfile struct {
	followup.Mappings

	all []followup.Mapping
}

func (r *cardfile) Find(context.Context, uuid.UUID, string) ([]followup.Mapping, error) {
	return r.all, nil
}

func (r *cardfile) Remember(_ context.Context, _ uuid.UUID, m followup.Mapping) error {
	r.all = append(r.all, m)
	return nil
}

func (r *cardfile) Used(context.Context, uuid.UUID, followup.Mapping) error { return nil }

func TestMeetingsAreMatchedWithCronosAccounts(t *testing.T) {
	o, _ := office(t, &connected{all: []store.Connection{connection(1, "crono")}}, vault{"secret-1": goodKeys})
	c, err := o.CRM(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	hooli := followup.Match{AccountID: "25995825_1", AccountName: "Hooli", AccountURL: "https://app.crono.one/accounts/25995825_1", Evidence: "hooli.example"}
	tinexta := followup.Match{AccountID: "25995825_4", AccountName: "Tinexta Innovation Hub", AccountURL: "https://app.crono.one/accounts/25995825_4"}
	as := func(m followup.Match, why followup.MatchWhy, evidence string) *followup.Match {
		m.Why, m.Evidence = why, evidence
		return &m
	}
	mappings := &cardfile{}
	matcher := followup.Matcher{Mappings: mappings}
	for _, step := range []struct {
		guest      followup.Person
		want       *followup.Match
		candidates []followup.Match
	}{
		{followup.Person{Email: "tina@tinext.com"}, nil, []followup.Match{*as(tinexta, followup.ByName, "tinext")}},
		{followup.Person{Email: "eve@gmail.com", Name: "Eve"}, as(tinexta, followup.ByContact, "eve@gmail.com"), nil},
		{followup.Person{Email: "gavin@hooli.example"}, as(hooli, followup.ByWebsite, "hooli.example"), nil},
		{followup.Person{Email: "gavin@hooli.example"}, as(hooli, followup.ByMapping, "hooli.example"), nil}, // which Crono denies by ID
	} {
		step.guest.External = true
		got, candidates, err := matcher.Match(t.Context(), c, followup.Session{Meeting: followup.Meeting{Invitees: []followup.Person{step.guest}}})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(step.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step.guest.Email, diff)
		}
		if diff := cmp.Diff(step.candidates, candidates); diff != "" {
			t.Errorf("%s, candidates (-want +got):\n%s", step.guest.Email, diff)
		}
	}
}

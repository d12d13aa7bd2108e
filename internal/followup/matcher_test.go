package followup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/followup-dev/followup-operator/internal/crm"
)

var connection = uuid.MustParse("22222222-2222-4222-8222-222222222222")

// rolodex is a CRM and the mappings of its connection.
type rolodex struct {
	crm.CRM

	accounts []crm.Account
	denied   []string // IDs that it lists and denies
	contacts []crm.Contact
	crmErr   error

	kept  []Mapping
	dbErr error
	asked []string // of the CRM
	wrote []string // of mappings
}

func (r *rolodex) Account(_ context.Context, id string) (crm.Account, error) {
	r.asked = append(r.asked, "account "+id)
	i := slices.IndexFunc(r.accounts, func(a crm.Account) bool { return a.ID == id && !slices.Contains(r.denied, id) })
	switch {
	case r.crmErr != nil:
		return crm.Account{}, r.crmErr
	case i < 0:
		return crm.Account{}, crm.ErrNotFound
	default:
		return r.accounts[i], nil
	}
}

func (r *rolodex) AccountsByHost(_ context.Context, host string) ([]crm.Account, error) {
	r.asked = append(r.asked, "host "+host)
	return r.those(func(a crm.Account) bool { return crm.Host(a.Website) == host }), r.crmErr
}

func (r *rolodex) AccountsByName(_ context.Context, name string) ([]crm.Account, error) {
	r.asked = append(r.asked, "name "+name)
	return r.those(func(a crm.Account) bool { return strings.Contains(strings.ToLower(a.Name), strings.ToLower(name)) }), r.crmErr
}

func (r *rolodex) those(fits func(crm.Account) bool) []crm.Account {
	return slices.DeleteFunc(slices.Clone(r.accounts), func(a crm.Account) bool { return !fits(a) })
}

func (r *rolodex) Contacts(_ context.Context, name, _ string) ([]crm.Contact, error) {
	r.asked = append(r.asked, "contact "+name)
	return slices.DeleteFunc(slices.Clone(r.contacts), func(c crm.Contact) bool { return c.Name != name }), r.crmErr
}

func (r *rolodex) Find(_ context.Context, of uuid.UUID, domain string) ([]Mapping, error) {
	if of != connection {
		return nil, errors.New("another connection's mappings")
	}
	return slices.DeleteFunc(slices.Clone(r.kept), func(m Mapping) bool { return m.Domain != domain }), r.dbErr
}

func (r *rolodex) write(verb string, m Mapping) error {
	r.wrote = append(r.wrote, strings.TrimSpace(fmt.Sprintf("%s %s=%s %s %s", verb, m.Domain, m.AccountID, m.Source, m.ChosenBy)))
	return r.dbErr
}
func (r *rolodex) Remember(_ context.Context, _ uuid.UUID, m Mapping) error {
	return r.write("remember", m)
}
func (r *rolodex) Resolve(_ context.Context, _ uuid.UUID, m Mapping) error {
	return r.write("resolve", m)
}
func (r *rolodex) Used(_ context.Context, _ uuid.UUID, m Mapping) error { return r.write("used", m) }
func (r *rolodex) Forget(_ context.Context, _ uuid.UUID, m Mapping) error {
	return r.write("forget", m)
}

// with is jane's session on a meeting that ada of ours recorded, with these guests: "Name <address>".
func with(guests ...string) Session {
	s := Session{Viewer: jane, Meeting: Meeting{RecordedBy: Person{Email: "ada@recorders.example"}}}
	s.Meeting.Invitees = []Person{{Name: "Jane", Email: jane.Email}, {Name: "Carl", Email: "carl@subsidiary.example"}}
	for _, guest := range guests {
		name, address, _ := strings.Cut(strings.TrimSuffix(guest, ">"), " <")
		s.Meeting.Invitees = append(s.Meeting.Invitees, Person{Name: name, Email: address, External: true})
	}
	return s
}

const eve = "Eve <Eve@Hooli.example>"

var (
	hooli   = crm.Account{ID: "h1", Name: "Hooli", Website: "https://www.hooli.example/x", URL: "u/h1"}
	hooliUS = crm.Account{ID: "h2", Name: "Hooli US", Website: "hooli.example", URL: "u/h2"}
	pied    = crm.Account{ID: "p1", Name: "Pied Piper", Website: "pied.example", URL: "u/p1"}
	tinexta = crm.Account{ID: "t1", Name: "Tinexta Innovation Hub", Website: "https://tinexta.com", URL: "u/t1"}
	nowhere = crm.Account{ID: "n1", Name: "hooli", URL: "u/n1"}
)

func mapping(source Source, account crm.Account) Mapping {
	return Mapping{Domain: "hooli.example", AccountName: account.Name, AccountID: account.ID, Source: source}
}

func named(source Source, name string) Mapping {
	return Mapping{Domain: "hooli.example", AccountName: name, Source: source}
}

func match(a crm.Account, why MatchWhy, evidence string) Match {
	return Match{AccountID: a.ID, AccountName: a.Name, AccountURL: a.URL, Why: why, Evidence: evidence}
}

func TestMatch(t *testing.T) {
	hooliAs := func(why MatchWhy) *Match { m := match(hooli, why, "hooli.example"); return &m }
	chosen := mapping(Chosen, pied)
	chosen.ChosenBy, chosen.TimesUsed = "U9", 12
	chosenMatch := match(pied, ByChoice, "hooli.example")
	chosenMatch.ChosenBy, chosenMatch.TimesUsed = "U9", 12
	byContact := match(pied, ByContact, "Eve@Hooli.example")
	byAddress := match(pied, ByContact, "eve@gmail.com")
	byName := match(nowhere, ByName, "hooli")
	secondOf := match(pied, ByWebsite, "pied.example")
	byItsWebsite := match(hooli, ByWebsite, "hooli.example")

	tests := map[string]struct {
		session    Session
		rolodex    rolodex
		want       *Match
		candidates []Match
		wrote      []string
	}{
		// Mappings, in the order in which they are found.
		"declared":                                        {session: with(eve), rolodex: rolodex{accounts: []crm.Account{hooli, pied}, kept: []Mapping{mapping(Declared, hooli), chosen}}, want: hooliAs(ByDeclaration), wrote: []string{"used hooli.example=h1 manual"}},
		"chosen before, before imported":                  {session: with(eve), rolodex: rolodex{accounts: []crm.Account{hooli, pied}, kept: []Mapping{chosen, mapping(Imported, hooli)}}, want: &chosenMatch, wrote: []string{"used hooli.example=p1 verified U9"}},
		"discovered before":                               {session: with(eve), rolodex: rolodex{accounts: []crm.Account{hooli}, kept: []Mapping{mapping(Discovered, hooli)}}, want: hooliAs(ByMapping), wrote: []string{"used hooli.example=h1 auto_discovered"}},
		"a mapping before what the CRM says":              {session: with(eve), rolodex: rolodex{accounts: []crm.Account{hooli, pied}, contacts: []crm.Contact{{Name: "Eve", Email: "eve@hooli.example", AccountID: "h1"}}, kept: []Mapping{chosen}}, want: &chosenMatch, wrote: []string{"used hooli.example=p1 verified U9"}},
		"a mapping of the second domain before a website": {session: with("Bob <bob@pied.example>", eve), rolodex: rolodex{accounts: []crm.Account{hooli, pied}, kept: []Mapping{mapping(Declared, hooli)}}, want: hooliAs(ByDeclaration), wrote: []string{"used hooli.example=h1 manual"}},
		"imported with a name only":                       {session: with(eve), rolodex: rolodex{accounts: []crm.Account{hooli, hooliUS}, kept: []Mapping{named(Imported, "HOOLI")}}, want: hooliAs(ByImport), wrote: []string{"resolve hooli.example=h1 imported", "used hooli.example=h1 imported"}},
		"declared with a name that several have":          {session: with(eve), rolodex: rolodex{accounts: []crm.Account{hooli, nowhere, hooliUS}, kept: []Mapping{named(Declared, "Hooli")}}, candidates: []Match{match(hooli, ByDeclaration, "hooli.example"), match(nowhere, ByDeclaration, "hooli.example")}},
		"declared with a name that nobody has":            {session: with(eve), rolodex: rolodex{accounts: []crm.Account{hooli}, kept: []Mapping{named(Declared, "Hoo")}}, want: hooliAs(ByWebsite), wrote: []string{"remember hooli.example=h1 auto_discovered"}},
		"denied by ID and listed by name":                 {session: with(eve), rolodex: rolodex{accounts: []crm.Account{hooli}, denied: []string{"h1"}, kept: []Mapping{mapping(Discovered, hooli)}}, want: hooliAs(ByMapping), wrote: []string{"used hooli.example=h1 auto_discovered"}},
		"discovered, and gone":                            {session: with(eve), rolodex: rolodex{accounts: []crm.Account{hooli}, kept: []Mapping{mapping(Discovered, pied)}}, want: hooliAs(ByWebsite), wrote: []string{"forget hooli.example=p1 auto_discovered", "remember hooli.example=h1 auto_discovered"}},
		"discovered, and another has its name now":        {session: with(eve), rolodex: rolodex{accounts: []crm.Account{nowhere}, kept: []Mapping{mapping(Discovered, hooli)}}, want: &byName, wrote: []string{"forget hooli.example=h1 auto_discovered"}},
		"declared, merged into one with the same name":    {session: with(eve), rolodex: rolodex{accounts: []crm.Account{hooli}, kept: []Mapping{mapping(Declared, crm.Account{ID: "h0", Name: "Hooli"})}}, want: hooliAs(ByDeclaration), wrote: []string{"resolve hooli.example=h1 manual", "used hooli.example=h1 manual"}},
		"chosen, and gone":                                {session: with(eve), rolodex: rolodex{accounts: []crm.Account{hooli}, kept: []Mapping{chosen, mapping(Discovered, hooli)}}, want: hooliAs(ByMapping), wrote: []string{"used hooli.example=h1 auto_discovered"}},

		// Contacts.
		"a contact, before a website":             {session: with(eve), rolodex: rolodex{accounts: []crm.Account{hooli, pied}, contacts: []crm.Contact{{Name: "Eve", Email: "eve@other.example", AccountID: "h1"}, {Name: "Eve", Email: "eve@hooli.example", AccountID: "p1"}}}, want: &byContact, wrote: []string{"remember hooli.example=p1 auto_discovered"}},
		"contacts of one account":                 {session: with(eve, "Gavin <gavin@hooli.example>"), rolodex: rolodex{accounts: []crm.Account{pied}, contacts: []crm.Contact{{Name: "Eve", Email: "eve@hooli.example", AccountID: "p1"}, {Name: "Gavin", Email: "gavin@hooli.example", AccountID: "p1"}}}, want: &byContact, wrote: []string{"remember hooli.example=p1 auto_discovered"}},
		"contacts of several accounts":            {session: with(eve, "Gavin <gavin@hooli.example>"), rolodex: rolodex{accounts: []crm.Account{hooli, pied}, contacts: []crm.Contact{{Name: "Eve", Email: "eve@hooli.example", AccountID: "p1"}, {Name: "Gavin", Email: "gavin@hooli.example", AccountID: "h1"}}}, candidates: []Match{byContact, match(hooli, ByContact, "Eve@Hooli.example")}},
		"a contact at a mail provider":            {session: with("Eve <eve@gmail.com>"), rolodex: rolodex{accounts: []crm.Account{pied}, contacts: []crm.Contact{{Name: "Eve", Email: "eve@gmail.com", AccountID: "p1"}}}, want: &byAddress},
		"a contact without an account":            {session: with(eve), rolodex: rolodex{accounts: []crm.Account{hooli}, contacts: []crm.Contact{{Name: "Eve", Email: "eve@hooli.example"}}}, want: hooliAs(ByWebsite), wrote: []string{"remember hooli.example=h1 auto_discovered"}},
		"a contact whose account is denied":       {session: with(eve), rolodex: rolodex{accounts: []crm.Account{hooli}, denied: []string{"h1"}, contacts: []crm.Contact{{Name: "Eve", Email: "eve@hooli.example", AccountID: "h1"}}}, want: hooliAs(ByWebsite), wrote: []string{"remember hooli.example=h1 auto_discovered"}},
		"a guest whose name is but their address": {session: with("eve@hooli.example <eve@hooli.example>"), rolodex: rolodex{contacts: []crm.Contact{{Name: "eve@hooli.example", Email: "eve@hooli.example", AccountID: "p1"}}}},

		// Websites.
		"a website":                    {session: with(eve), rolodex: rolodex{accounts: []crm.Account{pied, hooli}}, want: &byItsWebsite, wrote: []string{"remember hooli.example=h1 auto_discovered"}},
		"a website of several":         {session: with(eve), rolodex: rolodex{accounts: []crm.Account{hooli, hooliUS}}, candidates: []Match{match(hooli, ByWebsite, "hooli.example"), match(hooliUS, ByWebsite, "hooli.example")}},
		"the first domain that is one": {session: with("X <x@unknown.example>", "Bob <bob@pied.example>", eve), rolodex: rolodex{accounts: []crm.Account{hooli, pied}}, want: &secondOf, wrote: []string{"remember pied.example=p1 auto_discovered"}},

		// Names.
		"tinext.com is not Tinexta":            {session: with("Tina <tina@tinext.com>"), rolodex: rolodex{accounts: []crm.Account{tinexta}}, candidates: []Match{match(tinexta, ByName, "tinext")}},
		"exactly the name":                     {session: with(eve), rolodex: rolodex{accounts: []crm.Account{nowhere, {ID: "h3", Name: "Hooli Labs"}}}, want: &byName},
		"the name of two":                      {session: with(eve), rolodex: rolodex{accounts: []crm.Account{nowhere, {ID: "h3", Name: "Hooli"}}}, candidates: []Match{match(nowhere, ByName, "hooli"), match(crm.Account{ID: "h3", Name: "Hooli"}, ByName, "hooli")}},
		"the name, and another's website":      {session: with("Eve <eve@hooli.com>"), rolodex: rolodex{accounts: []crm.Account{hooli}}, candidates: []Match{match(hooli, ByName, "hooli")}},
		"the name of a domain below":           {session: with("Eve <eve@mail.hooli.co.uk>"), rolodex: rolodex{accounts: []crm.Account{nowhere}}, want: &byName},
		"a domain below which anybody is, not": {session: with("Eve <eve@co.uk>"), rolodex: rolodex{accounts: []crm.Account{{ID: "c", Name: "co"}}}},

		// Nobody's.
		"no guests":                                {session: with(), rolodex: rolodex{accounts: []crm.Account{hooli}}},
		"nothing found":                            {session: with(eve), rolodex: rolodex{accounts: []crm.Account{pied}}},
		"a guest of the viewer's organisation":     {session: with("Max <max@ACME.com>"), rolodex: rolodex{accounts: []crm.Account{{ID: "a", Name: "acme", Website: "acme.com"}}}},
		"a guest of the recorder's":                {session: with("Max <max@recorders.example>"), rolodex: rolodex{accounts: []crm.Account{{ID: "a", Name: "recorders"}}}},
		"a guest of an internal invitee's":         {session: with("Max <max@subsidiary.example>"), rolodex: rolodex{accounts: []crm.Account{{ID: "a", Name: "subsidiary"}}}},
		"a guest at a mail provider":               {session: with("Max <max@libero.it>"), rolodex: rolodex{accounts: []crm.Account{{ID: "a", Name: "libero", Website: "libero.it"}}}},
		"what was once kept for a mail provider's": {session: with("Max <max@gmail.com>"), rolodex: rolodex{accounts: []crm.Account{hooli}, kept: []Mapping{{Domain: "gmail.com", AccountID: "h1", Source: Imported}}}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			r := tc.rolodex
			m := Matcher{Mappings: &r}
			got, candidates, err := m.Match(t.Context(), CRM{CRM: &r, ConnectionID: connection}, tc.session)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("match (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.candidates, candidates); diff != "" {
				t.Errorf("candidates (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.wrote, r.wrote); diff != "" {
				t.Errorf("mappings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMatchIsBounded(t *testing.T) {
	var guests []string
	var accounts []crm.Account
	for i := range 30 {
		guests = append(guests, fmt.Sprintf("Guest %d <g%d@hooli.example>", i, i))
		accounts = append(accounts, crm.Account{ID: fmt.Sprint(i), Website: "hooli.example"})
	}
	r := rolodex{accounts: accounts}
	_, candidates, err := (&Matcher{Mappings: &r}).Match(t.Context(), CRM{CRM: &r, ConnectionID: connection}, with(guests...))
	if err != nil || len(candidates) != 10 || len(r.asked) != 6 {
		t.Errorf("%d candidates, asked %v, %v", len(candidates), r.asked, err)
	}
}

func TestMatchPassesErrorsOnAndRemembersNothing(t *testing.T) {
	away := errors.New("away")
	for name, r := range map[string]rolodex{
		"the CRM":                   {crmErr: away},
		"the CRM, asked by ID":      {crmErr: away, kept: []Mapping{mapping(Discovered, hooli)}},
		"the CRM, asked for a name": {crmErr: away, kept: []Mapping{named(Declared, "Hooli")}},
		"the database":              {dbErr: away},
	} {
		t.Run(name, func(t *testing.T) {
			got, candidates, err := (&Matcher{Mappings: &r}).Match(t.Context(), CRM{CRM: &r, ConnectionID: connection}, with(eve))
			if !errors.Is(err, away) || got != nil || candidates != nil || len(r.wrote) > 0 {
				t.Errorf("%v, %v, %v; wrote %v", got, candidates, err, r.wrote)
			}
		})
	}
}

func TestChoose(t *testing.T) {
	chose := func(a crm.Account, evidence string) Match {
		m := match(a, ByChoice, evidence)
		m.ChosenBy = "U1"
		return m
	}
	unnamed := crm.Account{ID: "h9", Name: "h9"}
	tests := map[string]struct {
		session Session
		rolodex rolodex
		id      string
		want    Match
		wrote   []string
	}{
		"remembered for the guests' domain":      {session: with(eve), rolodex: rolodex{accounts: []crm.Account{pied}}, id: "p1", want: chose(pied, "hooli.example"), wrote: []string{"remember hooli.example=p1 verified U1"}},
		"of several domains for its website's":   {session: with("Bob <bob@mail.pied.example>", eve), rolodex: rolodex{accounts: []crm.Account{hooli}}, id: "h1", want: chose(hooli, "hooli.example"), wrote: []string{"remember hooli.example=h1 verified U1"}},
		"of several domains for none":            {session: with("Bob <bob@pied.example>", eve), rolodex: rolodex{accounts: []crm.Account{tinexta}}, id: "t1", want: chose(tinexta, "")},
		"not for a mail provider":                {session: with("Eve <eve@gmail.com>"), rolodex: rolodex{accounts: []crm.Account{pied}}, id: "p1", want: chose(pied, "")},
		"for the one domain that is a company's": {session: with("Ann <ann@gmail.com>", eve), rolodex: rolodex{accounts: []crm.Account{pied}}, id: "p1", want: chose(pied, "hooli.example"), wrote: []string{"remember hooli.example=p1 verified U1"}},
		"not for our own domain":                 {session: with("Max <max@acme.com>"), rolodex: rolodex{accounts: []crm.Account{pied}}, id: "p1", want: chose(pied, "")},
		"one of those that a declaration names": {
			session: with(eve), rolodex: rolodex{accounts: []crm.Account{nowhere, hooli}, kept: []Mapping{named(Declared, "Hooli"), named(Imported, "Other")}}, id: "h1",
			want: chose(hooli, "hooli.example"), wrote: []string{"remember hooli.example=h1 verified U1", "resolve hooli.example=h1 manual"},
		},
		"denied by ID and listed":          {session: with(eve), rolodex: rolodex{accounts: []crm.Account{hooli}, denied: []string{"h1"}}, id: "h1", want: chose(hooli, "hooli.example"), wrote: []string{"remember hooli.example=h1 verified U1"}},
		"denied by ID and not found again": {session: with(eve), rolodex: rolodex{accounts: []crm.Account{hooli}}, id: "h9", want: chose(unnamed, "")},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			r := tc.rolodex
			got, err := (&Matcher{Mappings: &r}).Choose(t.Context(), CRM{CRM: &r, ConnectionID: connection}, tc.session, tc.id, "U1")
			if diff := cmp.Diff(tc.want, got); err != nil || diff != "" {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
			if diff := cmp.Diff(tc.wrote, r.wrote); diff != "" {
				t.Errorf("mappings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestChooseFailsWhileTheCRMOrTheDatabaseIsAway(t *testing.T) {
	away := errors.New("away")
	for name, r := range map[string]rolodex{"CRM": {crmErr: away}, "database": {dbErr: away, accounts: []crm.Account{hooli}}} {
		if got, err := (&Matcher{Mappings: &r}).Choose(t.Context(), CRM{CRM: &r, ConnectionID: connection}, with(eve), "h1", "U1"); !errors.Is(err, away) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

package followup

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/followup-dev/followup-operator/internal/crm"
	"github.com/followup-dev/followup-operator/internal/outcome"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// studio is everything around the use cases of a follow-up, for two colleagues. Each call to it is a point where a test may
// step in, before it is done or after.
type studio struct {
	now     time.Time
	journal []string                  // the calls, in their order
	faults  map[string][]func() error // by "before <call>" or "after <call>", each for one call
	points  int                       // passed so far
	diesAt  int                       // the point at which the run dies, 0 for none

	*cabinet
	*counter
	*agency

	meeting    Meeting
	meetingErr error
	recording  Recording
	readErr    error
	hangs      bool // the model
	texts      Texts
	briefs     []Brief
	profileErr error
	people     map[string]Viewer
	usedUp     *Limit          // what is left of nothing else
	charged    map[string]bool // by resource and key
}

// errDied is what a test sees of a run that died.
var errDied = errors.New("the run died")

func newStudio() *studio {
	brief := testBrief()
	s := &studio{now: noon, faults: map[string][]func() error{}, meeting: brief.Meeting, recording: brief.Recording}
	s.people, s.charged = map[string]Viewer{}, map[string]bool{}
	s.people["U1"] = jane
	s.people["U2"] = Viewer{ID: uuid.New(), SlackUserID: "U2", Profile: Profile{Name: "Bea", Email: "bea@acme.com"}, RefreshedAt: noon}
	s.meeting.Invitees = append(s.meeting.Invitees, Person{Name: "Bea", Email: "bea@acme.com"})
	s.texts = Texts{
		Language: "it", Summary: "We met.", Email: Email{Subject: "Thanks", Body: "Dear all"}, Note: "A good meeting.",
		NextSteps: []NextStep{{What: "Send the offer", Owner: "Bob Stone", Due: "2026-11-27"}},
		Event:     &Proposal{Title: "Demo", Start: "2026-11-30T15:00", Minutes: 45},
	}
	s.cabinet = &cabinet{studio: s, revisions: map[uuid.UUID][]Revision{}, tones: map[string]string{}}
	s.counter = &counter{studio: s}
	s.agency = &agency{studio: s, google: true, crm: &agencyCRM{studio: s, can: crm.Capabilities{
		Name: "Crono", MaxNote: 1000, Tasks: true, FindsTasks: true, Deals: true, TaskTypes: []string{"Call", "Email"},
	}}}
	return s
}

// call makes a call of the studio's, with its two points.
func call[T any](s *studio, name string, do func() (T, error)) (T, error) {
	var none T
	s.journal = append(s.journal, name)
	if err := s.pass("before " + name); err != nil {
		return none, err
	}
	made, err := do()
	if failed := s.pass("after " + name); failed != nil {
		return none, failed
	}
	return made, err
}

func try(s *studio, name string, do func() error) error {
	_, err := call(s, name, func() (struct{}, error) { return struct{}{}, do() })
	return err
}

func (s *studio) pass(point string) error {
	s.points++
	if s.points == s.diesAt {
		panic(errDied)
	}
	if waiting := s.faults[point]; len(waiting) > 0 {
		s.faults[point] = waiting[1:]
		return waiting[0]()
	}
	return nil
}

// fail has the next calls at that point fail.
func (s *studio) fail(point string, errs ...error) {
	for _, err := range errs {
		s.faults[point] = append(s.faults[point], func() error { return err })
	}
}

// survive runs f, and returns errDied if it dies.
func survive(f func() error) (err error) {
	defer func() {
		switch died := recover(); died {
		case nil:
		case errDied:
			err = errDied
		default:
			panic(died)
		}
	}()
	return f()
}

func (s *studio) bench() Workbench {
	return Workbench{
		Board: s.counter, Sheets: s.cabinet, Ledger: s.cabinet, Offices: s.agency, Mappings: noMappings{}, Quotas: studioQuotas{s},
		People: studioPeople{s}, Profiles: studioPeople{s}, Now: func() time.Time { return s.now },
	}
}

func (s *studio) prepare(ctx context.Context, tenant tenancy.Tenant, req PrepareRequest) error {
	p := &Preparer{Workbench: s.bench(), Content: s, Writer: s}
	return survive(func() error { return p.Prepare(ctx, tenant, req) })
}

func (s *studio) act(ctx context.Context, req ActRequest) error {
	a := &Actor{Workbench: s.bench()}
	return survive(func() error { return a.Act(ctx, romans, req) })
}

// Find implements Content.
func (s *studio) Find(context.Context, Position) (Meeting, error) {
	return call(s, "find meeting", func() (Meeting, error) { return s.meeting, s.meetingErr })
}

// Read implements Content.
func (s *studio) Read(context.Context, string) (Recording, error) {
	return call(s, "read recording", func() (Recording, error) { return s.recording, s.readErr })
}

// Write implements Writer.
func (s *studio) Write(ctx context.Context, brief Brief) (Texts, string, error) {
	if s.hangs {
		<-ctx.Done()
		return Texts{}, "", failed(outcome.Transient)
	}
	texts, err := call(s, "write", func() (Texts, error) {
		s.briefs = append(s.briefs, brief)
		return s.texts, nil
	})
	return texts, "a-model", err
}

type studioQuotas struct{ *studio }

func (q studioQuotas) Charge(_ context.Context, resource Resource, key string) error {
	return try(q.studio, "charge", func() error {
		if q.usedUp != nil && q.usedUp.Resource == resource {
			return &Problem{Reason: LimitReached, Limit: q.usedUp}
		}
		q.charged[string(resource)+" "+key] = true
		return nil
	})
}

type studioPeople struct{ *studio }

func (p studioPeople) Find(_ context.Context, id string) (Viewer, error) {
	return call(p.studio, "find viewer", func() (Viewer, error) {
		if v, ok := p.people[id]; ok {
			return v, nil
		}
		return Viewer{}, ErrUnknownViewer
	})
}

func (p studioPeople) Save(_ context.Context, v Viewer) (Viewer, error) {
	return call(p.studio, "save viewer", func() (Viewer, error) {
		p.people[v.SlackUserID] = v
		return v, nil
	})
}

func (p studioPeople) Profile(_ context.Context, id string) (Profile, error) {
	return call(p.studio, "ask Slack", func() (Profile, error) { return p.people[id].Profile, p.profileErr })
}

// noMappings is a tenant without any.
type noMappings struct{}

func (noMappings) Find(context.Context, uuid.UUID, string) ([]Mapping, error) { return nil, nil }
func (noMappings) Remember(context.Context, uuid.UUID, Mapping) error         { return nil }
func (noMappings) Resolve(context.Context, uuid.UUID, Mapping) error          { return nil }
func (noMappings) Used(context.Context, uuid.UUID, Mapping) error             { return nil }
func (noMappings) Forget(context.Context, uuid.UUID, Mapping) error           { return nil }

// counter is the Board.
type counter struct {
	*studio

	cards    []Card
	forms    []Form
	problems []Problem
	told     []Action
}

func (c *counter) Show(_ context.Context, card Card) (Place, error) {
	return call(c.studio, "show", func() (Place, error) {
		card.Actions = slices.Clone(card.Actions)
		c.cards = append(c.cards, card)
		return Place{Channel: "D" + card.Session.Viewer.SlackUserID, Timestamp: "1.0"}, nil
	})
}

func (c *counter) Loading(context.Context) error {
	return try(c.studio, "loading", func() error { return nil })
}

func (c *counter) Form(_ context.Context, form Form) error {
	return try(c.studio, "form", func() error { c.forms = append(c.forms, form); return nil })
}

func (c *counter) Problem(_ context.Context, problem Problem) error {
	return try(c.studio, "problem", func() error { c.problems = append(c.problems, problem); return nil })
}

func (c *counter) Told(_ context.Context, task Action, _ Connected, _ time.Time, _ *Problem) error {
	return try(c.studio, "told", func() error { c.told = append(c.told, task); return nil })
}

func (c *counter) Announce(context.Context, string, Meeting) error { panic("nobody announces here") }

// last is the card as it is now.
func (c *counter) last() Card {
	if len(c.cards) == 0 {
		return Card{}
	}
	return c.cards[len(c.cards)-1]
}

// agency are the Offices: a mailbox and a calendar for each address, and one CRM.
type agency struct {
	*studio

	google bool
	drafts []posted
	events []posted
	crm    *agencyCRM
}

// posted is what a mailbox or calendar has.
type posted struct {
	owner string
	draft Draft
	event Event
	gone  bool
}

func (a *agency) Has(context.Context, Viewer) Connected {
	has := Connected{Google: a.google}
	if a.crm != nil {
		can := a.crm.can
		has.CRM = &can
	}
	return has
}

func (a *agency) Mailbox(_ context.Context, v Viewer) (Mailbox, error) {
	if !a.google {
		return nil, &Problem{Reason: GoogleNotSetUp}
	}
	return desk{a, v.Email}, nil
}

func (a *agency) Calendar(_ context.Context, v Viewer) (Calendar, error) {
	if !a.google {
		return nil, &Problem{Reason: GoogleNotSetUp}
	}
	return desk{a, v.Email}, nil
}

func (a *agency) CRM(context.Context) (CRM, error) {
	if a.crm == nil {
		return CRM{}, &Problem{Reason: CRMNotSetUp}
	}
	return CRM{CRM: a.crm, ConnectionID: connection}, nil
}

// desk is one person's mailbox and calendar.
type desk struct {
	*agency

	owner string
}

func (d desk) Address() string { return d.owner }

func (d desk) FindDraft(_ context.Context, key string) (Artefact, bool, error) {
	i := slices.IndexFunc(d.drafts, func(p posted) bool { return p.owner == d.owner && p.draft.Key == key && !p.gone })
	made, err := call(d.studio, "find draft", func() (Artefact, error) { return Artefact{ExternalID: key}, nil })
	return made, err == nil && i >= 0, err
}

func (d desk) CreateDraft(_ context.Context, draft Draft) (Artefact, error) {
	return call(d.studio, string(GmailDraft), func() (Artefact, error) {
		d.drafts = append(d.drafts, posted{owner: d.owner, draft: draft})
		return Artefact{ExternalID: draft.Key, URL: "https://mail"}, nil
	})
}

func (d desk) DeleteDraft(_ context.Context, id string) error {
	return try(d.studio, "delete draft", func() error {
		for i, p := range d.drafts {
			d.drafts[i].gone = p.gone || p.draft.Key == id
		}
		return nil
	})
}

func (d desk) Insert(_ context.Context, event Event) (Artefact, error) {
	return call(d.studio, string(CalendarEvent), func() (Artefact, error) {
		d.events = slices.DeleteFunc(d.events, func(p posted) bool { return p.event.Key == event.Key })
		d.events = append(d.events, posted{owner: d.owner, event: event})
		return Artefact{ExternalID: event.Key, URL: "https://calendar"}, nil
	})
}

func (d desk) Delete(_ context.Context, id string) error {
	return try(d.studio, "delete event", func() error {
		for i, p := range d.events {
			d.events[i].gone = p.gone || p.event.Key == id
		}
		return nil
	})
}

// agencyCRM knows one account, and takes notes, tasks and changes of deals.
type agencyCRM struct {
	*studio

	can      crm.Capabilities
	accounts []crm.Account
	contacts []crm.Contact
	notes    []crm.Note
	tasks    []crm.Task
	deals    []crm.Deal
	changes  []crm.DealChange
	err      error // of each question
}

func (c *agencyCRM) Capabilities() crm.Capabilities { return c.can }
func (c *agencyCRM) Ping(context.Context) error     { return c.err }
func (c *agencyCRM) Account(_ context.Context, id string) (crm.Account, error) {
	if i := slices.IndexFunc(c.accounts, func(a crm.Account) bool { return a.ID == id }); i >= 0 {
		return c.accounts[i], c.err
	}
	return crm.Account{}, errors.Join(c.err, crm.ErrNotFound)
}

func (c *agencyCRM) AccountsByHost(_ context.Context, host string) ([]crm.Account, error) {
	return slices.DeleteFunc(slices.Clone(c.accounts), func(a crm.Account) bool { return !strings.Contains(a.Website, host) }), c.err
}
func (c *agencyCRM) AccountsByName(context.Context, string) ([]crm.Account, error) { return nil, c.err }
func (c *agencyCRM) Contacts(_ context.Context, name, _ string) ([]crm.Contact, error) {
	return slices.DeleteFunc(slices.Clone(c.contacts), func(p crm.Contact) bool { return p.Name != name }), c.err
}

func (c *agencyCRM) CreateNote(_ context.Context, note crm.Note) (crm.Record, error) {
	return call(c.studio, string(CRMNote), func() (crm.Record, error) {
		c.notes = append(c.notes, note)
		return crm.Record{URL: "https://crm"}, nil
	})
}

func (c *agencyCRM) FindNote(_ context.Context, note crm.Note) (crm.Record, error) {
	return call(c.studio, "find note", func() (crm.Record, error) {
		if slices.ContainsFunc(c.notes, func(n crm.Note) bool { return n.Ref == note.Ref && n.AccountID == note.AccountID }) {
			return crm.Record{ID: "found", URL: "https://crm"}, nil
		}
		return crm.Record{}, crm.ErrNotFound
	})
}

func (c *agencyCRM) CreateTask(_ context.Context, task crm.Task) (crm.Record, error) {
	return call(c.studio, string(CRMTask), func() (crm.Record, error) {
		c.tasks = append(c.tasks, task)
		return crm.Record{ID: "task"}, nil
	})
}

func (c *agencyCRM) FindTask(_ context.Context, task crm.Task) (crm.Record, error) {
	return call(c.studio, "find task", func() (crm.Record, error) {
		if slices.ContainsFunc(c.tasks, func(t crm.Task) bool { return t.Ref == task.Ref }) {
			return crm.Record{ID: "found"}, nil
		}
		return crm.Record{}, crm.ErrNotFound
	})
}

func (c *agencyCRM) Deals(context.Context, string) ([]crm.Deal, error) { return c.deals, c.err }
func (c *agencyCRM) Stages(context.Context) ([]string, error)          { return []string{"Open", "Won"}, c.err }
func (c *agencyCRM) UpdateDeal(_ context.Context, change crm.DealChange) (crm.Record, error) {
	return call(c.studio, string(CRMDeal), func() (crm.Record, error) {
		c.changes = append(c.changes, change)
		return crm.Record{ID: change.ID}, nil
	})
}

func failed(class outcome.Class) error {
	return &outcome.Error{Vendor: "v", Operation: "o", Class: class}
}

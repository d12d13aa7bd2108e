package slackui

import (
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/followup-dev/followup-operator/internal/followup"
	"github.com/followup-dev/followup-operator/internal/outcome"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// A Board is what the use cases need.
var _ followup.Board = (*Board)(nil)

var deleted = &outcome.Error{Class: outcome.Permanent, Code: "message_not_found"}

func boardOf(slack *fakeSlack, req Request) *Board {
	req.Key, req.TriggerID, req.SlackUserID = "key", "trigger", "U1"
	return NewBoard(slack, req, tenancy.Tenant{Locale: "en", TimeZone: "Europe/Rome"}, func() time.Time { return noon }, slog.New(slog.DiscardHandler))
}

// checkCalls compares what was asked of Slack, and how that ended.
func checkCalls(t *testing.T, slack *fakeSlack, want []string, err, wantErr error) {
	t.Helper()
	if diff := cmp.Diff(want, slack.calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	problem, expected := &followup.Problem{}, &followup.Problem{}
	if errors.As(wantErr, &expected) {
		if !errors.As(err, &problem) || *problem != *expected {
			t.Errorf("error %v, want %v", err, wantErr)
		}
		return
	}
	if !errors.Is(err, wantErr) || (wantErr == nil && err != nil) {
		t.Errorf("error %v, want %v", err, wantErr)
	}
}

const (
	postsCard   = "post U0JANE Follow-up"
	changesCard = "change D9 9.1 Follow-up"
	mirrors     = "update ID V1  Follow-up"
	points      = "replace url Follow-up"
)

var tokenDead = &followup.Problem{Reason: followup.SlackTokenDead}

func TestACardIsPostedOnceAndThenChanged(t *testing.T) {
	there, fresh := followup.Place{Channel: "D9", Timestamp: "9.1"}, followup.Place{Channel: "D1", Timestamp: "2.1"}
	tests := map[string]struct {
		card  followup.Place
		req   Request
		slack fakeSlack
		want  []string
		place followup.Place
		err   error
	}{
		"the first time":                {want: []string{postsCard}, place: fresh},
		"later":                         {card: there, want: []string{changesCard}, place: there},
		"the card was deleted":          {card: there, slack: fakeSlack{change: deleted}, want: []string{changesCard, postsCard}, place: fresh},
		"a change may come yet":         {card: there, slack: fakeSlack{change: transient}, want: []string{changesCard}, err: transient},
		"too many messages":             {slack: fakeSlack{post: throttled}, want: []string{postsCard}, err: throttled},
		"it may have been posted":       {slack: fakeSlack{post: unknown}, want: []string{postsCard}, err: unknown},
		"the token is dead":             {card: there, slack: fakeSlack{change: dead}, want: []string{changesCard}, err: tokenDead},
		"a modal was clicked in":        {card: there, req: Request{ViewID: "V1"}, want: []string{changesCard, mirrors}, place: there},
		"the modal was closed":          {card: there, req: Request{ViewID: "V1"}, slack: fakeSlack{updateID: gone}, want: []string{changesCard, mirrors}, place: there},
		"the modal can't be changed":    {card: there, req: Request{ViewID: "V1"}, slack: fakeSlack{updateID: transient}, want: []string{changesCard, mirrors}, place: there},
		"the card itself was clicked":   {card: there, req: Request{InMessage: true, ResponseURL: "url"}, want: []string{changesCard}, place: there},
		"an announcement was clicked":   {req: Request{InMessage: true, ResponseURL: "url"}, want: []string{postsCard}, place: fresh},
		"an ephemeral list was clicked": {req: Request{InMessage: true, Ephemeral: true, ResponseURL: "url"}, want: []string{postsCard, points}, place: fresh},
		"the list can't be replaced": {
			req: Request{InMessage: true, Ephemeral: true, ResponseURL: "url"}, slack: fakeSlack{respond: expired}, want: []string{postsCard, points}, place: fresh,
		},
		"another run": {
			card: there, req: Request{InMessage: true, Ephemeral: true, ResponseURL: "url", Rerun: true}, want: []string{changesCard}, place: there,
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			card := cards()[4].card
			card.Session.Card = tc.card
			place, err := boardOf(&tc.slack, tc.req).Show(t.Context(), card)
			checkCalls(t, &tc.slack, tc.want, err, tc.err)
			if place != tc.place {
				t.Errorf("the card is at %+v, want %+v", place, tc.place)
			}
		})
	}
}

// A response_url takes five answers; a card changes more often than that.
func TestTheListIsReplacedOnce(t *testing.T) {
	var slack fakeSlack
	board := boardOf(&slack, Request{InMessage: true, Ephemeral: true, ResponseURL: "url"})
	card := cards()[0].card
	for range 3 {
		place, err := board.Show(t.Context(), card)
		if err != nil {
			t.Fatal(err)
		}
		card.Session.Card = place
	}
	want := []string{postsCard, points, "change D1 2.1 Follow-up", "change D1 2.1 Follow-up"}
	checkCalls(t, &slack, want, nil, nil)
}

func TestAFormIsOpenedOrAskedForAgain(t *testing.T) {
	const (
		opensForm  = "open trigger key Followup"
		pushesForm = "push trigger key Followup"
		fillsForm  = "update key key Regenerate"
		asksAgain  = "respond url Followup"
		writes     = "post U1 Followup"
	)
	card := Request{InMessage: true, ResponseURL: "url"}
	tests := map[string]struct {
		req          Request
		age          time.Duration
		rerun, final bool
		slack        fakeSlack
		want         []string
		loadErr, err error
	}{
		"from the card":              {req: card, want: []string{opensForm, fillsForm}},
		"from a modal":               {req: Request{ViewID: "V1"}, want: []string{pushesForm, fillsForm}},
		"too late, from the card":    {req: card, age: time.Minute, want: []string{asksAgain}},
		"too late, from a modal":     {req: Request{ViewID: "V1"}, age: time.Minute, want: []string{writes}},
		"expired on the way":         {req: card, slack: fakeSlack{open: expired}, want: []string{opensForm, asksAgain}},
		"may have opened, and had":   {req: card, slack: fakeSlack{open: unknown}, want: []string{opensForm, fillsForm}},
		"may have opened, had not":   {req: card, slack: fakeSlack{open: unknown, update: gone}, want: []string{opensForm, fillsForm, asksAgain}},
		"closed by its user":         {req: card, slack: fakeSlack{update: gone}, want: []string{opensForm, fillsForm}},
		"may be filled yet":          {req: card, slack: fakeSlack{update: transient}, want: []string{opensForm, fillsForm}, err: transient},
		"may not, in the last run":   {req: card, final: true, slack: fakeSlack{update: transient}, want: []string{opensForm, fillsForm, asksAgain}},
		"another run finds it":       {req: card, age: time.Minute, rerun: true, want: []string{fillsForm}},
		"another run finds it open":  {req: card, rerun: true, slack: fakeSlack{open: duplicate}, want: []string{opensForm, fillsForm}},
		"another run does not":       {req: card, age: time.Minute, rerun: true, slack: fakeSlack{update: gone}, want: []string{fillsForm, asksAgain}},
		"the token is dead":          {req: card, slack: fakeSlack{open: dead}, want: []string{opensForm}, loadErr: tokenDead},
		"the token dies in between":  {req: card, slack: fakeSlack{update: dead}, want: []string{opensForm, fillsForm}, err: tokenDead},
		"three modals are there yet": {req: Request{ViewID: "V1"}, slack: fakeSlack{open: expired}, want: []string{pushesForm, writes}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			tc.req.ReceivedAt, tc.req.Rerun, tc.req.Final = noon.Add(-tc.age), tc.rerun, tc.final
			board := boardOf(&tc.slack, tc.req)
			err := board.Loading(t.Context())
			if tc.loadErr != nil {
				checkCalls(t, &tc.slack, tc.want, err, tc.loadErr)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			err = board.Form(t.Context(), forms()[1].form)
			checkCalls(t, &tc.slack, tc.want, err, tc.err)
		})
	}
}

// A problem is told where the user looks, and never in place of a card or of a modal that is still good.
func TestAProblemIsToldWhereTheUserLooks(t *testing.T) {
	const warning = "Something is in the way"
	tests := map[string]struct {
		req   Request
		loads bool
		slack fakeSlack
		want  []string
	}{
		"in the modal clicked in":           {req: Request{ViewID: "V1"}, want: []string{"update ID V1  " + warning}},
		"in place of an ephemeral list":     {req: Request{InMessage: true, Ephemeral: true, ResponseURL: "url"}, want: []string{"replace url " + warning}},
		"below the card":                    {req: Request{InMessage: true, ResponseURL: "url"}, want: []string{"respond url " + warning}},
		"in the form":                       {req: Request{ViewID: "V1"}, loads: true, want: []string{"push trigger key Followup", "update key key " + warning}},
		"beside a modal without a form":     {req: Request{ViewID: "V1"}, loads: true, slack: fakeSlack{open: expired}, want: []string{"push trigger key Followup", "post U1 " + warning}},
		"to a user who clicked on nothing":  {want: []string{"post U1 " + warning}},
		"to a user who typed a command":     {req: Request{ResponseURL: "url"}, want: []string{"respond url " + warning}},
		"by message, the URL is used up":    {req: Request{ResponseURL: "url"}, slack: fakeSlack{respond: expired}, want: []string{"respond url " + warning, "post U1 " + warning}},
		"in place of the list, another run": {req: Request{InMessage: true, Ephemeral: true, ResponseURL: "url", Rerun: true}, want: []string{"replace url " + warning}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			tc.req.ReceivedAt = noon
			board := boardOf(&tc.slack, tc.req)
			if tc.loads {
				if err := board.Loading(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			err := board.Problem(t.Context(), followup.Problem{Reason: followup.CRMDown})
			checkCalls(t, &tc.slack, tc.want, err, nil)
		})
	}
}

func TestATaskOfNoMeetingIsToldOfOnce(t *testing.T) {
	tests := map[string]struct {
		req   Request
		age   time.Duration
		slack fakeSlack
		want  []string
		err   error
	}{
		"beside the command":       {req: Request{ResponseURL: "url"}, want: []string{"respond url Task"}},
		"in place of what it said": {req: Request{ResponseURL: "url", InMessage: true}, want: []string{"replace url Task"}},
		"from a form":              {want: []string{"post U1 Task"}},
		"after half an hour":       {req: Request{ResponseURL: "url"}, age: 30 * time.Minute, want: []string{"post U1 Task"}},
		"the URL is used up":       {req: Request{ResponseURL: "url"}, slack: fakeSlack{respond: expired}, want: []string{"respond url Task", "post U1 Task"}},
		"it may have arrived":      {req: Request{ResponseURL: "url"}, slack: fakeSlack{respond: unknown}, want: []string{"respond url Task"}},
		"it did not arrive":        {req: Request{ResponseURL: "url"}, slack: fakeSlack{respond: transient}, want: []string{"respond url Task"}, err: transient},
		"the token is dead":        {slack: fakeSlack{post: dead}, want: []string{"post U1 Task"}, err: tokenDead},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			tc.req.ReceivedAt = noon.Add(-tc.age)
			err := boardOf(&tc.slack, tc.req).Told(t.Context(), action(followup.CRMTask, followup.Done, nil), allOf, time.Time{}, nil)
			checkCalls(t, &tc.slack, tc.want, err, tc.err)
		})
	}
}

func TestARecordingIsAnnouncedToItsRecorder(t *testing.T) {
	const announces = "post U0JANE New recording"
	for name, tc := range map[string]struct {
		post, err error
	}{
		"it is": {}, "it may be": {post: unknown}, "it is not": {post: throttled, err: throttled}, "it never is": {post: dead, err: tokenDead},
	} {
		t.Run(name, func(t *testing.T) {
			slack := fakeSlack{post: tc.post}
			board := NewBoard(&slack, Request{}, tenancy.Tenant{Locale: "en"}, func() time.Time { return noon }, slog.New(slog.DiscardHandler))
			err := board.Announce(t.Context(), "U0JANE", session.Meeting)
			checkCalls(t, &slack, []string{announces}, err, tc.err)
		})
	}
}

package slackui

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/slack-go/slack"

	"github.com/followup-dev/followup-operator/internal/followup"
	"github.com/followup-dev/followup-operator/internal/outcome"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

var (
	noon      = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	gone      = &outcome.Error{Class: outcome.Permanent, Code: "not_found"}
	expired   = &outcome.Error{Class: outcome.Permanent, Code: "expired_trigger_id"}
	duplicate = &outcome.Error{Class: outcome.Permanent, Code: "duplicate_external_id"}
	dead      = &outcome.Error{Class: outcome.Unauthorized, Code: "token_revoked"}
	unknown   = &outcome.Error{Class: outcome.UnknownOutcome, Code: "timeout"}
	transient = &outcome.Error{Class: outcome.Transient, Status: 503}
	throttled = &outcome.Error{Class: outcome.Throttled, Status: 429}
)

// fakeSlack gives the prepared answers and writes down what it was asked.
type fakeSlack struct {
	open, update, updateID, respond, post, change error
	held                                          error // of the first update by view ID or response, in place of theirs
	unshowable                                    bool  // holds back what shows meetings
	calls                                         []string
	makers                                        []string // private_metadata of the views
}

func (f *fakeSlack) note(call string) (first bool) {
	f.calls = append(f.calls, call)
	return len(f.calls) == 1
}

func (f *fakeSlack) judged(title string, err error) error {
	if f.unshowable && title == "No meetings" {
		return &outcome.Error{Class: outcome.Permanent, Code: "invalid_blocks"}
	}
	return err
}

func (f *fakeSlack) OpenView(_ context.Context, trigger string, view slack.ModalViewRequest) error {
	f.makers = append(f.makers, view.PrivateMetadata)
	f.note("open " + trigger + " " + view.ExternalID + " " + view.Title.Text)
	return f.open
}

func (f *fakeSlack) PushView(_ context.Context, trigger string, view slack.ModalViewRequest) error {
	f.makers = append(f.makers, view.PrivateMetadata)
	f.note("push " + trigger + " " + view.ExternalID + " " + view.Title.Text)
	return f.open
}

func (f *fakeSlack) UpdateView(_ context.Context, id string, view slack.ModalViewRequest) error {
	f.makers = append(f.makers, view.PrivateMetadata)
	f.note("update " + id + " " + view.ExternalID + " " + view.Title.Text)
	return f.judged(view.Title.Text, f.update)
}

func (f *fakeSlack) UpdateViewID(_ context.Context, id string, view slack.ModalViewRequest) error {
	f.makers = append(f.makers, view.PrivateMetadata)
	if f.note("update ID "+id+" "+view.ExternalID+" "+view.Title.Text) && f.held != nil {
		return f.held
	}
	return f.judged(view.Title.Text, f.updateID)
}

func (f *fakeSlack) Respond(_ context.Context, url string, message slack.WebhookMessage) error {
	verb := "respond "
	if message.ReplaceOriginal {
		verb = "replace "
	}
	if f.note(verb+url+" "+titleOf(message)) && f.held != nil {
		return f.held
	}
	return f.judged(titleOf(message), f.respond)
}

func (f *fakeSlack) Post(_ context.Context, user string, message slack.WebhookMessage) (channel, timestamp string, err error) {
	f.note("post " + user + " " + titleOf(message))
	return "D1", "2.1", f.judged(titleOf(message), f.post)
}

func (f *fakeSlack) UpdateMessage(_ context.Context, channel, timestamp string, message slack.WebhookMessage) error {
	f.note("change " + channel + " " + timestamp + " " + titleOf(message))
	return f.judged(titleOf(message), f.change)
}

func titleOf(message slack.WebhookMessage) string {
	return message.Blocks.BlockSet[0].(*slack.HeaderBlock).Text.Text
}

const (
	opens    = "open trigger key Meetings"
	updates  = "update key key No meetings"
	answers  = "respond url No meetings"
	warns    = "respond url Something is in the way"
	posts    = "post U1 No meetings"
	holds    = "update ID V1  Meetings"
	fills    = "update ID V1  No meetings"
	waits    = "replace url Meetings"
	replaces = "replace url No meetings"
)

// showing runs the request up to its result, or its problem if loading says so.
func showing(t *testing.T, slack *fakeSlack, req Request) (loadErr, showErr error) {
	t.Helper()
	req.Key, req.TriggerID, req.SlackUserID = "key", "trigger", "U1"
	screen := New(slack, req, tenancy.Tenant{Locale: "en", TimeZone: "Europe/Rome"}, func() time.Time { return noon }, slog.New(slog.DiscardHandler))
	if err := screen.Loading(t.Context()); err != nil {
		return err, nil
	}
	return nil, screen.Meetings(t.Context(), followup.List{})
}

// Each version of a modal says whose it is, or a click in it could not be told from one in another tenant's.
func TestModalsNameTheirTenant(t *testing.T) {
	tenant := tenancy.Tenant{ID: uuid.New(), Locale: "en"}
	for name, req := range map[string]Request{
		"opened":     {Key: "key", TriggerID: "trigger", ReceivedAt: noon},
		"clicked in": {Key: "key", ViewID: "V1", ReceivedAt: noon},
	} {
		fake := &fakeSlack{}
		screen := New(fake, req, tenant, func() time.Time { return noon }, slog.New(slog.DiscardHandler))
		for _, err := range []error{
			screen.Loading(t.Context()),
			screen.Meetings(t.Context(), followup.List{}),
			screen.Meeting(t.Context(), followup.Meeting{}, ""),
			screen.Problem(t.Context(), followup.Problem{}),
		} {
			if err != nil {
				t.Error(err)
			}
		}
		id := tenant.ID.String()
		if diff := cmp.Diff([]string{id, id, id, id}, fake.makers); diff != "" {
			t.Errorf("%s: private_metadata (-want +got):\n%s", name, diff)
		}
	}
}

func TestCommandIsAnsweredOnce(t *testing.T) {
	tests := map[string]struct {
		age          time.Duration
		rerun, final bool
		slack        fakeSlack
		want         []string
		loadErr      error // a dead token
		err          error
	}{
		"young trigger":                    {want: []string{opens, updates}},
		"at the last moment":               {age: 2499 * time.Millisecond, want: []string{opens, updates}},
		"late trigger":                     {age: 2500 * time.Millisecond, want: []string{answers}},
		"trigger expired on the way":       {slack: fakeSlack{open: expired}, want: []string{opens, answers}},
		"opening is throttled":             {slack: fakeSlack{open: throttled}, want: []string{opens, answers}},
		"opening did not get through":      {slack: fakeSlack{open: transient}, want: []string{opens, answers}},
		"opening timed out, it had opened": {slack: fakeSlack{open: unknown}, want: []string{opens, updates}},
		"opening timed out, it had not":    {slack: fakeSlack{open: unknown, update: gone}, want: []string{opens, updates, answers}},
		"closed by its user":               {slack: fakeSlack{update: gone}, want: []string{opens, updates, answers}},
		"token dead":                       {slack: fakeSlack{open: dead}, want: []string{opens}, loadErr: &followup.Problem{Reason: followup.SlackTokenDead}},
		"token dies between":               {slack: fakeSlack{update: dead}, want: []string{opens, updates, warns}},
		"update may still come":            {slack: fakeSlack{update: transient}, want: []string{opens, updates}, err: transient},
		"update is throttled":              {slack: fakeSlack{update: throttled}, want: []string{opens, updates}, err: throttled},
		"update fails in the last run":     {final: true, slack: fakeSlack{update: transient}, want: []string{opens, updates, answers}},
		"answer may have come":             {age: time.Minute, slack: fakeSlack{respond: unknown}, want: []string{answers}},
		"answer did not get through":       {age: time.Minute, slack: fakeSlack{respond: transient}, want: []string{answers}, err: transient},
		"answer is refused":                {age: time.Minute, slack: fakeSlack{respond: expired}, want: []string{answers}, err: expired},

		"rerun finds its modal":            {rerun: true, age: time.Minute, want: []string{updates}},
		"rerun finds no modal":             {rerun: true, age: time.Minute, slack: fakeSlack{update: gone}, want: []string{updates, answers}},
		"quick rerun opens":                {rerun: true, want: []string{opens, updates}},
		"quick rerun finds it open":        {rerun: true, slack: fakeSlack{open: duplicate}, want: []string{opens, updates}},
		"quick rerun, trigger used":        {rerun: true, slack: fakeSlack{open: expired}, want: []string{opens, updates}},
		"quick rerun, used but now closed": {rerun: true, slack: fakeSlack{open: expired, update: gone}, want: []string{opens, updates, answers}},
		"rerun with a dead token":          {rerun: true, age: time.Minute, slack: fakeSlack{update: dead}, want: []string{updates, warns}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			req := Request{ResponseURL: "url", ReceivedAt: noon.Add(-tc.age), Rerun: tc.rerun, Final: tc.final}
			loadErr, err := showing(t, &tc.slack, req)
			checkShown(t, tc.slack.calls, tc.want, loadErr, tc.loadErr, err, tc.err)
		})
	}
}

func checkShown(t *testing.T, calls, wantCalls []string, loadErr, wantLoadErr, err, wantErr error) {
	t.Helper()
	if diff := cmp.Diff(wantLoadErr, loadErr); diff != "" {
		t.Errorf("loading (-want +got):\n%s", diff)
	}
	if !errors.Is(err, wantErr) || (wantErr == nil && err != nil) {
		t.Errorf("error %v, want %v", err, wantErr)
	}
	if diff := cmp.Diff(wantCalls, calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

// A shortcut has a trigger_id, and a global one nothing else.
func TestShortcutIsAnsweredWithoutAResponseURL(t *testing.T) {
	tests := map[string]struct {
		age   time.Duration
		rerun bool
		slack fakeSlack
		want  []string
		err   error
	}{
		"young trigger":           {want: []string{opens, updates}},
		"late trigger":            {age: time.Minute, want: []string{posts}},
		"trigger expired":         {slack: fakeSlack{open: expired}, want: []string{opens, posts}},
		"closed by its user":      {slack: fakeSlack{update: gone}, want: []string{opens, updates, posts}},
		"rerun finds its modal":   {age: time.Minute, rerun: true, want: []string{updates}},
		"message may have come":   {age: time.Minute, slack: fakeSlack{post: unknown}, want: []string{posts}},
		"message is throttled":    {age: time.Minute, slack: fakeSlack{post: throttled}, want: []string{posts}, err: throttled},
		"scope chat:write is off": {age: time.Minute, slack: fakeSlack{post: expired}, want: []string{posts}, err: expired},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			loadErr, err := showing(t, &tc.slack, Request{ReceivedAt: noon.Add(-tc.age), Rerun: tc.rerun})
			checkShown(t, tc.slack.calls, tc.want, loadErr, nil, err, tc.err)
		})
	}
}

// A click in a modal is answered there or not at all: never by another modal, nor by a message.
func TestClickInAModalIsAnsweredThere(t *testing.T) {
	tests := map[string]struct {
		rerun, final bool
		slack        fakeSlack
		want         []string
		loadErr, err error
	}{
		"click":                        {want: []string{holds, fills}},
		"modal closed before the work": {slack: fakeSlack{updateID: gone}, want: []string{holds, fills}},
		"modal closed meanwhile":       {rerun: true, slack: fakeSlack{updateID: gone}, want: []string{fills}},
		"loading is not shown":         {slack: fakeSlack{held: transient}, want: []string{holds, fills}},
		"result may still be shown":    {slack: fakeSlack{updateID: transient}, want: []string{holds, fills}, err: transient},
		"result is throttled":          {slack: fakeSlack{updateID: throttled}, want: []string{holds, fills}, err: throttled},
		"last run fails":               {rerun: true, final: true, slack: fakeSlack{updateID: transient}, want: []string{fills}, err: transient},
		"rerun":                        {rerun: true, want: []string{fills}},
		"token dead":                   {slack: fakeSlack{updateID: dead}, want: []string{holds}, loadErr: &followup.Problem{Reason: followup.SlackTokenDead}},
		"token dies between":           {rerun: true, slack: fakeSlack{updateID: dead}, want: []string{fills}, err: dead},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			req := Request{ViewID: "V1", ReceivedAt: noon, Rerun: tc.rerun, Final: tc.final}
			loadErr, err := showing(t, &tc.slack, req)
			checkShown(t, tc.slack.calls, tc.want, loadErr, tc.loadErr, err, tc.err)
		})
	}
}

// A click in a message replaces it. Twice does no harm, so an unknown outcome is worth another run.
func TestClickInAMessageReplacesIt(t *testing.T) {
	tests := map[string]struct {
		rerun, final bool
		slack        fakeSlack
		want         []string
		err          error
	}{
		"click":                    {want: []string{waits, replaces}},
		"rerun":                    {rerun: true, want: []string{replaces}},
		"loading is not shown":     {slack: fakeSlack{held: unknown}, want: []string{waits, replaces}},
		"may not have come":        {rerun: true, slack: fakeSlack{respond: unknown}, want: []string{replaces}, err: unknown},
		"may not have come, final": {rerun: true, final: true, slack: fakeSlack{respond: unknown}, want: []string{replaces}},
		"did not come":             {rerun: true, final: true, slack: fakeSlack{respond: transient}, want: []string{replaces}, err: transient},
		"answers used up":          {rerun: true, slack: fakeSlack{respond: expired}, want: []string{replaces}, err: expired},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			req := Request{InMessage: true, ResponseURL: "url", ReceivedAt: noon, Rerun: tc.rerun, Final: tc.final}
			loadErr, err := showing(t, &tc.slack, req)
			checkShown(t, tc.slack.calls, tc.want, loadErr, nil, err, tc.err)
		})
	}
}

// What Slack does not take is our mistake, and the user hears of it in its place.
func TestAPageThatCannotBeShownIsOwnedUpTo(t *testing.T) {
	const way = "Something is in the way"
	tests := map[string]struct {
		req  Request
		want []string
	}{
		"in the modal it opened": {Request{ReceivedAt: noon}, []string{opens, updates, "update key key " + way}},
		"in the modal clicked":   {Request{ViewID: "V1"}, []string{holds, fills, "update ID V1  " + way}},
		"in the message clicked": {Request{InMessage: true, ResponseURL: "url"}, []string{waits, replaces, "replace url " + way}},
		"in a message":           {Request{ResponseURL: "url"}, []string{answers, warns}},
		"to the user":            {Request{}, []string{posts, "post U1 " + way}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			slack := fakeSlack{unshowable: true}
			loadErr, err := showing(t, &slack, tc.req)
			checkShown(t, slack.calls, tc.want, loadErr, nil, err, nil)
		})
	}
}

// A screen that never loaded, for want of a token, has the response_url only.
func TestScreenShowsAProblemWithoutAModal(t *testing.T) {
	var calls fakeSlack
	req := Request{Key: "key", ResponseURL: "url", ReceivedAt: noon, Rerun: true}
	screen := New(&calls, req, tenancy.Tenant{}, func() time.Time { return noon }, slog.New(slog.DiscardHandler))
	if err := screen.Problem(t.Context(), followup.Problem{Reason: followup.SlackNotSetUp}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{warns}, calls.calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

func TestScreenShowsTheMeetingThatWasPicked(t *testing.T) {
	var calls fakeSlack
	screen := New(&calls, Request{ViewID: "V1"}, tenancy.Tenant{Locale: "it"}, func() time.Time { return noon }, slog.New(slog.DiscardHandler))
	if err := screen.Meeting(t.Context(), qbr, "jane@acme.com"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"update ID V1  Riunione"}, calls.calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

package slackui

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"

	"github.com/followup-dev/followup-operator/internal/followup"
	"github.com/followup-dev/followup-operator/internal/vendorhttp"
)

var (
	noon      = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	gone      = &vendorhttp.Error{Class: vendorhttp.Permanent, Code: "not_found"}
	expired   = &vendorhttp.Error{Class: vendorhttp.Permanent, Code: "expired_trigger_id"}
	duplicate = &vendorhttp.Error{Class: vendorhttp.Permanent, Code: "duplicate_external_id"}
	dead      = &vendorhttp.Error{Class: vendorhttp.Unauthorized, Code: "token_revoked"}
	unknown   = &vendorhttp.Error{Class: vendorhttp.UnknownOutcome, Code: "timeout"}
	transient = &vendorhttp.Error{Class: vendorhttp.Transient, Status: 503}
	throttled = &vendorhttp.Error{Class: vendorhttp.Throttled, Status: 429}
)

// fakeSlack gives the prepared answers and writes down what it was asked.
type fakeSlack struct {
	open, update, respond error
	calls                 []string
}

func (f *fakeSlack) OpenView(_ context.Context, trigger string, view slack.ModalViewRequest) error {
	f.calls = append(f.calls, "open "+trigger+" "+view.ExternalID+" "+view.Title.Text)
	return f.open
}

func (f *fakeSlack) UpdateView(_ context.Context, id string, view slack.ModalViewRequest) error {
	f.calls = append(f.calls, "update "+id+" "+view.ExternalID+" "+view.Title.Text)
	return f.update
}

func (f *fakeSlack) Respond(_ context.Context, url string, message slack.WebhookMessage) error {
	header := message.Blocks.BlockSet[0].(*slack.HeaderBlock)
	f.calls = append(f.calls, "respond "+url+" "+header.Text.Text)
	return f.respond
}

const (
	opens   = "open trigger key Meetings"
	updates = "update key key No meetings"
	answers = "respond url No meetings"
	warns   = "respond url Something is in the way"
)

func TestScreenShowsTheResultOnce(t *testing.T) {
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
			req := Request{Key: "key", TriggerID: "trigger", ResponseURL: "url", ReceivedAt: noon.Add(-tc.age), Rerun: tc.rerun, Final: tc.final}
			screen := New(&tc.slack, req, "Europe/Rome", func() time.Time { return noon }, slog.New(slog.DiscardHandler))

			err := screen.Loading(t.Context())
			if diff := cmp.Diff(tc.loadErr, err); diff != "" {
				t.Fatalf("loading (-want +got):\n%s", diff)
			}
			if err == nil {
				err = screen.Meetings(t.Context(), followup.List{})
				if !errors.Is(err, tc.err) {
					t.Errorf("error %v, want %v", err, tc.err)
				}
			}
			if diff := cmp.Diff(tc.want, tc.slack.calls); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
		})
	}
}

// A screen that never loaded, for want of a token, has the response_url only.
func TestScreenShowsAProblemWithoutAModal(t *testing.T) {
	var calls fakeSlack
	screen := New(&calls, Request{Key: "key", ResponseURL: "url", ReceivedAt: noon, Rerun: true}, "", func() time.Time { return noon }, slog.New(slog.DiscardHandler))
	if err := screen.Problem(t.Context(), followup.Problem{Reason: followup.SlackNotSetUp}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{warns}, calls.calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

package slackapi

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"

	"github.com/followup-dev/followup-operator/internal/credentials"
	"github.com/followup-dev/followup-operator/internal/outcome"
	"github.com/followup-dev/followup-operator/internal/vendorhttp"
)

// request is what Slack got.
type request struct {
	Path, Authorization, Type, Body string
}

// connect returns a bot of a Slack that gives one answer to everything, and the requests that it got.
func connect(t *testing.T, status int, answer string) (*Bot, string, *[]request) {
	t.Helper()
	var got []request
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = append(got, request{r.URL.Path, r.Header.Get("Authorization"), r.Header.Get("Content-Type"), string(body)})
		w.Header().Set("Retry-After", "12")
		w.WriteHeader(status)
		_, _ = fmt.Fprint(w, answer)
	}))
	t.Cleanup(server.Close)
	api, err := New(vendorhttp.New(nil, func(outcome.Call) {}), server.URL+"/api", server.URL, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return api.Bot(credentials.NewSecret("xoxb-1")), server.URL, &got
}

var modal = slack.ModalViewRequest{
	Type:       slack.VTModal,
	Title:      slack.NewTextBlockObject(slack.PlainTextType, "Meetings", false, false),
	Blocks:     slack.Blocks{BlockSet: []slack.Block{slack.NewDividerBlock()}},
	ExternalID: "key-1",
}

const modalJSON = `{"type":"modal","title":{"type":"plain_text","text":"Meetings","emoji":false},"blocks":[{"type":"divider"}],"external_id":"key-1"}`

var hello = slack.WebhookMessage{Text: "hello", Blocks: &slack.Blocks{BlockSet: []slack.Block{slack.NewDividerBlock()}}}

func TestCallsAsSlackWantsThem(t *testing.T) {
	bot, url, got := connect(t, 200, `{"ok":true,"channel":"D1","ts":"1.2","view":{"id":"V1"},"user":{"id":"U1","real_name":"Jane Roe","profile":{"email":"jane@acme.com"}}}`)
	ctx := t.Context()

	if err := bot.OpenView(ctx, "trigger.1", modal); err != nil {
		t.Error(err)
	}
	if err := bot.PushView(ctx, "trigger.2", modal); err != nil {
		t.Error(err)
	}
	if err := bot.UpdateView(ctx, "key-1", modal); err != nil {
		t.Error(err)
	}
	if err := bot.UpdateViewID(ctx, "V1", modal); err != nil {
		t.Error(err)
	}
	user, err := bot.UserInfo(ctx, "U1")
	if err != nil {
		t.Error(err)
	}
	if err := bot.Respond(ctx, url+"/commands/T1/1/x", slack.WebhookMessage{Text: "hello"}); err != nil {
		t.Error(err)
	}
	channel, timestamp, err := bot.Post(ctx, "U1", hello)
	if err != nil || channel != "D1" || timestamp != "1.2" {
		t.Errorf("posted to %s at %s, %v; want D1 at 1.2", channel, timestamp, err)
	}
	if err := bot.UpdateMessage(ctx, "D1", "1.2", hello); err != nil {
		t.Error(err)
	}
	if id, err := bot.UserByEmail(ctx, "jane@acme.com"); err != nil || id != "U1" {
		t.Errorf("user %s, %v; want U1", id, err)
	}

	if diff := cmp.Diff(User{RealName: "Jane Roe", Email: "jane@acme.com"}, user); diff != "" {
		t.Errorf("user (-want +got):\n%s", diff)
	}
	want := []request{
		{"/api/views.open", "Bearer xoxb-1", "application/json", `{"trigger_id":"trigger.1","view":` + modalJSON + `}`},
		{"/api/views.push", "Bearer xoxb-1", "application/json", `{"trigger_id":"trigger.2","view":` + modalJSON + `}`},
		{"/api/views.update", "Bearer xoxb-1", "application/json", `{"view":` + modalJSON + `,"external_id":"key-1"}`},
		{"/api/views.update", "Bearer xoxb-1", "application/json", `{"view":` + modalJSON + `,"view_id":"V1"}`},
		{"/api/users.info", "", "application/x-www-form-urlencoded", "include_locale=true&token=xoxb-1&user=U1"},
		{"/commands/T1/1/x", "", "application/json; charset=utf-8", `{"text":"hello","replace_original":false,"delete_original":false}`},
		{
			"/api/chat.postMessage", "", "application/x-www-form-urlencoded",
			"blocks=%5B%7B%22type%22%3A%22divider%22%7D%5D&channel=U1&text=hello&token=xoxb-1&unfurl_links=false&unfurl_media=false",
		},
		{
			"/api/chat.update", "", "application/x-www-form-urlencoded",
			"blocks=%5B%7B%22type%22%3A%22divider%22%7D%5D&channel=D1&text=hello&token=xoxb-1&ts=1.2",
		},
		{"/api/users.lookupByEmail", "", "application/x-www-form-urlencoded", "email=jane%40acme.com&token=xoxb-1"},
	}
	if diff := cmp.Diff(want, *got); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

// calls are all of them, by name.
func calls(bot *Bot, url string) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"views.open":   func(ctx context.Context) error { return bot.OpenView(ctx, "trigger.1", modal) },
		"views.push":   func(ctx context.Context) error { return bot.PushView(ctx, "trigger.1", modal) },
		"views.update": func(ctx context.Context) error { return bot.UpdateViewID(ctx, "V1", modal) },
		"users.info":   func(ctx context.Context) error { _, err := bot.UserInfo(ctx, "U1"); return err },
		"response_url": func(ctx context.Context) error {
			return bot.Respond(ctx, url+"/commands/T1/1/x", slack.WebhookMessage{Text: "planted"})
		},
		"chat.postMessage": func(ctx context.Context) error {
			_, _, err := bot.Post(ctx, "U1", slack.WebhookMessage{Text: "planted"})
			return err
		},
		"chat.update": func(ctx context.Context) error {
			return bot.UpdateMessage(ctx, "D1", "1.2", slack.WebhookMessage{Text: "planted"})
		},
		"users.lookupByEmail": func(ctx context.Context) error { _, err := bot.UserByEmail(ctx, "jane@acme.com"); return err },
	}
}

func TestErrorsHaveClasses(t *testing.T) {
	const (
		permanent    = outcome.Permanent
		transient    = outcome.Transient
		throttled    = outcome.Throttled
		unauthorized = outcome.Unauthorized
		unknown      = outcome.UnknownOutcome
	)
	tests := map[string]struct {
		call   string
		status int
		answer string
		want   outcome.Error
	}{
		"token dead: invalid":      {"views.open", 200, `{"ok":false,"error":"invalid_auth"}`, outcome.Error{Class: unauthorized, Code: "invalid_auth"}},
		"token dead: uninstalled":  {"views.update", 200, `{"ok":false,"error":"account_inactive"}`, outcome.Error{Class: unauthorized, Code: "account_inactive"}},
		"token dead: revoked":      {"users.info", 200, `{"ok":false,"error":"token_revoked"}`, outcome.Error{Class: unauthorized, Code: "token_revoked"}},
		"trigger too old":          {"views.open", 200, `{"ok":false,"error":"expired_trigger_id"}`, outcome.Error{Class: permanent, Code: "expired_trigger_id"}},
		"no such view":             {"views.update", 200, `{"ok":false,"error":"not_found"}`, outcome.Error{Class: permanent, Code: "not_found"}},
		"scope missing":            {"users.info", 200, `{"ok":false,"error":"missing_scope","needed":"users:read"}`, outcome.Error{Class: permanent, Code: "missing_scope"}},
		"text in the code":         {"users.info", 200, `{"ok":false,"error":"planted: Jane said"}`, outcome.Error{Class: permanent, Code: "other"}},
		"text around the code":     {"views.open", 200, `{"ok":false,"error":"invalid_arguments","response_metadata":{"messages":["planted"]}}`, outcome.Error{Class: permanent, Code: "invalid_arguments"}},
		"Slack breaks, read":       {"users.info", 200, `{"ok":false,"error":"internal_error"}`, outcome.Error{Class: transient, Code: "internal_error"}},
		"Slack breaks, write":      {"views.open", 200, `{"ok":false,"error":"fatal_error"}`, outcome.Error{Class: unknown, Code: "fatal_error"}},
		"throttled by status":      {"views.open", 429, `planted`, outcome.Error{Class: throttled, Status: 429, RetryAfter: 12 * time.Second}},
		"throttled by code":        {"views.update", 200, `{"ok":false,"error":"ratelimited"}`, outcome.Error{Class: throttled, Code: "ratelimited"}},
		"5xx, opening":             {"views.open", 503, `planted`, outcome.Error{Class: unknown, Status: 503}},
		"5xx, updating":            {"views.update", 503, `planted`, outcome.Error{Class: transient, Status: 503}},
		"5xx, answering":           {"response_url", 500, `planted`, outcome.Error{Class: unknown, Status: 500}},
		"answer URL used up":       {"response_url", 404, `planted used_url`, outcome.Error{Class: permanent, Status: 404}},
		"HTML":                     {"views.update", 200, `<html>planted`, outcome.Error{Class: transient, Code: "unreadable"}},
		"neither ok nor error":     {"views.open", 200, `{}`, outcome.Error{Class: unknown, Code: "unreadable"}},
		"null":                     {"views.update", 200, `null`, outcome.Error{Class: transient, Code: "unreadable"}},
		"a user, but another":      {"users.info", 200, `{"ok":true,"user":{"id":"U2"}}`, outcome.Error{Class: transient, Code: "unreadable"}},
		"user of another team":     {"users.info", 200, `{"ok":false,"error":"user_not_found"}`, outcome.Error{Class: permanent, Code: "user_not_found"}},
		"three modals already":     {"views.push", 200, `{"ok":false,"error":"push_limit_reached"}`, outcome.Error{Class: permanent, Code: "push_limit_reached"}},
		"trigger used":             {"views.push", 200, `{"ok":false,"error":"exchanged_trigger_id"}`, outcome.Error{Class: permanent, Code: "exchanged_trigger_id"}},
		"5xx, pushing":             {"views.push", 502, `planted`, outcome.Error{Class: unknown, Status: 502}},
		"view changed meanwhile":   {"views.update", 200, `{"ok":false,"error":"hash_conflict"}`, outcome.Error{Class: permanent, Code: "hash_conflict"}},
		"no user to write to":      {"chat.postMessage", 200, `{"ok":false,"error":"channel_not_found"}`, outcome.Error{Class: permanent, Code: "channel_not_found"}},
		"writing without scope":    {"chat.postMessage", 200, `{"ok":false,"error":"missing_scope","needed":"chat:write"}`, outcome.Error{Class: permanent, Code: "missing_scope"}},
		"app's messages are off":   {"chat.postMessage", 200, `{"ok":false,"error":"messages_tab_disabled"}`, outcome.Error{Class: permanent, Code: "messages_tab_disabled"}},
		"one message a second":     {"chat.postMessage", 200, `{"ok":false,"error":"rate_limited"}`, outcome.Error{Class: throttled, Code: "rate_limited"}},
		"Slack breaks, posting":    {"chat.postMessage", 200, `{"ok":false,"error":"internal_error"}`, outcome.Error{Class: unknown, Code: "internal_error"}},
		"posted, but where":        {"chat.postMessage", 200, `{"ok":true}`, outcome.Error{Class: unknown, Code: "unreadable"}},
		"posted, but unnamed":      {"chat.postMessage", 200, `{"ok":true,"channel":"D1"}`, outcome.Error{Class: unknown, Code: "unreadable"}},
		"no message to change":     {"chat.update", 200, `{"ok":false,"error":"message_not_found"}`, outcome.Error{Class: permanent, Code: "message_not_found"}},
		"Slack breaks, changing":   {"chat.update", 200, `{"ok":false,"error":"internal_error"}`, outcome.Error{Class: transient, Code: "internal_error"}},
		"5xx, changing":            {"chat.update", 503, `planted`, outcome.Error{Class: transient, Status: 503}},
		"nobody has the address":   {"users.lookupByEmail", 200, `{"ok":false,"error":"users_not_found"}`, outcome.Error{Class: permanent, Code: "users_not_found"}},
		"somebody, but who":        {"users.lookupByEmail", 200, `{"ok":true,"user":{}}`, outcome.Error{Class: transient, Code: "unreadable"}},
		"token dead: deleted user": {"chat.postMessage", 200, `{"ok":false,"error":"token_revoked"}`, outcome.Error{Class: unauthorized, Code: "token_revoked"}},
		"view opened by a run ago": {"views.open", 200, `{"ok":false,"error":"duplicate_external_id"}`, outcome.Error{Class: permanent, Code: "duplicate_external_id"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			bot, url, _ := connect(t, tc.status, tc.answer)

			err := calls(bot, url)[tc.call](t.Context())

			tc.want.Vendor, tc.want.Operation = "slack", tc.call
			if diff := cmp.Diff(error(&tc.want), err); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
			if text := fmt.Sprintf("%v %+v", err, err); strings.Contains(text, "planted") || strings.Contains(text, "xoxb") {
				t.Errorf("error tells what it must not: %s", text)
			}
		})
	}
}

func TestErrorsHaveNames(t *testing.T) {
	for code, is := range map[string]func(error) bool{
		"invalid_blocks": Unshowable, "view_too_large": Unshowable,
		"not_found": NotFound, "duplicate_external_id": AlreadyOpen, "user_not_found": UserNotFound, "users_not_found": UserNotFound, "message_not_found": MessageGone, "edit_window_closed": MessageGone, "missing_scope": MissingScope,
	} {
		if !is(&outcome.Error{Code: code}) || is(&outcome.Error{Code: "else"}) || is(nil) {
			t.Errorf("%s is not told apart", code)
		}
	}
}

// What Slack would refuse is not sent, and the log says where it is wrong without saying what stands there.
func TestWhatSlackWouldRefuseIsHeldBack(t *testing.T) {
	bot, url, got := connect(t, 200, `{"ok":true}`)
	var logged bytes.Buffer
	bot.api.log = slog.New(slog.NewTextHandler(&logged, nil))
	long := slack.NewSectionBlock(slack.NewTextBlockObject(slack.MarkdownType, "planted"+strings.Repeat("x", 3000), false, true), nil, nil)
	view, message := modal, hello
	view.Blocks = slack.Blocks{BlockSet: []slack.Block{slack.NewDividerBlock(), long}}
	message.Blocks = &view.Blocks
	tests := map[string]struct {
		call    func(context.Context) error
		pointer string
	}{
		"views.open":       {func(ctx context.Context) error { return bot.OpenView(ctx, "t", view) }, "/view/blocks/1/text/text"},
		"views.push":       {func(ctx context.Context) error { return bot.PushView(ctx, "t", view) }, "/view/blocks/1/text/text"},
		"views.update":     {func(ctx context.Context) error { return bot.UpdateView(ctx, "key-1", view) }, "/view/blocks/1/text/text"},
		"response_url":     {func(ctx context.Context) error { return bot.Respond(ctx, url+"/x", message) }, "/blocks/1/text/text"},
		"chat.postMessage": {func(ctx context.Context) error { _, _, err := bot.Post(ctx, "U1", message); return err }, "/blocks/1/text/text"},
		"chat.update":      {func(ctx context.Context) error { return bot.UpdateMessage(ctx, "D1", "1.2", message) }, "/blocks/1/text/text"},
	}
	for operation, tc := range tests {
		logged.Reset()
		want := &outcome.Error{Vendor: "slack", Operation: operation, Class: outcome.Permanent, Code: "invalid_blocks"}
		if diff := cmp.Diff(error(want), tc.call(t.Context())); diff != "" {
			t.Errorf("%s (-want +got):\n%s", operation, diff)
		}
		line := logged.String()
		if strings.Count(line, "\n") != 1 || !strings.Contains(line, "operation="+operation) || !strings.Contains(line, "["+tc.pointer+"]") {
			t.Errorf("%s is logged as %q", operation, line)
		}
		if strings.Contains(line, "planted") {
			t.Errorf("%s: the log tells what it must not: %s", operation, line)
		}
	}
	if len(*got) != 0 {
		t.Errorf("something was sent: %v", *got)
	}
}

// The command's sender names the response_url, so it must not aim our message elsewhere.
func TestRespondStaysAtSlack(t *testing.T) {
	bot, url, got := connect(t, 200, "ok")
	for _, foreign := range []string{
		"https://hooks.slack.com.evil.example/x", strings.Replace(url, "http:", "https:", 1) + "/x", "http://evil.example/x", "/x", "", "http://%zz",
		strings.Replace(url, "http://", "http://hooks.slack.com@", 1) + "/x", strings.Replace(url, "127.0.0.1", "user@127.0.0.1", 1),
	} {
		err := bot.Respond(t.Context(), foreign, slack.WebhookMessage{Text: "hello"})
		if outcome.CodeOf(err) != "foreign_response_url" || outcome.ClassOf(err) != outcome.Permanent {
			t.Errorf("%q: %v, want it refused", foreign, err)
		}
	}
	if len(*got) != 0 {
		t.Errorf("something was sent: %v", *got)
	}
}

func TestNewNamesTheBadURL(t *testing.T) {
	for _, urls := range [][2]string{{"slack.com", "https://hooks.slack.com"}, {"https://slack.com/api/", "hooks"}} {
		if _, err := New(nil, urls[0], urls[1], nil); err == nil || !strings.Contains(err.Error(), "want") {
			t.Errorf("%v: %v, want an error that says what to write", urls, err)
		}
	}
}

func TestSecretStaysOutOfPrints(t *testing.T) {
	bot, _, _ := connect(t, 200, "")
	if text := fmt.Sprintf("%v %+v %#v", bot, *bot, bot); strings.Contains(text, "xoxb") {
		t.Error(text)
	}
}

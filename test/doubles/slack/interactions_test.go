package slack_test

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	slackgo "github.com/slack-go/slack"

	"github.com/followup-dev/followup-operator/test/doubles/slack"
)

const (
	older = "meetings_older"
	find  = "meetings_find"
)

// list is a view with a button and a search box, as JSON; more is added to it.
func list(t *testing.T, title string, more map[string]any) json.RawMessage {
	t.Helper()
	view := map[string]any{
		"type": "modal", "callback_id": "meetings", "private_metadata": "secret", "title": text(title),
		"blocks": []any{
			map[string]any{"type": "actions", "block_id": "paging", "elements": []any{
				map[string]any{"type": "button", "action_id": older, "text": text("Older meetings"), "value": "1.2"},
				map[string]any{"type": "external_select", "action_id": find, "min_query_length": 1, "placeholder": text("Search")},
			}},
		},
	}
	maps.Copy(view, more)
	return encode(t, view)
}

func text(s string) map[string]any { return map[string]any{"type": "plain_text", "text": s} }

func encode(t *testing.T, value any) json.RawMessage {
	t.Helper()
	raw, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// api calls a method of the Web API with JSON and returns the answer.
func (w *world) api(t *testing.T, token, method string, args any) map[string]any {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.url+"/api/"+method, strings.NewReader(string(encode(t, args))))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var answer map[string]any
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	return answer
}

// want fails unless the method answers with the error; "" is none.
func (w *world) want(t *testing.T, code, token, method string, args any) map[string]any {
	t.Helper()
	answer := w.api(t, token, method, args)
	got, _ := answer["error"].(string)
	if got != code {
		t.Errorf("%s: %v, want error %q", method, answer, code)
	}
	return answer
}

// received is the last interaction that the app got, as slack-go reads it, and as it came.
func (w *world) received(t *testing.T) (slackgo.InteractionCallback, map[string]any) {
	t.Helper()
	w.app.mu.Lock()
	defer w.app.mu.Unlock()
	payload := []byte(w.app.form.Get("payload"))
	var callback slackgo.InteractionCallback
	if err := json.Unmarshal(payload, &callback); err != nil {
		t.Fatalf("slack-go cannot read %s: %v", payload, err)
	}
	var raw map[string]any
	if err := json.Unmarshal(payload, &raw); err != nil {
		t.Fatal(err)
	}
	return callback, raw
}

// at digs a value out of decoded JSON.
func at(value any, path ...string) any {
	for _, name := range path {
		object, _ := value.(map[string]any)
		value = object[name]
	}
	return value
}

// opened lets Ada type /meetings and the app open the list.
func (w *world) opened(t *testing.T, more map[string]any) {
	t.Helper()
	w.want(t, "", "xoxb-acme", "views.open", map[string]any{"trigger_id": w.typed(t).Get("trigger_id"), "view": list(t, "Meetings", more)})
}

func (w *world) click(t *testing.T, action slack.Action) slack.Request {
	t.Helper()
	request, err := w.SendAction(t.Context(), w.app.URL, action)
	if err != nil {
		t.Fatal(err)
	}
	return request
}

var press = slack.Action{TeamID: acme, UserID: ada, ActionID: older}

func TestAButtonInAModal(t *testing.T) {
	w := newWorld(t)
	w.opened(t, map[string]any{"external_id": "req-1"})
	request := w.click(t, press)
	got, raw := w.received(t)

	view := w.Requests()[0].Modals[0]
	if got.Type != slackgo.InteractionTypeBlockActions || got.Team.ID != acme || got.User.ID != ada || got.User.TeamID != acme || got.APIAppID != "A0FOLLOWUP" {
		t.Errorf("callback = %+v", got)
	}
	if got.Container.Type != "view" || got.Container.ViewID != view.ViewID || got.ResponseURL != "" || got.TriggerID == "" {
		t.Errorf("container = %+v, response_url %q, trigger_id %q", got.Container, got.ResponseURL, got.TriggerID)
	}
	v := got.View
	gotView := []string{v.ID, v.Hash, v.ExternalID, v.CallbackID, v.PrivateMetadata, v.AppInstalledTeamID, v.TeamID}
	if diff := cmp.Diff([]string{view.ViewID, view.Hash, "req-1", "meetings", "secret", acme, acme}, gotView); diff != "" {
		t.Errorf("view (-want +got):\n%s", diff)
	}
	if len(got.ActionCallback.BlockActions) != 1 {
		t.Fatalf("actions = %v", raw["actions"])
	}
	action := got.ActionCallback.BlockActions[0]
	if action.ActionID != older || action.BlockID != "paging" || action.Value != "1.2" || action.ActionTs == "" {
		t.Errorf("action = %+v", action)
	}
	if request.Kind != slack.KindBlockActions || request.Label != "Older meetings" || request.Modal.ViewID != view.ViewID {
		t.Errorf("request = %+v", request)
	}
	w.want(t, "", "xoxb-acme", "views.update", map[string]any{"view_id": view.ViewID, "hash": v.Hash, "view": list(t, "Older", nil)})
	w.want(t, "hash_conflict", "xoxb-acme", "views.update", map[string]any{"view_id": view.ViewID, "hash": v.Hash, "view": list(t, "Older", nil)})
	if request := w.Requests()[1]; request.Modal.Updates() != 1 || len(request.Modals) != 0 {
		t.Errorf("the click has opened %d modals and its own was updated %d times, want 0 and 1", len(request.Modals), request.Modal.Updates())
	}
}

func TestAButtonInAMessage(t *testing.T) {
	blocks := `"blocks":[{"type":"actions","elements":[{"type":"button","action_id":"` + older + `","text":{"type":"plain_text","text":"Older"},"value":"1.2"}]}]`
	tests := map[string]struct {
		responseType string
		ephemeral    bool
	}{
		"only visible to the person": {responseType: "ephemeral", ephemeral: true},
		"visible to the channel":     {responseType: "in_channel"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.post(t, w.typed(t).Get("response_url"), `{"text":"List","response_type":"`+tc.responseType+`",`+blocks+`}`)
			w.click(t, press)
			got, raw := w.received(t)
			c := got.Container
			if c.Type != "message" || c.MessageTs == "" || c.ChannelID != "C0GENERAL1" || c.IsEphemeral != tc.ephemeral || got.ResponseURL == "" {
				t.Errorf("container = %+v, response_url %q", c, got.ResponseURL)
			}
			if tc.ephemeral != (raw["message"] == nil) || (!tc.ephemeral && at(raw, "message", "team") != acme) {
				t.Errorf("message = %v", raw["message"])
			}
			w.post(t, got.ResponseURL, `{"text":"Older list","replace_original":true,`+blocks+`}`)
			w.post(t, got.ResponseURL, `{"text":"By the way"}`)
			requests := w.Requests()
			if original := requests[0].Messages[0]; original.Replaced != 1 || !strings.Contains(string(original.Body), "Older list") || original.Ephemeral != tc.ephemeral {
				t.Errorf("original = %s, want it replaced", original.Body)
			}
			if said := requests[1].Messages; len(said) != 1 || !strings.Contains(string(said[0].Body), "By the way") {
				t.Errorf("messages of the click = %v, want the one that replaces nothing", said)
			}
			w.post(t, got.ResponseURL, `{"delete_original":true}`)
			if _, err := w.SendAction(t.Context(), w.app.URL, press); err == nil {
				t.Error("a button of a deleted message can be pressed")
			}
		})
	}
}

// post posts to a response_url.
func (w *world) post(t *testing.T, hook, body string) {
	t.Helper()
	answer, err := http.Post(hook, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	received, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %s, %v", body, answer.StatusCode, received, err)
	}
}

func TestWhatAPersonDoesNotSeeCannotBeWorked(t *testing.T) {
	w := newWorld(t)
	w.opened(t, nil)
	for name, action := range map[string]slack.Action{
		"no such action":         {TeamID: acme, UserID: ada, ActionID: "nope"},
		"somebody else's modal":  {TeamID: globex, UserID: hank, ActionID: older},
		"unknown person":         {TeamID: acme, UserID: "U0NOBODY", ActionID: older},
		"an option of a button":  {TeamID: acme, UserID: ada, ActionID: older, Option: "1"},
		"an option not offered":  {TeamID: acme, UserID: ada, ActionID: find, Option: "1.2"},
		"a select without value": {TeamID: acme, UserID: ada, ActionID: find},
	} {
		if _, err := w.SendAction(t.Context(), w.app.URL, action); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	w.CloseModals(acme, ada)
	if _, err := w.SendAction(t.Context(), w.app.URL, press); err == nil {
		t.Error("a button of a closed modal can be pressed")
	}
}

func TestSuggestionsAsThePersonTypes(t *testing.T) {
	w := newWorld(t)
	w.opened(t, nil)
	typing := slack.Typing{TeamID: acme, UserID: ada, ActionID: find, Text: "acme"}
	w.app.answer(`{"options":[{"text":{"type":"plain_text","text":"Acme weekly"},"value":"7.8"}]}`)
	answer, err := w.SendTyping(t.Context(), w.app.URL, typing)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]slack.Option{{Text: "Acme weekly", Value: "7.8"}}, answer.Options); diff != "" {
		t.Errorf("options (-want +got):\n%s", diff)
	}
	got, raw := w.received(t)
	if got.Type != slackgo.InteractionTypeBlockSuggestion || got.ActionID != find || got.BlockID != "paging" || got.Value != "acme" || got.View.ID == "" {
		t.Errorf("callback = %v", raw)
	}
	if raw["trigger_id"] != nil || raw["response_url"] != nil {
		t.Errorf("callback = %v, want neither trigger_id nor response_url", raw)
	}
	w.click(t, slack.Action{TeamID: acme, UserID: ada, ActionID: find, Option: "7.8"})
	got, raw = w.received(t)
	if action := got.ActionCallback.BlockActions[0]; action.SelectedOption.Value != "7.8" || action.SelectedOption.Text.Text != "Acme weekly" {
		t.Errorf("action = %+v", action)
	}
	if at(raw, "view", "state", "values", "paging", find, "selected_option", "value") != "7.8" {
		t.Errorf("state = %v, want the option chosen", at(raw, "view", "state"))
	}
}

func TestSuggestionsThatSlackWouldNotShow(t *testing.T) {
	for name, body := range map[string]string{
		"nothing":           ``,
		"no JSON":           `oops`,
		"a message":         `{"text":"none found"}`,
		"a text too long":   `{"options":[{"text":{"type":"plain_text","text":"` + strings.Repeat("à", 76) + `"},"value":"1"}]}`,
		"a value too long":  `{"options":[{"text":{"type":"plain_text","text":"a"},"value":"` + strings.Repeat("1", 151) + `"}]}`,
		"101 options":       `{"options":[` + strings.Repeat(`{"text":{"type":"plain_text","text":"a"},"value":"1"},`, 100) + `{"text":{"type":"plain_text","text":"a"},"value":"1"}]}`,
		"options and group": `{"options":[],"option_groups":[]}`,
	} {
		w := newWorld(t)
		w.opened(t, nil)
		w.app.answer(body)
		answer, err := w.SendTyping(t.Context(), w.app.URL, slack.Typing{TeamID: acme, UserID: ada, ActionID: find, Text: "a"})
		if err != nil || answer.Problems == nil || answer.Options != nil {
			t.Errorf("%s: answer = %+v, error %v; want problems", name, answer, err)
		}
	}
	w := newWorld(t)
	w.opened(t, nil)
	for name, typing := range map[string]slack.Typing{
		"too little typed": {TeamID: acme, UserID: ada, ActionID: find},
		"into a button":    {TeamID: acme, UserID: ada, ActionID: older, Text: "a"},
	} {
		if _, err := w.SendTyping(t.Context(), w.app.URL, typing); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// answer makes the app answer with JSON.
func (a *app) answer(body string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.respond = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, body)
	}
}

func TestShortcuts(t *testing.T) {
	w := newWorld(t)
	if _, err := w.SendShortcut(t.Context(), w.app.URL, slack.Shortcut{TeamID: acme, UserID: ada, CallbackID: "meetings"}); err != nil {
		t.Fatal(err)
	}
	got, raw := w.received(t)
	if got.Type != slackgo.InteractionTypeShortcut || got.CallbackID != "meetings" || got.Team.ID != acme || got.TriggerID == "" || got.ResponseURL != "" || raw["channel"] != nil {
		t.Errorf("shortcut = %v", raw)
	}
	if _, err := w.SendShortcut(t.Context(), w.app.URL, slack.Shortcut{TeamID: acme, UserID: ada, CallbackID: "meetings", Message: "About that call"}); err != nil {
		t.Fatal(err)
	}
	got, raw = w.received(t)
	if got.Type != slackgo.InteractionTypeMessageAction || got.Message.Text != "About that call" || got.Channel.ID != "C0GENERAL1" || got.ResponseURL == "" {
		t.Errorf("message shortcut = %v", raw)
	}
	w.want(t, "", "xoxb-acme", "views.open", map[string]any{"trigger_id": got.TriggerID, "view": list(t, "Meetings", nil)})
	if request := w.Requests()[1]; request.Kind != slack.KindMessageAction || len(request.Modals) != 1 {
		t.Errorf("request = %+v, want a modal", request)
	}
}

func TestAStackHoldsThreeModals(t *testing.T) {
	w := newWorld(t)
	command := w.typed(t).Get("trigger_id")
	w.want(t, "invalid_trigger_id", "xoxb-acme", "views.push", map[string]any{"trigger_id": command, "view": list(t, "Pushed", nil)})
	w.want(t, "", "xoxb-acme", "views.open", map[string]any{"trigger_id": command, "view": list(t, "Bottom", nil)})
	push := func(want, title string) map[string]any {
		t.Helper()
		w.click(t, press)
		got, _ := w.received(t)
		return w.want(t, want, "xoxb-acme", "views.push", map[string]any{"trigger_id": got.TriggerID, "view": list(t, title, nil)})
	}
	second := push("", "Second")
	third := push("", "Third")
	push("push_limit_reached", "Fourth")
	bottom := w.Requests()[0].Modals[0].ViewID
	if at(third, "view", "root_view_id") != bottom || at(third, "view", "previous_view_id") != at(second, "view", "id") {
		t.Errorf("third = %v, want it on the second, and the first at the root", third["view"])
	}
	for want := 3; want > 0; want-- {
		if _, err := w.SendClosing(t.Context(), w.app.URL, acme, ada); err != nil {
			t.Errorf("closing modal %d: %v", want, err)
		}
	}
	if _, err := w.SendClosing(t.Context(), w.app.URL, acme, ada); err == nil {
		t.Error("a fourth modal could be closed")
	}
}

func TestClosingIsToldToWhoAsksForIt(t *testing.T) {
	w := newWorld(t)
	w.opened(t, map[string]any{"notify_on_close": true})
	if _, err := w.SendClosing(t.Context(), w.app.URL, acme, ada); err != nil {
		t.Fatal(err)
	}
	if got, raw := w.received(t); got.Type != slackgo.InteractionTypeViewClosed || got.View.CallbackID != "meetings" || got.IsCleared {
		t.Errorf("view_closed = %v", raw)
	}
	w.opened(t, nil)
	if _, err := w.SendClosing(t.Context(), w.app.URL, acme, ada); err != nil {
		t.Fatal(err)
	}
	if requests := w.Requests(); len(requests) != 3 {
		t.Errorf("%d requests, want no word of a modal that does not ask for it", len(requests))
	}
}

func TestSubmissions(t *testing.T) {
	input := map[string]any{"submit": text("Save"), "blocks": []any{map[string]any{
		"type": "input", "block_id": "note", "label": text("Note"), "element": map[string]any{"type": "plain_text_input", "action_id": "text"},
	}}}
	tests := map[string]struct {
		answer  string
		failure string
		closed  bool
		title   string
	}{
		"nothing closes it":  {closed: true},
		"clear closes it":    {answer: `{"response_action":"clear"}`, closed: true},
		"update changes it":  {answer: `{"response_action":"update","view":` + string(list(t, "Saved", input)) + `}`, title: "Saved"},
		"errors keep it":     {answer: `{"response_action":"errors","errors":{"note":"too short"}}`, title: "Meetings"},
		"no error at all":    {answer: `{"response_action":"errors"}`, failure: "dispatch_failed", title: "Meetings"},
		"an unknown answer":  {answer: `{"response_action":"explode"}`, failure: "dispatch_failed", title: "Meetings"},
		"a view that breaks": {answer: `{"response_action":"update","view":{"type":"modal"}}`, failure: "dispatch_failed", title: "Meetings"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.opened(t, input)
			w.app.answer(tc.answer)
			request, err := w.SendSubmission(t.Context(), w.app.URL, slack.Submission{TeamID: acme, UserID: ada, Values: map[string]string{"text": "hello"}})
			if err != nil {
				t.Fatal(err)
			}
			got, raw := w.received(t)
			if got.Type != slackgo.InteractionTypeViewSubmission || got.View.State.Values["note"]["text"].Value != "hello" {
				t.Errorf("view_submission = %v", raw)
			}
			if request.Ack.Error != tc.failure {
				t.Errorf("the person is told %q, want %q", request.Ack.Error, tc.failure)
			}
			if !tc.closed && !strings.Contains(string(request.Modal.Current()), tc.title) {
				t.Errorf("modal = %s, want %s", request.Modal.Current(), tc.title)
			}
			if closed := w.CloseModals(acme, ada) == 0; closed != tc.closed {
				t.Errorf("closed = %t, want %t", closed, tc.closed)
			}
		})
	}
}

func TestAPersonOfAnotherWorkspacePressesAButton(t *testing.T) {
	w := newWorld(t)
	blocks := []any{map[string]any{"type": "actions", "elements": []any{map[string]any{"type": "button", "action_id": older, "text": text("Older")}}}}
	w.want(t, "", "xoxb-acme", "chat.postMessage", map[string]any{"channel": "C0GENERAL1", "text": "List", "blocks": blocks})
	foreign := slack.Action{TeamID: globex, UserID: hank, ActionID: older, MessageOf: acme}
	w.click(t, foreign)
	got, raw := w.received(t)
	if got.Team.ID != acme || got.User.TeamID != globex || at(raw, "message", "team") != acme {
		t.Errorf("with a message: team %s, user.team_id %s, message.team %v", got.Team.ID, got.User.TeamID, at(raw, "message", "team"))
	}
	w.want(t, "invalid_trigger_id", "xoxb-globex", "views.open", map[string]any{"trigger_id": got.TriggerID, "view": list(t, "Meetings", nil)})
	w.want(t, "", "xoxb-acme", "views.open", map[string]any{"trigger_id": got.TriggerID, "view": list(t, "Meetings", nil)})
	w.click(t, slack.Action{TeamID: globex, UserID: hank, ActionID: older})
	got, raw = w.received(t)
	if got.Team.ID != globex || got.View.AppInstalledTeamID != acme || got.View.TeamID != globex {
		t.Errorf("in a modal: %v", raw)
	}
	if screens := w.Screens(globex, hank); len(screens) != 1 || len(screens[0].Requests) != 2 {
		t.Errorf("Hank's screens = %+v", screens)
	}
}

func TestInAnOrgWideInstallationTheTeamIsNull(t *testing.T) {
	w := newWorld(t, func(c *slack.Config) {
		for i := range c.Workspaces {
			c.Workspaces[i].EnterpriseID, c.Workspaces[i].OrgInstall, c.Workspaces[i].Token = "E0UMBRELLA", true, "xoxb-acme"
		}
	})
	w.opened(t, nil)
	w.click(t, press)
	_, raw := w.received(t)
	got := []any{raw["team"], raw["is_enterprise_install"], at(raw, "enterprise", "id"), at(raw, "user", "team_id"), at(raw, "view", "app_installed_team_id")}
	if diff := cmp.Diff([]any{nil, true, "E0UMBRELLA", acme, "E0UMBRELLA"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAScreenShowsAModalAsEachClickFoundIt(t *testing.T) {
	w := newWorld(t)
	w.opened(t, map[string]any{"external_id": "req-1"})
	w.clock.Advance(time.Second)
	w.click(t, press)
	w.clock.Advance(40 * time.Millisecond)
	w.want(t, "", "xoxb-acme", "views.update", map[string]any{"external_id": "req-1", "view": list(t, "October", nil)})
	got := w.Screens(acme, ada)[0].String()
	before, after, found := strings.Cut(got, "Ada Lovelace, in Acme, chooses: Older meetings\n")
	if !found || !strings.Contains(before, "│ Meetings ") || strings.Contains(before, "October") || !strings.Contains(after, "│ October ") ||
		!strings.HasSuffix(after, "  updated 40ms after that\n") {
		t.Errorf("screen:\n%s", got)
	}
}

package slack

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"time"

	"github.com/followup-dev/followup-operator/internal/blockkit"
)

// trigger lets the app open one modal, soon, for the user who acted.
type trigger struct {
	request   *Request
	actor     actor
	from      *view // the modal in which the person acted, if it was in one
	expires   time.Time
	exchanged bool
}

// view is a modal that is open, or was.
type view struct {
	modal     *Modal
	home      Workspace // its user's
	userID    string
	installed Workspace // whose app has opened it
	below     *view     // what it was pushed upon
	closed    bool
	surface   surface
}

// modalLimit is how many views a stack holds: https://docs.slack.dev/surfaces/modals#add_view
const modalLimit = 3

var triggerFormat = regexp.MustCompile(`^\d+\.\d+\.[0-9a-f]+$`)

func (s *Server) viewsOpen(caller installation, args arguments) (result, *apiError) {
	id, failure := args.text("trigger_id")
	if failure != nil {
		return nil, failure
	}
	content, failure := checkedView(args)
	if failure != nil {
		return nil, failure
	}
	t, failure := s.usableTrigger(caller, id)
	if failure != nil {
		return nil, failure
	}
	return s.openView(t, content, nil)
}

// viewsPush: the trigger comes from the modal upon which the view is pushed. The page of the method,
// https://docs.slack.dev/reference/methods/views.push, does not say what other triggers meet.
func (s *Server) viewsPush(caller installation, args arguments) (result, *apiError) {
	id, failure := args.text("trigger_id")
	if failure != nil {
		return nil, failure
	}
	content, failure := checkedView(args)
	if failure != nil {
		return nil, failure
	}
	t, failure := s.usableTrigger(caller, id)
	if failure != nil {
		return nil, failure
	}
	if t.from == nil || t.from.closed {
		return nil, &apiError{Code: "invalid_trigger_id"}
	}
	if t.from.depth() == modalLimit {
		return nil, &apiError{Code: "push_limit_reached"}
	}
	return s.openView(t, content, t.from)
}

func (s *Server) openView(t *trigger, content viewContent, below *view) (result, *apiError) {
	if s.externalIDTaken(t.actor.installed.TeamID, content.ExternalID, nil) {
		return nil, &apiError{Code: "duplicate_external_id"}
	}
	t.exchanged = true
	v := &view{
		home: t.actor.home, userID: t.actor.user.ID, installed: t.actor.installed, below: below, modal: &Modal{ViewID: s.newID("V")},
	}
	s.show(v, content)
	s.views = append(s.views, v)
	t.request.Modals = append(t.request.Modals, v.modal)
	return result{"view": s.describeView(v)}, nil
}

// push lays a view over another, as the answer to a submission does.
func (s *Server) push(below *view, raw json.RawMessage) {
	v := &view{home: below.home, userID: below.userID, installed: below.installed, below: below, modal: &Modal{ViewID: s.newID("V")}}
	content := viewContent{raw: raw}
	_ = json.Unmarshal(raw, &content) // it has been checked before
	s.show(v, content)
	s.views = append(s.views, v)
}

func (v *view) depth() int {
	if v == nil {
		return 0
	}
	return 1 + v.below.depth()
}

func (v *view) root() *view {
	if v.below == nil {
		return v
	}
	return v.below.root()
}

func (v *view) title() string {
	title, _ := v.surface.content["title"].(map[string]any)
	return text(title["text"])
}

// usableTrigger: the names of the errors are those of https://docs.slack.dev/reference/methods/views.open
// (dialogs, which are gone, said trigger_expired and trigger_exchanged).
func (s *Server) usableTrigger(caller installation, id string) (*trigger, *apiError) {
	if id == "" {
		return nil, invalidArguments("[ERROR] missing required field: trigger_id")
	}
	t, known := s.triggers[id]
	if !known || !triggerFormat.MatchString(id) {
		return nil, &apiError{Code: "invalid_trigger_id"}
	}
	if !caller.covers(t.actor.installed.TeamID) {
		return nil, wrongTeam("invalid_trigger_id")
	}
	if t.exchanged {
		return nil, &apiError{Code: "exchanged_trigger_id"}
	}
	if s.now().After(t.expires) {
		return nil, &apiError{Code: "expired_trigger_id"}
	}
	return t, nil
}

func (s *Server) viewsUpdate(caller installation, args arguments) (result, *apiError) {
	given, failure := args.texts("view_id", "external_id", "hash")
	if failure != nil {
		return nil, failure
	}
	content, failure := checkedView(args)
	if failure != nil {
		return nil, failure
	}
	v, failure := s.findView(caller, given[0], given[1])
	if failure != nil {
		return nil, failure
	}
	if hash := given[2]; hash != "" && hash != v.modal.Hash {
		return nil, &apiError{Code: "hash_conflict"}
	}
	if s.externalIDTaken(v.installed.TeamID, content.ExternalID, v) {
		return nil, &apiError{Code: "duplicate_external_id"}
	}
	s.show(v, content)
	return result{"view": s.describeView(v)}, nil
}

// findView finds an open view of the caller's workspaces by exactly one of its two names.
func (s *Server) findView(caller installation, viewID, externalID string) (*view, *apiError) {
	if (viewID == "") == (externalID == "") {
		return nil, invalidArguments("[ERROR] want one of view_id and external_id")
	}
	foreign := false
	for _, v := range s.views {
		if v.closed || (viewID != "" && v.modal.ViewID != viewID) || (externalID != "" && v.modal.ExternalID != externalID) {
			continue
		}
		if caller.covers(v.installed.TeamID) {
			return v, nil
		}
		foreign = true
	}
	if foreign {
		return nil, wrongTeam("not_found")
	}
	return nil, &apiError{Code: "not_found"}
}

// viewContent is the part of a view that the double acts upon, and the whole of it.
type viewContent struct {
	ExternalID string `json:"external_id"`
	raw        json.RawMessage
}

func checkedView(args arguments) (viewContent, *apiError) {
	raw, failure := args.object("view")
	if failure != nil {
		return viewContent{}, failure
	}
	if len(raw) > maxView {
		return viewContent{}, &apiError{Code: "view_too_large"}
	}
	if problems := blockkit.CheckView(raw); problems != nil {
		return viewContent{}, invalidArguments(messagesOf(problems)...)
	}
	content := viewContent{raw: raw}
	if err := json.Unmarshal(raw, &content); err != nil {
		return viewContent{}, invalidArguments("[ERROR] " + err.Error())
	}
	return content, nil
}

func messagesOf(problems []blockkit.Problem) []string {
	messages := make([]string, len(problems))
	for i, p := range problems {
		messages[i] = p.String()
	}
	return messages
}

// externalIDTaken: an external_id is unique among the views of a team; a closed view has given its own back.
func (s *Server) externalIDTaken(teamID, externalID string, except *view) bool {
	if externalID == "" {
		return false
	}
	for _, v := range s.views {
		if v != except && !v.closed && v.installed.TeamID == teamID && v.modal.ExternalID == externalID {
			return true
		}
	}
	return false
}

// show puts content before the user.
func (s *Server) show(v *view, content viewContent) {
	now := s.now()
	s.serial++
	v.modal.ExternalID = content.ExternalID
	v.modal.Hash = fmt.Sprintf("%d.%08x", now.Unix(), s.serial)
	v.modal.Versions = append(v.modal.Versions, Version{At: now, View: content.raw})
	if v.surface.content == nil {
		v.surface = newSurface(content.raw)
		return
	}
	v.surface.fill(content.raw)
}

// describeView is the view as Slack gives it back: https://docs.slack.dev/reference/methods/views.open
func (s *Server) describeView(v *view) map[string]any {
	described := map[string]any{
		"submit": nil, "close": nil, "private_metadata": "", "callback_id": "", "external_id": "",
		"clear_on_close": false, "notify_on_close": false,
	}
	maps.Copy(described, v.surface.content)
	described["id"], described["root_view_id"], described["previous_view_id"] = v.modal.ViewID, v.root().modal.ViewID, nil
	if v.below != nil {
		described["previous_view_id"] = v.below.modal.ViewID
	}
	described["team_id"], described["app_installed_team_id"] = v.home.TeamID, v.installed.TeamID
	if v.installed.OrgInstall {
		described["app_installed_team_id"] = v.installed.EnterpriseID
	}
	described["app_id"], described["bot_id"] = s.app.ID, s.botID()
	described["hash"], described["state"] = v.modal.Hash, v.surface.state()
	return described
}

// CloseModals closes what the user has open, without a word to the app, and returns how many modals that were.
// An update of a closed modal answers not_found.
func (s *Server) CloseModals(teamID, userID string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	closed := 0
	for _, v := range s.views {
		if !v.closed && v.home.TeamID == teamID && v.userID == userID {
			v.closed = true
			closed++
		}
	}
	return closed
}

package slack

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// actor is a person who does something, and the installation of the app that it concerns.
type actor struct {
	home      Workspace // the person's own
	user      User
	installed Workspace // another one than home in a channel of Slack Connect
}

// actor finds a person; installedIn is "" but in Slack Connect.
func (s *Server) actor(teamID, userID, installedIn string) (actor, error) {
	home, ok := s.workspace(teamID)
	if !ok {
		return actor{}, fmt.Errorf("slack double: workspace %q is not in the configuration", teamID)
	}
	u, ok := home.user(userID)
	if !ok {
		return actor{}, fmt.Errorf("slack double: user %q is not in workspace %s", userID, teamID)
	}
	a := actor{home: home, user: u, installed: home}
	if installedIn == "" {
		return a, nil
	}
	if a.installed, ok = s.workspace(installedIn); !ok {
		return actor{}, fmt.Errorf("slack double: workspace %q is not in the configuration", installedIn)
	}
	return a, nil
}

// begin notes what the person does.
func (s *Server) begin(a actor, kind Kind) *Request {
	request := &Request{
		ID: "R" + strconv.Itoa(len(s.requests)+1), Kind: kind, TeamID: a.home.TeamID, UserID: a.user.ID, SentAt: s.now(),
	}
	s.requests = append(s.requests, request)
	return request
}

// newTrigger mints a trigger_id; from is the modal in which the person acted, if it was in one.
func (s *Server) newTrigger(a actor, request *Request, from *view) string {
	s.serial++
	random := sha256.Sum256([]byte(rand.Text()))
	id := fmt.Sprintf("%d.%d.%s", 397700885000+s.serial, 47445629121, hex.EncodeToString(random[:16]))
	s.triggers[id] = &trigger{request: request, actor: a, from: from, expires: s.now().Add(triggerLifetime)}
	return id
}

// newHook mints a response_url below /commands or /actions; source is the message in which the person acted.
func (s *Server) newHook(below string, a actor, request *Request, source *post) string {
	s.serial++
	path := fmt.Sprintf("%s/%s/%d/%s", below, a.installed.TeamID, 397700885000+s.serial, rand.Text())
	s.hooks[path] = &hook{request: request, actor: a, source: source, expires: s.now().Add(hookLifetime)}
	return s.hooksURL + path
}

// payload is what all interactions share: https://docs.slack.dev/reference/interaction-payloads. The team is null where
// the app is installed for the whole organisation.
func (s *Server) payload(kind Kind, a actor, team Workspace) map[string]any {
	p := map[string]any{
		"type": kind, "token": "deprecated", "is_enterprise_install": a.installed.OrgInstall, "enterprise": nil, "team": nil,
		"user": map[string]any{"id": a.user.ID, "username": a.user.Name, "name": a.user.Name, "team_id": a.home.TeamID},
	}
	if a.installed.EnterpriseID != "" {
		p["enterprise"] = map[string]any{"id": a.installed.EnterpriseID, "name": a.installed.EnterpriseID}
	}
	if a.installed.OrgInstall {
		return p
	}
	described := map[string]any{"id": team.TeamID, "domain": team.domain()}
	if team.EnterpriseID != "" {
		described["enterprise_id"], described["enterprise_name"] = team.EnterpriseID, team.EnterpriseID
	}
	p["team"] = described
	return p
}

func (w Workspace) domain() string { return strings.ToLower(strings.ReplaceAll(w.Name, " ", "-")) }

func (s *Server) botID() string   { return "B" + s.app.ID[1:] }
func (s *Server) botUser() string { return "U" + s.app.ID[1:] }

// timestamp is a new one of the form that messages and actions have, and names them: seconds, a point, and a number that
// is never given twice.
func (s *Server) timestamp(at time.Time) string {
	s.serial++
	return fmt.Sprintf("%d.%06d", at.Unix(), s.serial)
}

// newID mints an ID of Slack's form, such as V0000000042.
func (s *Server) newID(prefix string) string {
	s.serial++
	return fmt.Sprintf("%s%010d", prefix, s.serial)
}

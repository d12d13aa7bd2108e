package slack

import "fmt"

// Uninstall removes the app from a workspace: its token answers account_inactive. The events that Slack then sends are
// the test's to send, in the order that it wants.
func (s *Server) Uninstall(teamID string) error { return s.kill(teamID, "account_inactive") }

// Revoke ends a workspace's token, which answers token_revoked.
func (s *Server) Revoke(teamID string) error { return s.kill(teamID, "token_revoked") }

func (s *Server) kill(teamID, code string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	w, ok := s.workspace(teamID)
	if !ok {
		return fmt.Errorf("slack double: workspace %q is not in the configuration", teamID)
	}
	s.dead[w.Token] = code
	return nil
}

// Install installs the app again in a workspace (or the organisation whose installation that is), with a new token; the
// one before works no more.
func (s *Server) Install(teamID, token string) error {
	if err := s.Revoke(teamID); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	w, _ := s.workspace(teamID)
	for i := range s.workspaces {
		if s.workspaces[i].Token == w.Token {
			s.workspaces[i].Token = token
		}
	}
	delete(s.dead, token)
	return nil
}

// authTest is https://docs.slack.dev/reference/methods/auth.test
func (s *Server) authTest(caller installation, _ arguments) (result, *apiError) {
	w := caller[0]
	answer := result{
		"url": "https://" + w.domain() + ".slack.com/", "team": w.Name, "team_id": w.TeamID,
		"user": "followup", "user_id": s.botUser(), "bot_id": s.botID(), "is_enterprise_install": w.OrgInstall,
	}
	if w.EnterpriseID != "" {
		answer["enterprise_id"] = w.EnterpriseID
	}
	return answer, nil
}

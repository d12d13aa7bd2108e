package fathom

import "net/http"

// listTeams: https://developers.fathom.ai/api-reference/teams/list-teams
func (s *Server) listTeams(u *user, r *http.Request) (answer, *refusal) {
	page, _, failure := pageOf(r, "cursor")
	if failure != nil {
		return answer{}, failure
	}
	return paged(u.teams, page, func(t Team) map[string]any {
		return map[string]any{"name": t.Name, "created_at": rfc3339(t.CreatedAt)}
	})
}

// listTeamMembers: https://developers.fathom.ai/api-reference/team-members/list-team-members
func (s *Server) listTeamMembers(u *user, r *http.Request) (answer, *refusal) {
	page, team, failure := pageOf(r, "cursor", "team")
	if failure != nil {
		return answer{}, failure
	}
	type member struct {
		Person
		team Team
	}
	var members []member
	for _, t := range u.teams {
		for _, p := range t.Members {
			if team == "" || team == t.Name {
				members = append(members, member{p, t})
			}
		}
	}
	return paged(members, page, func(m member) map[string]any {
		return map[string]any{"name": m.Name, "email": m.Email, "created_at": rfc3339(m.team.CreatedAt)}
	})
}

// pageOf reads which page is wanted, and of which team.
func pageOf(r *http.Request, parameters ...string) (page int, team string, failure *refusal) {
	values, failure := known(r, parameters...)
	if failure != nil {
		return 0, "", failure
	}
	if !values.Has("cursor") {
		return 1, values.Get("team"), nil
	}
	page, err := parseCursor(values.Get("cursor"))
	if err != nil {
		return 0, "", badRequest("cursor: malformed")
	}
	return page, values.Get("team"), nil
}

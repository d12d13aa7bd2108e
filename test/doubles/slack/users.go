package slack

import (
	"slices"
	"strings"
	"time"
)

func (s *Server) usersInfo(caller installation, args arguments) (result, *apiError) {
	given, failure := args.texts("user", "include_locale")
	if failure != nil {
		return nil, failure
	}
	id, includeLocale := given[0], given[1]
	if !slices.Contains([]string{"", "true", "false", "1", "0"}, includeLocale) {
		return nil, invalidArguments("[ERROR] must be a boolean [json-pointer:/include_locale]")
	}
	if failure := caller.lacks("users:read"); failure != nil {
		return nil, failure
	}
	for _, w := range caller {
		if u, ok := w.user(id); ok {
			return result{"user": s.describe(w, u, includeLocale == "true" || includeLocale == "1")}, nil
		}
	}
	for _, w := range s.workspaces {
		if _, ok := w.user(id); ok {
			return nil, wrongTeam("user_not_found")
		}
	}
	return nil, &apiError{Code: "user_not_found"}
}

// lacks is the answer to a token without the scope, nil if it has it.
func (i installation) lacks(scope string) *apiError {
	scopes := i[0].scopes()
	if slices.Contains(scopes, scope) {
		return nil
	}
	return &apiError{Code: "missing_scope", Needed: scope, Provided: strings.Join(scopes, ",")}
}

// usersLookupByEmail knows nobody of other workspaces; an address may be in several:
// https://docs.slack.dev/reference/methods/users.lookupByEmail
func (s *Server) usersLookupByEmail(caller installation, args arguments) (result, *apiError) {
	email, failure := args.text("email")
	if failure != nil {
		return nil, failure
	}
	if failure := caller.lacks("users:read.email"); failure != nil {
		return nil, failure
	}
	for _, w := range caller {
		for _, u := range w.Users {
			if email != "" && strings.EqualFold(u.Email, email) {
				return result{"user": s.describe(w, u, false)}, nil
			}
		}
	}
	return nil, &apiError{Code: "users_not_found"}
}

// describe is the user object: https://docs.slack.dev/reference/objects/user-object. Without users:read.email the
// e-mail is left out, without an error.
func (s *Server) describe(w Workspace, u User, includeLocale bool) map[string]any {
	profile := map[string]any{
		"real_name": u.RealName, "real_name_normalized": u.RealName,
		"display_name": u.Name, "display_name_normalized": u.Name, "team": w.TeamID,
	}
	if u.Email != "" && slices.Contains(w.scopes(), "users:read.email") {
		profile["email"] = u.Email
	}
	user := map[string]any{
		"id": u.ID, "team_id": w.TeamID, "name": u.Name, "real_name": u.RealName, "deleted": false, "is_bot": false,
		"is_app_user": false, "updated": s.now().Unix(), "profile": profile,
	}
	if zone, err := time.LoadLocation(u.TimeZone); err == nil && u.TimeZone != "" {
		label, offset := s.now().In(zone).Zone()
		user["tz"], user["tz_label"], user["tz_offset"] = u.TimeZone, label, offset
	}
	if includeLocale {
		user["locale"] = "en-US"
	}
	return user
}

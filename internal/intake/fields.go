package intake

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// fieldError names the field of a payload that is missing or not what Slack sends.
type fieldError struct{ field string }

func (e *fieldError) Error() string {
	return fmt.Sprintf("field %s is missing or malformed", e.field)
}

// What goes into rows and jobs is held to these. They also keep out the NUL that Postgres cannot store.
var (
	slackID   = regexp.MustCompile(`^[A-Z0-9]{2,32}$`)
	eventID   = regexp.MustCompile(`^[A-Za-z0-9_-]{2,64}$`)
	printable = regexp.MustCompile(`^[[:graph:]]{1,1000}$`)

	retryReason = regexp.MustCompile(`^[a-z_]{1,32}$`)
)

// loggable is an ID that has not been checked, or "" if it is none: what is not served is not checked either.
func loggable(id string) string {
	if slackID.MatchString(id) {
		return id
	}
	return ""
}

// field is one value of a payload, and what it must look like.
type field struct {
	name, value string
	want        *regexp.Regexp
	optional    bool
}

func check(fields ...field) error {
	for _, f := range fields {
		if f.value == "" && f.optional {
			continue
		}
		if !f.want.MatchString(f.value) {
			return &fieldError{field: f.name}
		}
	}
	return nil
}

// decode reads JSON into our own small structs: what they do not name may have any shape. whole is the name of all of it.
func decode(body []byte, into any, whole string) error {
	err := json.Unmarshal(body, into)
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && wrong.Field != "" {
		return &fieldError{field: wrong.Field}
	}
	if err != nil {
		return &fieldError{field: whole}
	}
	return nil
}

// flag is a boolean that Slack sends as true or, in some payloads, as "true".
type flag bool

// UnmarshalJSON takes whatever is not true for false.
func (f *flag) UnmarshalJSON(text []byte) error {
	*f = string(text) == `true` || string(text) == `"true"`
	return nil
}

// isOrganisation says that an ID is of an Enterprise organisation. Slack has those where a workspace's ID is expected.
//
// Source: user.team_id of https://docs.slack.dev/reference/interaction-payloads/block_suggestion-payload
func isOrganisation(id string) bool { return strings.HasPrefix(id, "E") }

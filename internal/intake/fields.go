package intake

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// fieldError names the field of a payload that is missing or not what Slack sends.
type fieldError struct{ field string }

func (e *fieldError) Error() string {
	return fmt.Sprintf("field %s is missing or malformed", e.field)
}

// What goes into rows and jobs is held to these. They also keep out the NUL that Postgres cannot store.
var (
	slackID   = shapeOf(2, 32, "AZ09")
	eventID   = shapeOf(2, 64, "AZaz09__--")
	printable = shapeOf(1, 1000, "!~") // ASCII without blanks

	retryReason = shapeOf(1, 32, "az__")
)

// shape is how long a value may be, and of which bytes. Regular expressions took more than half of the time of reading a
// command.
type shape struct {
	least, most int
	allowed     [256]bool
}

// shapeOf allows ranges of bytes, each given by its first and its last.
func shapeOf(least, most int, ranges string) *shape {
	s := &shape{least: least, most: most}
	for i := 0; i < len(ranges); i += 2 {
		for b := int(ranges[i]); b <= int(ranges[i+1]); b++ {
			s.allowed[b] = true
		}
	}
	return s
}

func (s *shape) fits(value string) bool {
	if len(value) < s.least || len(value) > s.most {
		return false
	}
	for i := range len(value) {
		if !s.allowed[value[i]] {
			return false
		}
	}
	return true
}

// loggable is an ID that has not been checked, or "" if it is none: what is not served is not checked either.
func loggable(id string) string {
	if slackID.fits(id) {
		return id
	}
	return ""
}

// trigger is that of a person's request.
func trigger(id string) field { return field{name: "trigger_id", value: id, want: printable} }

// field is one value of a payload, and what it must look like.
type field struct {
	name, value string
	want        *shape
	optional    bool
}

func check(fields ...field) error {
	for _, f := range fields {
		if f.value == "" && f.optional {
			continue
		}
		if !f.want.fits(f.value) {
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

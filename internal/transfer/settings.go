package transfer

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"

	"github.com/joho/godotenv"

	"github.com/followup-dev/followup-operator/internal/credentials"
)

// Setting is what becomes of one variable of the bot's environment. Its value is not told: it may be a secret.
type Setting struct {
	Name string `json:"name"`
	Use  Use    `json:"use"`
	Note string `json:"note"` // what it becomes, why it is left out, or what is wrong with it
}

// Use is whether a Setting is used.
type Use string

const (
	Used    Use = "used"
	LeftOut Use = "left out"
	Missing Use = "missing" // and has to be there
	Invalid Use = "invalid"
)

// variable is one that the single-tenant bot has.
type variable struct {
	name     string
	becomes  string // "": it is left out, for the reason of note
	note     string
	required bool
	check    func(raw []byte) error // nil: any value will do
}

// known are told in this order.
var known = []variable{
	{name: "SLACK_BOT_TOKEN", becomes: "spec.slack.credentials of the Tenant", required: true, check: readable(credentials.ParseSlackBot)},
	{name: "SLACK_SIGNING_SECRET", becomes: "spec.slack.credentials of the SlackApp", required: true, check: readable(credentials.ParseSlackApp)},
	{name: "SLACK_TEAM_ID", becomes: "spec.workspace.teamID of the Tenant", required: true},
	{name: "SLACK_TEAM_NAME", becomes: "spec.workspace.name of the Tenant"},
	{name: "FATHOM_API_KEY", becomes: "spec.fathom.credentials of the Tenant", required: true, check: readable(credentials.ParseFathom)},
	{name: "ANTHROPIC_API_KEY", becomes: "spec.ai.credentials of the SlackApp", check: readable(credentials.ParseAnthropic)},
	{name: "CRONO_PUBLIC_KEY", becomes: "spec.credentials of the CRMConnection to Crono"},
	{name: "CRONO_API_KEY", becomes: "spec.credentials of the CRMConnection to Crono"},
	{name: "CRONO_API_URL", note: "Crono's public address is used; another one is base_url of the credential"},
	{name: "CRM_PROVIDER", note: "the provider follows from the keys that there are"},
	{name: "GOOGLE_CLIENT_ID", becomes: "spec.oauthClients.google.credentials of the SlackApp"},
	{name: "GOOGLE_CLIENT_SECRET", becomes: "spec.oauthClients.google.credentials of the SlackApp"},
	{name: "GEMINI_API_KEY", note: "texts are written by Anthropic's models"},
	{name: "DATABASE_URL", note: "the operator has a database of its own; see --from-dsn-file"},
	{name: "DATABASE_POOL_SIZE", note: "the operator chooses"},
	{name: "DATABASE_MAX_OVERFLOW", note: "the operator chooses"},
	{name: "REDIS_ENABLED", note: "there is no Redis"},
	{name: "REDIS_URL", note: "there is no Redis"},
	{name: "TENANT_CACHE_TTL", note: "a change reaches the webhooks at once"},
	{name: "MULTI_TENANT_ENABLED", note: "it always is"},
	{name: "INITIAL_TENANT_ID", note: "a tenant's ID is made by the database"},
	{name: "PORT", note: "the webhook's Service has port 80"},
}

func readable[T any](parse func([]byte) (T, error)) func([]byte) error {
	return func(raw []byte) error {
		_, err := parse(raw)
		return err
	}
}

// settings are the variables' values.
type settings map[string]string

// readSettings reads a .env file, and says what becomes of each variable.
func readSettings(file []byte) (settings, []Setting, error) {
	values, err := godotenv.Parse(bytes.NewReader(file))
	if err != nil {
		return nil, nil, errors.New("the file of variables can't be read: look at its quotes, and for a line that is not NAME=value") // the parser quotes the line
	}
	var found []Setting
	for _, variable := range known {
		if setting, told := variable.judge(values[variable.name]); told {
			found = append(found, setting)
		}
	}
	var strange []string
	for name := range values {
		if !slices.ContainsFunc(known, func(v variable) bool { return v.name == name }) {
			strange = append(strange, name)
		}
	}
	slices.Sort(strange)
	for _, name := range strange {
		found = append(found, Setting{name, LeftOut, "the bot has no such variable"})
	}
	return values, append(found, pairs(values)...), nil
}

// judge says what becomes of a variable; told is false of one that is not there and need not be.
func (v variable) judge(value string) (_ Setting, told bool) {
	switch {
	case value == "" && v.required:
		return Setting{v.name, Missing, "it becomes " + v.becomes + "; add it"}, true
	case value == "":
		return Setting{}, false
	case v.becomes == "":
		return Setting{v.name, LeftOut, v.note}, true
	}
	if v.check != nil {
		if err := v.check([]byte(value)); err != nil {
			return Setting{v.name, Invalid, err.Error() + "; correct it"}, true
		}
	}
	return Setting{v.name, Used, v.becomes}, true
}

// pairs says which of two variables that belong together is missing.
func pairs(values settings) (found []Setting) {
	for _, pair := range [][2]string{{"CRONO_PUBLIC_KEY", "CRONO_API_KEY"}, {"GOOGLE_CLIENT_ID", "GOOGLE_CLIENT_SECRET"}} {
		for i, name := range pair {
			if other := pair[1-i]; values[name] == "" && values[other] != "" {
				found = append(found, Setting{name, Missing, other + " is of no use without it; add it, or remove both"})
			}
		}
	}
	return found
}

// crono is the credential of the connection, "" if there is none.
func (s settings) crono() string {
	return object("public_key", s["CRONO_PUBLIC_KEY"], "private_key", s["CRONO_API_KEY"])
}

func (s settings) google() string {
	return object("client_id", s["GOOGLE_CLIENT_ID"], "client_secret", s["GOOGLE_CLIENT_SECRET"])
}

// object is two members in JSON, or "" where one has no value.
func object(name, value, otherName, otherValue string) string {
	if value == "" || otherValue == "" {
		return ""
	}
	encoded, err := json.Marshal(map[string]string{name: value, otherName: otherValue})
	if err != nil {
		return "" // strings always can be encoded
	}
	return string(encoded)
}

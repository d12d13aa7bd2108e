package credentials

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode"
)

// cronoHosts are the hosts a Crono credential may name: whoever writes the Secret must not aim our requests elsewhere.
var cronoHosts = []string{"ext.crono.one"}

// ShapeError says which JSON key of a credential is missing or wrong, never what its value is. Key is "" when the
// credential as a whole is wrong.
type ShapeError struct {
	Key     string
	Problem string
}

func (e *ShapeError) Error() string {
	if e.Key == "" {
		return "credential " + e.Problem
	}
	return fmt.Sprintf("credential key %q %s", e.Key, e.Problem)
}

// SlackApp is what proves that a request comes from Slack.
type SlackApp struct {
	// SigningSecrets has the current one first, then the previous one while Slack is switched over.
	SigningSecrets []Secret
}

// ParseSlackApp reads a plain signing secret, or JSON {"signing_secret", "previous_signing_secret"?}.
func ParseSlackApp(raw []byte) (SlackApp, error) {
	values, err := parse(raw, "signing_secret", "previous_signing_secret")
	if err != nil {
		return SlackApp{}, err
	}
	current, err := values.required("signing_secret")
	if err != nil {
		return SlackApp{}, err
	}
	app := SlackApp{SigningSecrets: []Secret{NewSecret(current)}}
	if previous := values["previous_signing_secret"]; previous != "" {
		app.SigningSecrets = append(app.SigningSecrets, NewSecret(previous))
	}
	return app, nil
}

// SlackBot is the token that an installation of the app acts with.
type SlackBot struct{ Token Secret }

// ParseSlackBot reads a plain bot token (xoxb-...), or JSON {"bot_token"}.
func ParseSlackBot(raw []byte) (SlackBot, error) {
	values, err := parse(raw, "bot_token")
	if err != nil {
		return SlackBot{}, err
	}
	token, err := values.required("bot_token")
	if err != nil {
		return SlackBot{}, err
	}
	if !strings.HasPrefix(token, "xoxb-") {
		return SlackBot{}, &ShapeError{Key: "bot_token", Problem: `must be a bot token: it starts with "xoxb-"`}
	}
	return SlackBot{Token: NewSecret(token)}, nil
}

// Fathom is an API key of Fathom. WebhookSecret, with its "whsec_", is the zero Secret unless Fathom calls us.
type Fathom struct {
	APIKey        Secret
	WebhookSecret Secret
}

// webhookSecretPrefix begins a secret of standard webhooks; what follows is base64.
//
// Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
const webhookSecretPrefix = "whsec_"

// ParseFathom reads a plain API key, or JSON {"api_key", "webhook_secret"?}.
func ParseFathom(raw []byte) (Fathom, error) {
	values, err := parse(raw, "api_key", "webhook_secret")
	if err != nil {
		return Fathom{}, err
	}
	key, err := values.required("api_key")
	if err != nil {
		return Fathom{}, err
	}
	fathom := Fathom{APIKey: NewSecret(key)}
	if secret := values["webhook_secret"]; secret != "" {
		if !webhookSecret(secret) {
			return Fathom{}, &ShapeError{Key: "webhook_secret", Problem: `must be the secret that Fathom showed: "whsec_" and then base64`}
		}
		fathom.WebhookSecret = NewSecret(secret)
	}
	return fathom, nil
}

func webhookSecret(text string) bool {
	encoded, found := strings.CutPrefix(text, webhookSecretPrefix)
	key, err := base64.StdEncoding.DecodeString(encoded)
	return found && err == nil && len(key) > 0
}

// Anthropic is an API key of Anthropic.
type Anthropic struct{ APIKey Secret }

// ParseAnthropic reads a plain API key, or JSON {"api_key"}.
func ParseAnthropic(raw []byte) (Anthropic, error) {
	values, err := parse(raw, "api_key")
	if err != nil {
		return Anthropic{}, err
	}
	key, err := values.required("api_key")
	if err != nil {
		return Anthropic{}, err
	}
	return Anthropic{APIKey: NewSecret(key)}, nil
}

// Crono is a key pair of Crono's public API. BaseURL is "" for the vendor's own.
type Crono struct {
	PublicKey  Secret
	PrivateKey Secret
	BaseURL    string
}

// ParseCrono reads JSON {"public_key", "private_key", "base_url"?}.
func ParseCrono(raw []byte) (Crono, error) {
	values, err := parse(raw, "", "public_key", "private_key", "base_url")
	if err != nil {
		return Crono{}, err
	}
	public, err := values.required("public_key")
	if err != nil {
		return Crono{}, err
	}
	private, err := values.required("private_key")
	if err != nil {
		return Crono{}, err
	}
	base := values["base_url"]
	if base != "" && !allowedURL(base, cronoHosts) {
		return Crono{}, &ShapeError{Key: "base_url", Problem: "must be an https URL on " + strings.Join(cronoHosts, ", ")}
	}
	return Crono{PublicKey: NewSecret(public), PrivateKey: NewSecret(private), BaseURL: base}, nil
}

func allowedURL(raw string, hosts []string) bool {
	u, err := url.Parse(raw)
	return err == nil && u.Scheme == "https" && u.User == nil && slices.Contains(hosts, u.Host)
}

type values map[string]string

func (v values) required(key string) (string, error) {
	if v[key] == "" {
		return "", &ShapeError{Key: key, Problem: "is missing or empty"}
	}
	return v[key], nil
}

// parse reads the known keys of a JSON object, or a plain text as the value of plainKey ("": no plain form).
func parse(raw []byte, plainKey string, jsonKeys ...string) (values, error) {
	if plainKey != "" && !bytes.HasPrefix(bytes.TrimLeft(raw, " \t\r\n"), []byte("{")) {
		raw, err := trim(raw, plainKey)
		if err != nil {
			return nil, err
		}
		value := string(raw)
		return values{plainKey: value}, checkText(plainKey, value)
	}
	if plainKey != "" {
		jsonKeys = slices.Concat([]string{plainKey}, jsonKeys)
	}
	found, err := parseObject(raw, jsonKeys...)
	if err != nil {
		return nil, err
	}
	return found, found.checkText(jsonKeys...)
}

func trim(raw []byte, plainKey string) ([]byte, error) {
	if len(raw) > maxBytes {
		return nil, &ShapeError{Problem: fmt.Sprintf("is larger than %d bytes", maxBytes)}
	}
	raw = bytes.TrimRight(raw, "\r\n")
	if len(raw) == 0 {
		return nil, &ShapeError{Key: plainKey, Problem: "is missing or empty"}
	}
	return raw, nil
}

// parseObject reads texts of any letters. It ignores unknown keys: the same secret often serves others. Errors of the
// decoder are not passed on, as they quote what they read.
func parseObject(raw []byte, keys ...string) (values, error) {
	raw, err := trim(raw, "")
	if err != nil {
		return nil, err
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(raw, &object); err != nil || object == nil {
		return nil, &ShapeError{Problem: "must be a JSON object with the keys " + strings.Join(keys, ", ")}
	}
	found := values{}
	for _, key := range keys {
		member, ok := object[key]
		if !ok {
			continue
		}
		var text string // stays "" for null
		if err := json.Unmarshal(member, &text); err != nil {
			return nil, &ShapeError{Key: key, Problem: "must be a string"}
		}
		found[key] = text
	}
	return found, nil
}

func (v values) checkText(keys ...string) error {
	for _, key := range keys {
		if err := checkText(key, v[key]); err != nil {
			return err
		}
	}
	return nil
}

// checkText refuses what would break an HTTP header, and what is a mistake of quoting or encoding anyway.
func checkText(key, text string) error {
	odd := func(r rune) bool { return r <= ' ' || r >= unicode.MaxASCII || r == '"' }
	if strings.ContainsFunc(text, odd) {
		return &ShapeError{Key: key, Problem: "must be printable ASCII without spaces or quotes"}
	}
	return nil
}

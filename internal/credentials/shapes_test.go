package credentials

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestShapes(t *testing.T) {
	slackApp := func(raw string) ([]string, error) {
		app, err := ParseSlackApp([]byte(raw))
		return reveal(app.SigningSecrets...), err
	}
	slackBot := func(raw string) ([]string, error) {
		bot, err := ParseSlackBot([]byte(raw))
		return reveal(bot.Token), err
	}
	fathom := func(raw string) ([]string, error) {
		key, err := ParseFathom([]byte(raw))
		return reveal(key.APIKey, key.WebhookSecret), err
	}
	anthropic := func(raw string) ([]string, error) {
		key, err := ParseAnthropic([]byte(raw))
		return reveal(key.APIKey), err
	}
	crono := func(raw string) ([]string, error) {
		pair, err := ParseCrono([]byte(raw))
		return append(reveal(pair.PublicKey, pair.PrivateKey), pair.BaseURL), err
	}
	tests := map[string]struct {
		parse func(string) ([]string, error)
		raw   string
		want  []string
		// wrong is the key that the error names; "-" stands for the credential as a whole.
		wrong string
	}{
		"app plain":               {parse: slackApp, raw: "s3cret\n", want: []string{"s3cret"}},
		"app plain, CRLF":         {parse: slackApp, raw: "s3cret\r\n", want: []string{"s3cret"}},
		"app JSON":                {parse: slackApp, raw: `{"signing_secret":"a1","client_id":7}`, want: []string{"a1"}},
		"app JSON, two":           {parse: slackApp, raw: "\n{\"signing_secret\":\"a1\",\"previous_signing_secret\":\"b2\"}\n", want: []string{"a1", "b2"}},
		"app JSON, null previous": {parse: slackApp, raw: `{"signing_secret":"a1","previous_signing_secret":null}`, want: []string{"a1"}},
		"app empty":               {parse: slackApp, raw: "\n", wrong: "signing_secret"},
		"app JSON without it":     {parse: slackApp, raw: `{"client_secret":"plant3d-value"}`, wrong: "signing_secret"},
		"app JSON, only previous": {parse: slackApp, raw: `{"previous_signing_secret":"plant3d-value"}`, wrong: "signing_secret"},
		"app JSON, a number":      {parse: slackApp, raw: `{"signing_secret":12345678}`, wrong: "signing_secret"},
		"app JSON, cut off":       {parse: slackApp, raw: `{"signing_secret":"plant3d-value"`, wrong: "-"},
		"app JSON, trailing":      {parse: slackApp, raw: `{"signing_secret":"plant3d-value"} plant3d-value`, wrong: "-"},
		"app quoted":              {parse: slackApp, raw: `"plant3d-value"`, wrong: "signing_secret"},
		"app with a space":        {parse: slackApp, raw: "plant3d-value plant3d-value", wrong: "signing_secret"},
		"app with a NUL":          {parse: slackApp, raw: `{"signing_secret":"plant3d-value\u0000"}`, wrong: "signing_secret"},
		"app not ASCII":           {parse: slackApp, raw: "plant3d-value\xff", wrong: "signing_secret"},
		"too large":               {parse: slackApp, raw: strings.Repeat("plant3d-value", 6000), wrong: "-"},

		"bot plain":         {parse: slackBot, raw: "xoxb-1-2\n", want: []string{"xoxb-1-2"}},
		"bot JSON":          {parse: slackBot, raw: `{"bot_token":"xoxb-1","team_id":"T1"}`, want: []string{"xoxb-1"}},
		"bot JSON, missing": {parse: slackBot, raw: `{"token":"plant3d-value"}`, wrong: "bot_token"},
		"bot, a user token": {parse: slackBot, raw: "xoxp-plant3d-value", wrong: "bot_token"},

		"fathom plain":         {parse: fathom, raw: "k1", want: []string{"k1", ""}},
		"fathom JSON":          {parse: fathom, raw: `{"api_key":"k1"}`, want: []string{"k1", ""}},
		"fathom JSON, missing": {parse: fathom, raw: `{"apikey":"plant3d-value"}`, wrong: "api_key"},
		"fathom JSON, null":    {parse: fathom, raw: `{"api_key":null}`, wrong: "api_key"},
		"fathom with a hook":   {parse: fathom, raw: `{"api_key":"k1","webhook_secret":"whsec_c2VjcmV0"}`, want: []string{"k1", "whsec_c2VjcmV0"}},
		"fathom, only a hook":  {parse: fathom, raw: `{"webhook_secret":"whsec_c2VjcmV0"}`, wrong: "api_key"},
		"fathom hook, bare":    {parse: fathom, raw: `{"api_key":"k1","webhook_secret":"c2VjcmV0"}`, wrong: "webhook_secret"},
		"fathom hook, no key":  {parse: fathom, raw: `{"api_key":"k1","webhook_secret":"whsec_"}`, wrong: "webhook_secret"},
		"fathom hook, garbled": {parse: fathom, raw: `{"api_key":"k1","webhook_secret":"whsec_plant3d-value"}`, wrong: "webhook_secret"},

		"anthropic plain":         {parse: anthropic, raw: "sk-ant-1\n", want: []string{"sk-ant-1"}},
		"anthropic JSON":          {parse: anthropic, raw: `{"api_key":"sk-ant-1"}`, want: []string{"sk-ant-1"}},
		"anthropic JSON, missing": {parse: anthropic, raw: `{"apiKey":"plant3d-value"}`, wrong: "api_key"},

		"crono":                {parse: crono, raw: `{"public_key":"p","private_key":"q"}`, want: []string{"p", "q", ""}},
		"crono with its base":  {parse: crono, raw: `{"public_key":"p","private_key":"q","base_url":"https://ext.crono.one/api/v1"}`, want: []string{"p", "q", "https://ext.crono.one/api/v1"}},
		"crono plain":          {parse: crono, raw: "plant3d-value", wrong: "-"},
		"crono array":          {parse: crono, raw: `["plant3d-value"]`, wrong: "-"},
		"crono null":           {parse: crono, raw: "null", wrong: "-"},
		"crono no public":      {parse: crono, raw: `{"private_key":"plant3d-value"}`, wrong: "public_key"},
		"crono no private":     {parse: crono, raw: `{"public_key":"plant3d-value","private_key":""}`, wrong: "private_key"},
		"crono another host":   {parse: crono, raw: `{"public_key":"p","private_key":"q","base_url":"https://plant3d-value.example/"}`, wrong: "base_url"},
		"crono userinfo trick": {parse: crono, raw: `{"public_key":"p","private_key":"q","base_url":"https://ext.crono.one@plant3d-value.example/"}`, wrong: "base_url"},
		"crono suffix trick":   {parse: crono, raw: `{"public_key":"p","private_key":"q","base_url":"https://ext.crono.one.plant3d-value.example/"}`, wrong: "base_url"},
		"crono plain http":     {parse: crono, raw: `{"public_key":"p","private_key":"q","base_url":"http://ext.crono.one/plant3d-value"}`, wrong: "base_url"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := tc.parse(tc.raw)
			if tc.wrong != "" {
				mustName(t, err, strings.TrimPrefix(tc.wrong, "-"))
				return
			}
			if diff := cmp.Diff(tc.want, got); diff != "" || err != nil {
				t.Fatalf("error %v, -want +got:\n%s", err, diff)
			}
		})
	}
}

// mustName fails unless the error says which key is wrong ("": the credential as a whole), and not what its value is.
func mustName(t *testing.T, err error, key string) {
	t.Helper()
	var shape *ShapeError
	if !errors.As(err, &shape) {
		t.Fatalf("error %v, want a *ShapeError", err)
	}
	if shape.Key != key {
		t.Errorf("error names key %q, want %q: %v", shape.Key, key, err)
	}
	refuse(t, "error", err.Error())
}

func reveal(secrets ...Secret) []string {
	var all []string
	for _, s := range secrets {
		all = append(all, s.Reveal())
	}
	return all
}

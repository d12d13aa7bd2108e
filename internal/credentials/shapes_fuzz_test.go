package credentials

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// shape is a kind of credential: the JSON key of its plain form ("": none), and a parser that returns what goes into headers or
// is text otherwise, and for Crono the base of its URLs.
type shape struct {
	plainKey string
	parse    func(raw []byte) (texts []Secret, base string, err error)
}

var shapes = map[string]shape{
	"SlackApp": {"signing_secret", func(raw []byte) ([]Secret, string, error) {
		app, err := ParseSlackApp(raw)
		return app.SigningSecrets, "", err
	}},
	"SlackBot": {"bot_token", func(raw []byte) ([]Secret, string, error) {
		bot, err := ParseSlackBot(raw)
		return []Secret{bot.Token}, "", err
	}},
	"Fathom": {"api_key", func(raw []byte) ([]Secret, string, error) {
		fathom, err := ParseFathom(raw)
		return given(fathom.APIKey, fathom.WebhookSecret), "", err
	}},
	"Anthropic": {"api_key", func(raw []byte) ([]Secret, string, error) {
		anthropic, err := ParseAnthropic(raw)
		return []Secret{anthropic.APIKey}, "", err
	}},
	"Encryption": {"key", func(raw []byte) (texts []Secret, _ string, err error) {
		encryption, err := ParseEncryption(raw)
		for _, key := range encryption.Keys {
			texts = append(texts, NewSecret(base64.StdEncoding.EncodeToString([]byte(key.Key.Reveal()))))
		}
		return texts, "", err
	}},
	"OAuthClient": {"", func(raw []byte) ([]Secret, string, error) {
		client, err := ParseOAuthClient(raw)
		return []Secret{NewSecret(client.ID), client.Secret}, "", err
	}},
	"Google": {"", func(raw []byte) ([]Secret, string, error) {
		google, err := ParseGoogle(raw)
		switch {
		case google.ServiceAccount != nil:
			return []Secret{NewSecret(google.ServiceAccount.Email), NewSecret(google.ServiceAccount.KeyID)}, "", err
		case google.Mailbox != nil:
			return []Secret{NewSecret(google.Mailbox.Email), google.Mailbox.RefreshToken}, "", err
		default:
			return []Secret{{}}, "", err // which is no text, and so fails, unless there is an error
		}
	}},
	"Crono": {"", func(raw []byte) ([]Secret, string, error) {
		crono, err := ParseCrono(raw)
		return []Secret{crono.PublicKey, crono.PrivateKey}, crono.BaseURL, err
	}},
}

// given leaves out what may be missing.
func given(required, optional Secret) []Secret {
	if optional == (Secret{}) {
		return []Secret{required}
	}
	return []Secret{required, optional}
}

// sayable is all that an error may consist of, so that it can't quote what it is about.
var sayable = regexp.MustCompile(`^credential( key "(signing_secret|previous_signing_secret|bot_token|api_key|webhook_secret|` +
	`public_key|private_key|base_url|client_id|client_secret|key|previous_key|type|client_email|private_key_id|email|refresh_token)")? ` +
	`(is missing or empty|is larger than 65536 bytes|must be a string|must be printable ASCII without spaces or quotes|` +
	`must be a bot token: it starts with "xoxb-"|must be an https URL on ext\.crono\.one|must be a JSON object with the keys [a-z_, ]+|` +
	`must be the secret that Fathom showed: "whsec_" and then base64|must be 32 bytes in base64, as "openssl rand -base64 32" makes them|` +
	`must be "service_account", as in the key file of one; or give email and refresh_token|must be an e-mail address|` +
	`must be either a service account's key file or email and refresh_token, not both|` +
	`must be a PEM block: it begins with "-----BEGIN PRIVATE KEY-----", and its lines end with \\n as the key file has them|` +
	`must be a PKCS #8 key, which begins with "-----BEGIN PRIVATE KEY-----"|` +
	`must be a PKCS #8 key; what is inside the PEM block is not one, or not all of it|must be an RSA key, as those of service accounts are)$`)

// Whoever writes a Secret may write anything: it is refused without being shown, or it can be used as it is.
func FuzzParseCredential(f *testing.F) {
	padding := bytes.Repeat([]byte("\n"), maxBytes)
	f.Add(asJSON(f, keyFile(f))) // made here, so that no private key is in the repository
	f.Fuzz(func(t *testing.T, raw []byte) {
		for name, shape := range shapes {
			texts, base, err := shape.parse(raw)
			if err != nil {
				if !sayable.MatchString(err.Error()) {
					t.Errorf("%s: an error says more than which key is wrong: %q", name, err)
				}
				continue
			}
			if _, _, err := shape.parse(slices.Concat(raw, padding)); err == nil {
				t.Errorf("%s: accepted more than %d bytes", name, maxBytes)
			}
			for _, secret := range texts {
				if got := throughHTTP(t, secret.Reveal()); got != secret.Reveal() || got == "" {
					t.Errorf("%s: %q arrives as %q", name, secret.Reveal(), got)
				}
			}
			if base != "" {
				reachOnly(t, base)
			}
		}
	})
}

// A plain text and a JSON object that holds it are one credential, right or wrong.
func FuzzPlainAndJSONAgree(f *testing.F) {
	f.Fuzz(func(t *testing.T, value string) {
		if strings.HasPrefix(strings.TrimLeft(value, " \t\r\n"), "{") || strings.TrimRight(value, "\r\n") != value {
			t.Skip("a JSON object itself, or with the end of a line, which only a plain text may have")
		}
		if !utf8.ValidString(value) {
			t.Skip("JSON can't hold it")
		}
		for name, shape := range shapes {
			key := shape.plainKey
			if key == "" {
				continue
			}
			object, err := json.Marshal(map[string]string{key: value, "of_somebody_else": value})
			if err != nil {
				t.Fatal(err)
			}
			if len(object) > maxBytes {
				t.Skip("too large as JSON")
			}
			plain, _, plainErr := shape.parse([]byte(value))
			wrapped, _, wrappedErr := shape.parse(object)
			if (plainErr == nil) != (wrappedErr == nil) || (plainErr != nil && plainErr.Error() != wrappedErr.Error()) {
				t.Fatalf("%s %q: error %v as a plain text, %v as JSON", name, value, plainErr, wrappedErr)
			}
			if plainErr == nil && (plain[0].Reveal() != value || wrapped[0].Reveal() != value) {
				t.Errorf("%s %q: read as %q and %q", name, value, plain[0].Reveal(), wrapped[0].Reveal())
			}
		}
	})
}

// throughHTTP returns what a vendor reads from the header that is sent, "" if it can't be sent.
func throughHTTP(t *testing.T, value string) string {
	t.Helper()
	ended, cancel := context.WithCancel(t.Context())
	cancel() // Go's client judges the headers before it looks whether anybody still waits
	sent, err := http.NewRequestWithContext(ended, http.MethodGet, "https://vendor.example/", nil)
	if err != nil {
		t.Fatal(err)
	}
	sent.Header.Set("X-Api-Key", value)
	if _, err := http.DefaultTransport.RoundTrip(sent); !errors.Is(err, context.Canceled) {
		return ""
	}
	var wire bytes.Buffer
	if err := sent.Write(&wire); err != nil {
		t.Fatal(err)
	}
	read, err := http.ReadRequest(bufio.NewReaderSize(&wire, 2*maxBytes))
	if err != nil {
		t.Fatal(err)
	}
	return read.Header.Get("X-Api-Key")
}

// reachOnly fails if a request to a path below base goes anywhere but to Crono, encrypted.
func reachOnly(t *testing.T, base string) {
	t.Helper()
	below, err := url.JoinPath(base, "api/v1/contacts")
	if err != nil {
		t.Fatalf("base %q: %v", base, err)
	}
	sent, err := http.NewRequestWithContext(t.Context(), http.MethodGet, below, nil)
	if err != nil {
		t.Fatalf("base %q: %v", base, err)
	}
	if sent.URL.Scheme != "https" || sent.URL.User != nil || sent.URL.Hostname() != "ext.crono.one" || sent.Host != "ext.crono.one" {
		t.Errorf("base %q: the request goes to %s", base, sent.URL)
	}
}

package credentials

import (
	"bufio"
	"bytes"
	"context"
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

// parsers read each shape: the values for headers, and for Crono the base of its URLs.
var parsers = map[string]func(raw []byte) (header []Secret, base string, err error){
	"signing_secret": func(raw []byte) ([]Secret, string, error) {
		app, err := ParseSlackApp(raw)
		return app.SigningSecrets, "", err
	},
	"bot_token": func(raw []byte) ([]Secret, string, error) {
		bot, err := ParseSlackBot(raw)
		return []Secret{bot.Token}, "", err
	},
	"api_key": func(raw []byte) ([]Secret, string, error) {
		fathom, err := ParseFathom(raw)
		return []Secret{fathom.APIKey}, "", err
	},
	"": func(raw []byte) ([]Secret, string, error) { // has no plain form
		crono, err := ParseCrono(raw)
		return []Secret{crono.PublicKey, crono.PrivateKey}, crono.BaseURL, err
	},
}

// sayable is all that an error may consist of, so that it can't quote what it is about.
var sayable = regexp.MustCompile(`^credential( key "(signing_secret|previous_signing_secret|bot_token|api_key|public_key|private_key|base_url)")? ` +
	`(is missing or empty|is larger than 65536 bytes|must be a string|must be printable ASCII without spaces or quotes|` +
	`must be a bot token: it starts with "xoxb-"|must be an https URL on ext\.crono\.one|must be a JSON object with the keys [a-z_, ]+)$`)

// Whoever writes a Secret may write anything: it is refused without being shown, or it can be used as it is.
func FuzzParseCredential(f *testing.F) {
	padding := bytes.Repeat([]byte("\n"), maxBytes)
	f.Fuzz(func(t *testing.T, raw []byte) {
		for shape, parse := range parsers {
			header, base, err := parse(raw)
			if err != nil {
				if !sayable.MatchString(err.Error()) {
					t.Errorf("%s: an error says more than which key is wrong: %q", shape, err)
				}
				continue
			}
			if _, _, err := parse(slices.Concat(raw, padding)); err == nil {
				t.Errorf("%s: accepted more than %d bytes", shape, maxBytes)
			}
			for _, secret := range header {
				if got := throughHTTP(t, secret.Reveal()); got != secret.Reveal() || got == "" {
					t.Errorf("%s: %q arrives as %q", shape, secret.Reveal(), got)
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
		for key, parse := range parsers {
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
			plain, _, plainErr := parse([]byte(value))
			wrapped, _, wrappedErr := parse(object)
			if (plainErr == nil) != (wrappedErr == nil) || (plainErr != nil && plainErr.Error() != wrappedErr.Error()) {
				t.Fatalf("%s %q: error %v as a plain text, %v as JSON", key, value, plainErr, wrappedErr)
			}
			if plainErr == nil && (plain[0].Reveal() != value || wrapped[0].Reveal() != value) {
				t.Errorf("%s %q: read as %q and %q", key, value, plain[0].Reveal(), wrapped[0].Reveal())
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

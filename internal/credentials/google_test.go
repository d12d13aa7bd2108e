package credentials

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestOAuthClientNeedsBoth(t *testing.T) {
	got, err := ParseOAuthClient([]byte(`{"client_id":"1.apps.googleusercontent.com","client_secret":"GOCSPX-1"}`))
	if err != nil || got.ID != "1.apps.googleusercontent.com" || got.Secret.Reveal() != "GOCSPX-1" {
		t.Errorf("got %q with %q, %v", got.ID, got.Secret.Reveal(), err)
	}
	for raw, wrong := range map[string]string{
		`{"client_secret":"plant3d-value"}`:                       "client_id",
		`{"client_id":"plant3d-value"}`:                           "client_secret",
		`{"client_id":"plant3d value","client_secret":"x"}`:       "client_id",
		`{"web":{"client_id":"x","client_secret":"not so deep"}}`: "client_id",
		`plant3d-value`: "",
	} {
		t.Run(raw, func(t *testing.T) {
			_, err := ParseOAuthClient([]byte(raw))
			mustName(t, err, wrong)
		})
	}
}

func TestGoogleIsAServiceAccountOrAMailbox(t *testing.T) {
	file := keyFile(t)
	account, err := ParseGoogle(asJSON(t, file))
	if err != nil || account.ServiceAccount == nil || account.Mailbox != nil {
		t.Fatalf("key file: %+v, %v", account, err)
	}
	got := []string{account.ServiceAccount.Email, account.ServiceAccount.KeyID, account.ServiceAccount.PrivateKey.Reveal()}
	if diff := cmp.Diff([]string{file["client_email"], file["private_key_id"], file["private_key"]}, got); diff != "" {
		t.Errorf("key file (-want +got):\n%s", diff)
	}
	mailbox, err := ParseGoogle([]byte(`{"email":"ada@acme.example","refresh_token":"1//0r","scopes":"more"}` + "\n"))
	if err != nil || mailbox.Mailbox == nil || mailbox.ServiceAccount != nil {
		t.Fatalf("mailbox: %+v, %v", mailbox, err)
	}
	if got := mailbox.Mailbox; got.Email != "ada@acme.example" || got.RefreshToken.Reveal() != "1//0r" {
		t.Errorf("mailbox %q with %q", got.Email, got.RefreshToken.Reveal())
	}
}

func TestGoogleSaysWhatIsWrong(t *testing.T) {
	right := keyFile(t)
	elliptic256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	inner := strings.Split(right["private_key"], "\n")
	tests := map[string]struct {
		change map[string]string // of the key file; "": without this key
		wrong  string
		says   string
	}{
		"no type":               {change: map[string]string{"type": ""}, wrong: "type", says: "give email and refresh_token"},
		"a user's file":         {change: map[string]string{"type": "authorized_user"}, wrong: "type", says: `"service_account"`},
		"no client_email":       {change: map[string]string{"client_email": ""}, wrong: "client_email", says: "is missing"},
		"no private_key_id":     {change: map[string]string{"private_key_id": ""}, wrong: "private_key_id", says: "is missing"},
		"no private_key":        {change: map[string]string{"private_key": ""}, wrong: "private_key", says: "is missing"},
		"not an address":        {change: map[string]string{"client_email": "plant3d-value"}, wrong: "client_email", says: "e-mail address"},
		"both":                  {change: map[string]string{"refresh_token": "plant3d-value"}, wrong: "", says: "not both"},
		"no PEM":                {change: map[string]string{"private_key": "plant3d-value"}, wrong: "private_key", says: "PEM block"},
		"PEM without its lines": {change: map[string]string{"private_key": strings.ReplaceAll(right["private_key"], "\n", `\n`)}, wrong: "private_key", says: `end with \n`},
		"a PKCS #1 key":         {change: map[string]string{"private_key": strings.ReplaceAll(right["private_key"], "PRIVATE", "RSA PRIVATE")}, wrong: "private_key", says: "must be a PKCS #8 key, which begins"},
		"half of a key":         {change: map[string]string{"private_key": strings.Join(append(inner[:3:3], inner[len(inner)-2:]...), "\n")}, wrong: "private_key", says: "not all of it"},
		"an elliptic key":       {change: map[string]string{"private_key": pkcs8(t, elliptic256)}, wrong: "private_key", says: "RSA"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			file := maps.Clone(right)
			maps.Copy(file, tc.change)
			_, err := ParseGoogle(asJSON(t, file))
			mustName(t, err, tc.wrong)
			if !strings.Contains(err.Error(), tc.says) {
				t.Errorf("error %q does not say %q", err, tc.says)
			}
		})
	}
	for raw, wrong := range map[string]string{
		`{"email":"ada@acme.example"}`:                                       "refresh_token",
		`{"refresh_token":"plant3d-value"}`:                                  "email",
		`{"email":"Ada <plant3d-value@acme.example>","refresh_token":"x"}`:   "email",
		`{"email":"plant3d-value","refresh_token":"x"}`:                      "email",
		`{"email":"ada@acme.example","refresh_token":"plant3d-value\u000a"}`: "refresh_token",
		`{"email":"ada@acme.example","refresh_token":["plant3d-value"]}`:     "refresh_token",
		`plant3d-value`: "",
		"-----BEGIN PRIVATE KEY-----\nplant3d-value\n-----END PRIVATE KEY-----": "",
		"": "",
	} {
		t.Run(raw, func(t *testing.T) {
			_, err := ParseGoogle([]byte(raw))
			mustName(t, err, wrong)
		})
	}
}

// keyFile is what Google gives for a service account, with a key of its own.
func keyFile(t testing.TB) map[string]string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"type": "service_account", "project_id": "acme", "private_key_id": "0123abcd", "private_key": pkcs8(t, key),
		"client_email": "followup@acme.iam.gserviceaccount.com", "client_id": "117",
		"token_uri": "https://elsewhere.example/token",
	}
}

func pkcs8(t testing.TB, key crypto.PrivateKey) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

func asJSON(t testing.TB, object map[string]string) []byte {
	t.Helper()
	raw, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

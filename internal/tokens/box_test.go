package tokens

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/followup-dev/followup-operator/internal/credentials"
)

var here = place{tenant: "t1", connection: "c1", subject: "ada@acme.example", column: "access"}

// keys returns what a SlackApp's credential holds when it has those keys, current first.
func keys(t *testing.T, words ...string) credentials.Encryption {
	t.Helper()
	object := `{"key":"` + key(words[0]) + `"}`
	if len(words) > 1 {
		object = `{"key":"` + key(words[0]) + `","previous_key":"` + key(words[1]) + `"}`
	}
	parsed, err := credentials.ParseEncryption([]byte(object))
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func key(word string) string {
	digest := sha256.Sum256([]byte(word))
	return base64.StdEncoding.EncodeToString(digest[:])
}

func TestABoxOpensWhatItSealed(t *testing.T) {
	box := NewBox(keys(t, "one"))
	sealed := box.seal(credentials.NewSecret("ya29.secret"), here)
	if bytes.Contains(sealed, []byte("secret")) {
		t.Fatalf("what is kept shows what it hides: %q", sealed)
	}
	opened, err := box.open(sealed, here)
	if err != nil || opened.Reveal() != "ya29.secret" {
		t.Errorf("opened %q, %v", opened.Reveal(), err)
	}
	if again := box.seal(credentials.NewSecret("ya29.secret"), here); bytes.Equal(sealed, again) {
		t.Error("the same secret is sealed the same twice")
	}
	if sealed := box.seal(credentials.Secret{}, here); sealed != nil {
		t.Errorf("no secret is sealed as %q", sealed)
	}
	if opened, err := box.open(nil, here); err != nil || opened.Reveal() != "" {
		t.Errorf("nothing opens as %q, %v", opened.Reveal(), err)
	}
}

func TestABoxOpensNothingElsewhere(t *testing.T) {
	elsewhere := func(change func(*place)) place {
		p := here
		change(&p)
		return p
	}
	sealed := NewBox(keys(t, "one")).seal(credentials.NewSecret("ya29.secret"), here)
	split := NewBox(keys(t, "one")).seal(credentials.NewSecret("ya29.secret"), place{tenant: "t1", connection: "c1", subject: "a b", column: "c"})
	changed := bytes.Clone(sealed)
	changed[len(changed)-1] ^= 1
	tests := map[string]struct {
		box    *Box
		sealed []byte
		at     place
	}{
		"another tenant":           {NewBox(keys(t, "one")), sealed, elsewhere(func(p *place) { p.tenant = "t2" })},
		"another connection":       {NewBox(keys(t, "one")), sealed, elsewhere(func(p *place) { p.connection = "c2" })},
		"another subject":          {NewBox(keys(t, "one")), sealed, elsewhere(func(p *place) { p.subject = "bob@acme.example" })},
		"another column":           {NewBox(keys(t, "one")), sealed, elsewhere(func(p *place) { p.column = "refresh" })},
		"parts that move together": {NewBox(keys(t, "one")), split, place{tenant: "t1", connection: "c1", subject: "a", column: `b" "c`}},
		"parts that run together":  {NewBox(keys(t, "one")), split, place{tenant: "t1", connection: "c1", subject: "a", column: "b c"}},
		"another key":              {NewBox(keys(t, "two")), sealed, here},
		"another key of that ID":   {pretending(t), sealed, here},
		"a changed byte":           {NewBox(keys(t, "one")), changed, here},
		"cut off":                  {NewBox(keys(t, "one")), sealed[:10], here},
		"less than a key's ID":     {NewBox(keys(t, "one")), sealed[:3], here},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			opened, err := tc.box.open(tc.sealed, tc.at)
			if err == nil {
				t.Fatalf("opened %q", opened.Reveal())
			}
			if strings.Contains(err.Error(), "ada") {
				t.Errorf("error names whose it is: %v", err)
			}
		})
	}
}

// pretending has the second key under the first one's ID.
func pretending(t *testing.T) *Box {
	t.Helper()
	first, second := keys(t, "one"), keys(t, "two")
	second.Keys[0].ID = first.Keys[0].ID
	return NewBox(second)
}

func TestAKeyIsReplacedWhileRowsHaveTheOldOne(t *testing.T) {
	before, during, after := NewBox(keys(t, "one")), NewBox(keys(t, "two", "one")), NewBox(keys(t, "two"))
	old := before.seal(credentials.NewSecret("old"), here)
	if opened, err := during.open(old, here); err != nil || opened.Reveal() != "old" {
		t.Errorf("while both are known: %q, %v", opened.Reveal(), err)
	}
	renewed := during.seal(credentials.NewSecret("new"), here)
	if opened, err := after.open(renewed, here); err != nil || opened.Reveal() != "new" {
		t.Errorf("sealed with the new one: %q, %v", opened.Reveal(), err)
	}
	if _, err := after.open(old, here); err == nil {
		t.Error("what nobody has sealed anew opens without its key")
	}
}

package credentials

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEncryptionKeysAreKnownByTheirDigest(t *testing.T) {
	key, previous := strings.Repeat("k", 32), strings.Repeat("p", 32)
	inText := func(key string) string { return base64.StdEncoding.EncodeToString([]byte(key)) }
	const keyID, previousID = "5e318f8c", "a7cbbfdf"
	for raw, want := range map[string][]string{
		inText(key) + "\n":              {keyID, key},
		`{"key":"` + inText(key) + `"}`: {keyID, key},
		`{"key":"` + inText(key) + `","previous_key":"` + inText(previous) + `"}`: {keyID, key, previousID, previous},
	} {
		found, err := ParseEncryption([]byte(raw))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, k := range found.Keys {
			got = append(got, k.ID, k.Key.Reveal())
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", raw, diff)
		}
	}
}

func TestEncryptionKeysHave32Bytes(t *testing.T) {
	right := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32)))
	for name, tc := range map[string]struct{ raw, wrong string }{
		"empty":             {"\n", "key"},
		"not base64":        {"plant3d-value", "key"},
		"hexadecimal":       {strings.Repeat("ab", 32), "key"},
		"16 bytes":          {base64.StdEncoding.EncodeToString([]byte("plant3d-value16b")), "key"},
		"without padding":   {strings.TrimRight(right, "="), "key"},
		"bits left over":    {right[:42] + "t=", "key"},
		"only the previous": {`{"previous_key":"` + right + `"}`, "key"},
		"previous is wrong": {`{"key":"` + right + `","previous_key":"plant3d-value"}`, "previous_key"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ParseEncryption([]byte(tc.raw))
			mustName(t, err, tc.wrong)
		})
	}
}

package tenancy

import "testing"

func TestParseSecretRef(t *testing.T) {
	tests := map[string]struct {
		text string
		want SecretRef
		bad  bool
	}{
		"none":          {text: ""},
		"name and key":  {text: "tenant-acme-slack/credentials", want: SecretRef{"tenant-acme-slack", "credentials"}},
		"key with dots": {text: "acme/api.key", want: SecretRef{"acme", "api.key"}},
		"no key":        {text: "acme", bad: true},
		"empty name":    {text: "/key", bad: true},
		"empty key":     {text: "acme/", bad: true},
		"path":          {text: "acme/../etc", bad: true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := ParseSecretRef(tc.text)
			if (err != nil) != tc.bad {
				t.Fatalf("error = %v, want error: %v", err, tc.bad)
			}
			if got != tc.want {
				t.Errorf("got %+v, want %+v", got, tc.want)
			}
			if !tc.bad && got.String() != tc.text {
				t.Errorf("String() = %q, want %q", got.String(), tc.text)
			}
		})
	}
}

package followup

import "testing"

func TestSameAddress(t *testing.T) {
	tests := []struct {
		a, b string
		want bool
	}{
		{"jane@acme.com", "jane@acme.com", true},
		{" Jane@ACME.com", "jane@acme.com ", true},
		{"jane@acme.com", "janet@acme.com", false},
		{"", "", false}, // nobody is nobody else
		{" ", "", false},
		{"k@acme.com", "\u212a@acme.com", false}, // the Kelvin sign folds to k
	}
	for _, tc := range tests {
		if got := SameAddress(tc.a, tc.b); got != tc.want {
			t.Errorf("SameAddress(%q, %q) = %v", tc.a, tc.b, got)
		}
	}
}

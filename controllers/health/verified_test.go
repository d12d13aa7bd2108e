package health

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/followup-dev/followup-operator/internal/store"
)

func TestVerifiedTellsOfTheWorst(t *testing.T) {
	of := func(field string, verdict store.CheckVerdict) Credential {
		return Credential{Field: field, Provider: "Slack", Digest: "d", Check: store.Check{Digest: "d", Verdict: verdict, Code: "c"}}
	}
	replaced := of("new", store.CheckRefused)
	replaced.Digest = "other"
	const notTried = ": not tried at Slack yet, which the SlackApp's webhook does within seconds while it runs"
	const refused = ": Slack does not take it (c); put a valid one where this field points to"
	tests := map[string]struct {
		all  []Credential
		want string
	}{
		"all accepted": {
			[]Credential{of("a", store.CheckAccepted), of("b", store.CheckAccepted)},
			"True Accepted the provider took the credentials when they were last tried",
		},
		"one not tried":                {[]Credential{of("a", store.CheckAccepted), of("b", "")}, "Unknown NotTried b" + notTried},
		"one replaced":                 {[]Credential{of("a", store.CheckAccepted), replaced}, "Unknown NotTried new" + notTried},
		"one refused, another unknown": {[]Credential{of("a", ""), of("b", store.CheckRefused), replaced}, "False Refused b" + refused},
		"two refused":                  {[]Credential{of("a", store.CheckRefused), of("b", store.CheckRefused)}, "False Refused a" + refused + "; b" + refused},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got := Verified(tc.all...)
			if diff := cmp.Diff(tc.want, string(got.Status)+" "+got.Reason+" "+got.Message); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

package planreport

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

func TestDifferences(t *testing.T) {
	tests := map[string]struct {
		before, after string
		want          []string
	}{
		"none":          {"spec: {plan: pro}", "spec: {plan: pro}", nil},
		"changed":       {"spec: {plan: pro, name: a}", "spec: {plan: free, name: a}", []string{"spec.plan"}},
		"in a list":     {"spec: {data: [{key: a}]}", "spec: {data: [{key: b}]}", []string{"spec.data"}},
		"new, within":   {"spec: {}", "spec: {slack: {credentials: {name: x}}}", []string{"spec.slack.credentials.name"}},
		"gone":          {"data: {a: eA==, b: eA==}", "data: {b: eA==}", []string{"data.a"}},
		"another type":  {"spec: {plan: pro}", "spec: {plan: {name: pro}}", []string{"spec.plan.name"}},
		"an annotation": {"metadata: {name: x}", "metadata: {name: x, annotations: {a.b/c: d}}", []string{"metadata.annotations[a.b/c]"}},
		"bookkeeping": {
			"status: {a: 1}", "status: {a: 2}\nmetadata: {generation: 2, annotations: {followup.dev/applied: x}}\nkind: Tenant", nil,
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			var before, after map[string]any
			if err := yaml.Unmarshal([]byte(tc.before), &before); err != nil {
				t.Fatal(err)
			}
			if err := yaml.Unmarshal([]byte(tc.after), &after); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, Differences(before, after)); diff != "" {
				t.Errorf("differences (-want +got):\n%s", diff)
			}
		})
	}
}

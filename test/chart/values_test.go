package chart

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

// TestRefused: a wrong value is refused before anything is installed, with a message that names it.
func TestRefused(t *testing.T) {
	tests := map[string]struct {
		settings []string
		want     string
	}{
		"no database":         {nil, "database.existingSecret.name is not set"},
		"what to do about it": {nil, "kubectl create secret generic followup-database --namespace " + namespace + " --from-file=dsn=dsn"},
		"unknown value":       {[]string{"replicaCount=2"}, "'replicaCount'"},
		"unknown nested":      {[]string{"database.host=pg"}, "'host'"},
		"tag in repository":   {[]string{"image.repository=operator:v1"}, "/image/repository"},
		"pull policy":         {[]string{"image.pullPolicy=Sometimes"}, "/image/pullPolicy"},
		"replicas":            {[]string{"replicas=many"}, "/replicas"},
		"Slack's address":     {[]string{"vendors.slackApiUrl=slack.com"}, "/vendors/slackApiUrl"},
		"path in origin":      {[]string{"vendors.slackHooksUrl=https://hooks.slack.com/services"}, "/vendors/slackHooksUrl"},
		"Fathom's address":    {[]string{"vendors.fathomApiUrl=https://api.fathom.ai/external/v1?key=x"}, "/vendors/fathomApiUrl"},
		"Google's tokens":     {[]string{"vendors.googleTokenUrl=oauth2.googleapis.com/token"}, "/vendors/googleTokenUrl"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			settings := tc.settings
			if settings != nil {
				settings = append(settings, working...)
			}
			if _, problem := template(t, settings...); !strings.Contains(problem, tc.want) {
				t.Errorf("answer %q, want %q in it", problem, tc.want)
			}
		})
	}
}

// TestDocumented: values.yaml, with a comment at each value, and values.schema.json, with a description, name the same values.
func TestDocumented(t *testing.T) {
	dir := chart(t)
	var values map[string]any
	if err := yaml.Unmarshal(read(t, dir, "values.yaml"), &values); err != nil {
		t.Fatal(err)
	}
	var schema node
	if err := json.Unmarshal(read(t, dir, "values.schema.json"), &schema); err != nil {
		t.Fatal(err)
	}
	described := paths(schema, schema.Definitions, "")
	if diff := cmp.Diff(leaves(values, ""), described); diff != "" {
		t.Errorf("values (-values.yaml +values.schema.json):\n%s", diff)
	}

	lines := strings.Split(string(read(t, dir, "values.yaml")), "\n")
	for i, line := range lines {
		key, _, isValue := strings.Cut(strings.TrimSpace(line), ": ")
		if !isValue || strings.HasPrefix(key, "#") || slices.Contains(quantities, key) {
			continue
		}
		if !strings.HasPrefix(strings.TrimSpace(lines[i-1]), "#") {
			t.Errorf("values.yaml:%d: %s has no comment above it", i+1, key)
		}
	}
}

// quantities need no comment of their own: resources is explained as a whole.
var quantities = []string{"cpu", "memory"}

// node is what the test reads of a JSON schema.
type node struct {
	Ref         string          `json:"$ref"`
	Description string          `json:"description"`
	Type        any             `json:"type"`
	Properties  map[string]node `json:"properties"`
	Definitions map[string]node `json:"definitions"`
}

// paths lists the described values of a schema. Global is Helm's own; resources hold names that no schema lists.
func paths(n node, definitions map[string]node, at string) []string {
	var found []string
	for _, name := range slices.Sorted(maps.Keys(n.Properties)) {
		child, path := n.Properties[name], at+"."+name
		if child.Ref != "" {
			child = definitions[strings.TrimPrefix(child.Ref, "#/definitions/")]
		}
		switch {
		case path == ".global" || child.Description == "":
		case child.Properties == nil || path == ".resources":
			found = append(found, path)
		default:
			found = append(found, paths(child, definitions, path)...)
		}
	}
	return found
}

// leaves lists the values of values.yaml.
func leaves(values map[string]any, at string) []string {
	var found []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		path := at + "." + name
		if inner, ok := values[name].(map[string]any); ok && path != ".resources" {
			found = append(found, leaves(inner, path)...)
			continue
		}
		found = append(found, path)
	}
	return found
}

func read(t *testing.T, dir, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

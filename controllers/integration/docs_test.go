package integration

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// People copy what a page shows: each object there is one that the API server takes.
func TestDocumentedObjectsApply(t *testing.T) {
	ns := newNamespace(t)
	var kinds []string
	for path, objects := range documentedObjects(t) {
		for _, object := range objects {
			kinds = append(kinds, object.GetKind())
			object.SetNamespace(ns.name)
			err := kube.Create(t.Context(), object, client.DryRunAll, client.FieldValidation(metav1.FieldValidationStrict))
			if err != nil {
				t.Errorf("%s: %s %s: %v", path, object.GetKind(), object.GetName(), err)
			}
		}
	}
	for _, kind := range []string{"SlackApp", "Tenant", "CRMConnection"} {
		if !slices.Contains(kinds, kind) {
			t.Errorf("no page shows a %s", kind)
		}
	}
}

// documentedObjects are the Kubernetes objects in the pages' YAML blocks, by page.
func documentedObjects(t *testing.T) map[string][]*unstructured.Unstructured {
	t.Helper()
	found := map[string][]*unstructured.Unstructured{}
	fenced := regexp.MustCompile("(?s)\n```yaml\n(.*?)\n```\n")
	for _, path := range pages(t) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range fenced.FindAllSubmatch(text, -1) {
			objects, err := decodeAll(block[1])
			if err != nil {
				t.Errorf("%s: %v", path, err)
			}
			for _, object := range objects {
				if object.GetKind() != "" { // else YAML for somebody else, such as Slack
					found[path] = append(found[path], object)
				}
			}
		}
	}
	return found
}

func pages(t *testing.T) []string {
	t.Helper()
	root := filepath.Join("..", "..")
	found := []string{filepath.Join(root, "README.md")}
	err := filepath.WalkDir(filepath.Join(root, "docs"), func(path string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(path, ".md") {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// The chart and config/manager install the same release, under the same names.
func TestInstallationsAgree(t *testing.T) {
	chart := read(t, "charts", "followup-operator", "Chart.yaml")
	version := regexp.MustCompile(`(?m)^appVersion: (\S+)$`).FindStringSubmatch(chart)
	if version == nil {
		t.Fatal("the chart has no appVersion")
	}
	manager := read(t, "config", "manager", "manager.yaml")
	for text, want := range map[string]string{
		read(t, "config", "manager", "kustomization.yaml"): "newTag: " + version[1] + "\n",
		manager: "--webhook-image=ghcr.io/followup-dev/followup-webhook:" + version[1] + "\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the chart has appVersion %s, but no %q is in\n%s", version[1], want, text)
		}
	}
}

// Whoever meets a reason looks up what to do, in the table of those that last or of those that pass.
func TestEachReasonIsDocumented(t *testing.T) {
	code, page := read(t, "api", "v1alpha1", "conditions.go"), read(t, "docs", "conditions.md")
	_, code, _ = strings.Cut(code, "(Stalled)")
	stalled, reconciling, _ := strings.Cut(code, "(Reconciling)")
	_, page, _ = strings.Cut(page, "\n## Until you change something\n")
	lasting, passing, _ := strings.Cut(page, "\n## Until something else happens\n")
	constant, row := regexp.MustCompile(`= "(\w+)"`), regexp.MustCompile("\n\\| `(\\w+)` \\|")
	for _, group := range []struct{ name, code, page string }{
		{"Until you change something", stalled, lasting}, {"Until something else happens", reconciling, passing},
	} {
		if diff := cmp.Diff(words(constant, group.code), words(row, group.page)); diff != "" {
			t.Errorf("docs/conditions.md, %q (-api/v1alpha1 +page):\n%s", group.name, diff)
		}
	}
}

// words are the first groups of all matches, each once, sorted.
func words(expression *regexp.Regexp, text string) (found []string) {
	for _, match := range expression.FindAllStringSubmatch(text, -1) {
		found = append(found, match[1])
	}
	slices.Sort(found)
	return slices.Compact(found)
}

func read(t *testing.T, path ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(append([]string{"..", ".."}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

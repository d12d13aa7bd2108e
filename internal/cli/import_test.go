package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/yaml"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
)

const botEnvironment = `SLACK_BOT_TOKEN=xoxb-planted0secret
SLACK_SIGNING_SECRET=0123456789abcdef0123456789abcdef
SLACK_TEAM_ID=T0123456789
FATHOM_API_KEY=planted0secret
ANTHROPIC_API_KEY=sk-ant-planted0secret
PORT=3000
`

func write(t *testing.T, content string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestImportTellsAndWrites(t *testing.T) {
	root, dir := here(t), filepath.Join(t.TempDir(), "out")
	arguments := []string{"import", "--env-file", write(t, botEnvironment), "--app-id", "A0123456789", "--name", "acme", "--out-dir", dir}
	b := newBench(t, interceptor.Funcs{})
	told, problem, _ := b.run(append(arguments, "--check")...)
	if problem != "" {
		t.Fatal(problem)
	}
	golden(t, root, "import.txt", told)
	if _, err := os.Stat(dir); err == nil {
		t.Error("a check wrote something")
	}

	again, problem, _ := b.run(arguments...)
	mustContain(t, again, told)
	mustContain(t, b.err.String(), "kubectl followup plan -f")
	if problem != "" {
		t.Error(problem)
	}
	objects, err := os.ReadFile(filepath.Join(dir, importedObjects))
	if err != nil {
		t.Fatal(err)
	}
	documents := strings.Split(strings.TrimPrefix(string(objects), "---\n"), "---\n")
	var app v1alpha1.SlackApp
	var tenant v1alpha1.Tenant
	for i, into := range []any{&app, &tenant} {
		if err := yaml.UnmarshalStrict([]byte(documents[i]), into); err != nil {
			t.Errorf("document %d: %v", i, err)
		}
	}
	if tenant.Spec.SlackAppRef.Name != app.Name || strings.Contains(string(objects), "planted") || strings.Contains(string(objects), "status") {
		t.Errorf("objects:\n%s", objects)
	}
	secrets, err := os.ReadFile(filepath.Join(dir, importedSecrets))
	if err != nil || strings.Count(string(secrets), "planted0secret") != 3 {
		t.Errorf("secrets: %v\n%s", err, secrets)
	}
	if info, err := os.Stat(filepath.Join(dir, importedSecrets)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("secrets have mode %v, %v", info.Mode(), err)
	}

	if _, problem, code := b.run(arguments...); code != 1 || !strings.Contains(problem, "is there already") {
		t.Errorf("into the same directory: %d %s", code, problem)
	}
}

func TestImportWritesNothingOfWhatHasToBeMended(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	told, problem, code := newBench(t, interceptor.Funcs{}).run("import", "--env-file", write(t, "PORT=1\n"), "--name", "acme", "--out-dir", dir)
	mustContain(t, told, "SLACK_BOT_TOKEN", "missing", "To mend:", "--app-id")
	if code != 1 || !strings.Contains(problem, "problems to mend first") {
		t.Errorf("%d %s", code, problem)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("something was written")
	}
}

func TestExportOfATenantWithoutRows(t *testing.T) {
	fresh := acme()
	fresh.Status.TenantID = ""
	_, problem, code := newBench(t, interceptor.Funcs{}, fresh).run("export", "acme", "--dsn-file", write(t, ""), "--out-dir", t.TempDir())
	if code != 1 || !strings.Contains(problem, "has no rows yet") {
		t.Errorf("%d %s", code, problem)
	}
}

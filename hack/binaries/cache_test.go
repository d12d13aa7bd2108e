package binaries

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/followup-dev/followup-operator/hack/progress"
)

// module writes a compile module of a program "probe" that prints its version, and returns the folder of modules.
func module(t *testing.T, version string) (source string) {
	t.Helper()
	source = t.TempDir()
	files := map[string]string{
		"go.mod":  "module example.com/probe\n\ngo 1.26.0\n\n// example.com/upstream " + version + "\n",
		"main.go": "package main\n\nimport \"os\"\n\nfunc main() { os.Stdout.WriteString(os.Args[0]) }\n",
	}
	for name, content := range files {
		write(t, filepath.Join(source, "probe", name), content)
	}
	return source
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func probe() Component {
	return Component{Name: "probe", programs: []program{{output: "probe", pkg: ".", ldflags: stripped, links: []string{"alias"}}}}
}

func TestDirCompilesOnce(t *testing.T) {
	var out strings.Builder
	cache := &Cache{Root: t.TempDir(), Source: module(t, "v1.0.0"), Out: progress.New(&out)}
	dir, err := cache.Dir(context.Background(), probe())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"probe", "alias"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
	again, err := cache.Dir(context.Background(), probe())
	if err != nil || again != dir {
		t.Fatalf("second Dir = %q, %v; want %q", again, err, dir)
	}
	if n := strings.Count(out.String(), "compiled local"); n != 1 {
		t.Errorf("compiled %d times, want once:\n%s", n, out.String())
	}
}

func TestFailedCompilationLeavesNothingAndQuotesTheCompiler(t *testing.T) {
	cache := &Cache{Root: t.TempDir(), Source: module(t, "v1.0.0")}
	write(t, filepath.Join(cache.Source, "probe", "main.go"), "package main\n\nfunc main() { undefinedName() }\n")
	_, err := cache.Dir(context.Background(), probe())
	if err == nil || !strings.Contains(err.Error(), "undefined: undefinedName") {
		t.Fatalf("error %v does not quote the compiler", err)
	}
	for _, left := range []string{"probe-*", ".probe.building"} {
		if found, _ := filepath.Glob(filepath.Join(cache.Root, "bin", left)); len(found) != 0 {
			t.Errorf("left in the cache: %v", found)
		}
	}
}

func TestKeyChangesWithEveryInput(t *testing.T) {
	source := module(t, "v1.0.0")
	key := func(c Component, version string) string {
		t.Helper()
		k, err := c.key(source, version)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	before := key(probe(), "v1.0.0")
	if same := key(probe(), "v1.0.0"); same != before {
		t.Fatalf("same inputs, other key: %s, %s", before, same)
	}
	tagged, stamped, linked := probe(), probe(), probe()
	tagged.programs[0].tags = "notest"
	stamped.programs[0].ldflags = containerdStamp
	linked.programs[0].links = nil
	keys := map[string]string{
		"tags":    key(tagged, "v1.0.0"),
		"ldflags": key(stamped, "v1.0.0"),
		"links":   key(linked, "v1.0.0"),
	}
	write(t, filepath.Join(source, "probe", "go.sum"), "example.com/upstream v1.0.0 h1:x=\n")
	keys["go.sum"] = key(probe(), "v1.0.0")
	for changed, k := range keys {
		if k == before {
			t.Errorf("changing the %s leaves the key as it was", changed)
		}
	}
}

func TestVersionsAreReadFromTheCompileModules(t *testing.T) {
	source, err := FindSource()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []Component{Kubernetes, Containerd, CNI, CoreDNS, ExternalSecrets} {
		version, err := c.readVersion(source)
		if err != nil || !regexp.MustCompile(`^v\d+\.\d+\.\d+$`).MatchString(version) {
			t.Errorf("%s: version %q, %v", c.Name, version, err)
		}
	}
}

func TestKubernetesStamp(t *testing.T) {
	got := kubernetesStamp("v1.37.2")
	for _, want := range []string{
		"-X k8s.io/component-base/version.gitVersion=v1.37.2",
		"-X k8s.io/client-go/pkg/version.gitMinor=37",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q lacks %q", got, want)
		}
	}
}

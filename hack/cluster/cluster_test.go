package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/followup-dev/followup-operator/hack/binaries"
	"github.com/followup-dev/followup-operator/hack/image"
	"github.com/followup-dev/followup-operator/hack/node"
	"github.com/followup-dev/followup-operator/hack/progress"
)

func requireRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: a node makes namespaces, mounts and control groups")
	}
}

// newOptions gives a cluster a state folder of its own, and a name that another run of these tests does not use.
func newOptions(t *testing.T, name string) Options {
	t.Helper()
	return Options{Name: fmt.Sprintf("test-%s-%d", name, os.Getpid()), StateDir: t.TempDir(), Out: t.Output()}
}

func up(t *testing.T, options Options) *Cluster {
	t.Helper()
	c, err := Up(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Down(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return c
}

func kubectlOK(t *testing.T, c *Cluster, stdin string, args ...string) string {
	t.Helper()
	out, err := c.Kubectl(t.Context(), strings.NewReader(stdin), args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestPodsServicesAndNamesWorkAndDownLeavesNothing(t *testing.T) {
	requireRoot(t)
	options := newOptions(t, "road")
	before := observe(t)
	c := up(t, options)
	inside := namespaces(t, options.Name)
	if len(inside) == 0 {
		t.Fatal("found no pid 1 of the node; the check for leftovers would be empty")
	}

	deployHello(t, c)
	service := kubectlOK(t, c, "", "get", "service", "hello", "-o", "jsonpath={.spec.clusterIP}")
	address, err := c.Forward(t.Context(), service+":80")
	if err != nil {
		t.Fatal(err)
	}
	awaitAnswer(t, "http://"+address+"/")
	if name := fetch(t, "http://"+address+"/"); !strings.HasPrefix(name, "hello-") {
		t.Errorf("through the Service's address: %q, want a pod's name", name)
	}
	// Often enough that the Service picks the asking pod itself too.
	for range 6 {
		asked := "http://" + address + "/get?url=" + url.QueryEscape("http://hello.default.svc.cluster.local/")
		if name := fetch(t, asked); !strings.HasPrefix(name, "hello-") {
			t.Errorf("from a pod by the Service's name: %q, want a pod's name", name)
		}
	}
	nowhere := "http://" + address + "/get?url=" + url.QueryEscape("http://nowhere.example.com/")
	if answer := fetch(t, nowhere); !strings.Contains(answer, "no such host") {
		t.Errorf("a name outside the cluster: %q, want it unknown at once", answer)
	}
	if diff := cmp.Diff(before, observe(t)); diff != "" {
		t.Errorf("the running node changed the machine: %s", diff)
	}

	if err := c.Down(t.Context()); err != nil {
		t.Fatal(err)
	}
	requireNothingLeft(t, options, inside)
	if diff := cmp.Diff(before, observe(t)); diff != "" {
		t.Errorf("the ended node left the machine changed: %s", diff)
	}
}

func deployHello(t *testing.T, c *Cluster) {
	t.Helper()
	program := filepath.Join(t.TempDir(), "hello")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./testdata/hello")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	hello := image.Image{Ref: "registry.local/followup/hello:test", Files: map[string]string{"/hello": program}, Entrypoint: []string{"/hello"}}
	archive, err := os.Create(filepath.Join(t.TempDir(), "hello.tar"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(hello.Write(archive), archive.Close()); err != nil {
		t.Fatal(err)
	}
	if err := c.LoadImage(t.Context(), hello.Ref, archive.Name()); err != nil {
		t.Fatal(err)
	}
	if err := c.LoadImage(t.Context(), "registry.local/followup/other:test", archive.Name()); err == nil {
		t.Error("loading an archive under a name that it does not hold succeeded")
	}
	kubectlOK(t, c, "", "apply", "-f", "testdata/hello.yaml")
	if err := c.AwaitDeployment(t.Context(), "default", "hello"); err != nil {
		t.Fatal(err)
	}
}

// awaitAnswer waits for kube-proxy, which hears of a Service's pods after the API server has them.
func awaitAnswer(t *testing.T, url string) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	for {
		answer, err := http.Get(url)
		if err == nil {
			_ = answer.Body.Close()
			return
		}
		select {
		case <-deadline:
			t.Fatal(err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func fetch(t *testing.T, url string) string {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestTwoClustersStandSideBySide(t *testing.T) {
	requireRoot(t)
	first, second := newOptions(t, "left"), newOptions(t, "right")
	left, right := up(t, first), up(t, second)
	if _, err := Up(t.Context(), first); !errors.Is(err, node.ErrUp) {
		t.Errorf("a second cluster of the same name: %v, want ErrUp", err)
	}
	if got := kubectlOK(t, left, "", "get", "nodes", "-o", "name"); got != "node/"+first.Name+"\n" {
		t.Errorf("nodes of the left cluster: %q", got)
	}
	inside := namespaces(t, first.Name)
	if err := Down(t.Context(), first); err != nil { // as another process would
		t.Fatal(err)
	}
	<-left.Gone()
	if err := left.Err(); err != nil {
		t.Errorf("a cluster that was taken down reports %v", err)
	}
	requireNothingLeft(t, first, inside)
	if got := kubectlOK(t, right, "", "get", "nodes", "-o", "name"); got != "node/"+second.Name+"\n" {
		t.Errorf("nodes of the right cluster after the left one's end: %q", got)
	}
}

func TestAmbientKubeconfigIsNotTouched(t *testing.T) {
	requireRoot(t)
	compileAll(t) // while HOME is the real one, where Go keeps its caches
	asked := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("the ambient cluster was asked for %s", r.URL)
	}))
	defer asked.Close()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	ambient := filepath.Join(home, ".kube", "config")
	content := "apiVersion: v1\nkind: Config\ncurrent-context: x\ncontexts: [{name: x, context: {cluster: x}}]\nclusters: [{name: x, cluster: {server: \"" + asked.URL + "\"}}]\n"
	if err := errors.Join(os.Mkdir(filepath.Dir(ambient), 0o755), os.WriteFile(ambient, []byte(content), 0o600)); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_CACHE_HOME", cache)
	t.Setenv("HOME", home)
	t.Setenv("KUBECONFIG", ambient)

	options := newOptions(t, "ambient")
	c := up(t, options)
	kubectlOK(t, c, "", "get", "nodes")
	other, err := OtherKubectl(t.Context(), options, "get", "nodes", "-o", "name")
	if err != nil {
		t.Fatal(err)
	}
	if out, err := other.CombinedOutput(); err != nil || string(out) != "node/"+options.Name+"\n" {
		t.Errorf("kubectl of another process: %q, %v", out, err)
	}
	if left, err := os.ReadFile(ambient); err != nil || string(left) != content {
		t.Errorf("the ambient kubeconfig has become %q, %v", left, err)
	}
	if entries, err := os.ReadDir(filepath.Dir(ambient)); err != nil || len(entries) != 1 {
		t.Errorf("~/.kube holds %v, %v", entries, err)
	}
}

func compileAll(t *testing.T) {
	t.Helper()
	cache, err := binaries.Open(progress.New(t.Output()))
	if err != nil {
		t.Fatal(err)
	}
	for _, component := range binaries.All {
		if _, err := cache.Dir(t.Context(), component); err != nil {
			t.Fatal(err)
		}
	}
}

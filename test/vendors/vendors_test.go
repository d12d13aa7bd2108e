package vendors

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
)

// install returns the Node to run judges with: $NODE, which `make test` sets, or the one of package-lock.json.
var install = sync.OnceValues(func() (string, error) {
	if path := os.Getenv("NODE"); path != "" {
		return path, nil
	}
	script := exec.CommandContext(context.Background(), "./install.sh")
	script.Stderr = os.Stderr
	path, err := script.Output()
	return strings.TrimSpace(string(path)), err
})

// judge prepares a judge, which reads its settings from the environment.
func judge(t *testing.T, script string, settings map[string]string) *exec.Cmd {
	t.Helper()
	node, err := install()
	if err != nil {
		t.Fatalf("install the vendors' clients: %v", err)
	}
	command := exec.CommandContext(t.Context(), node, script)
	command.Env = append(os.Environ(), "NO_PROXY=127.0.0.1")
	for name, value := range settings {
		command.Env = append(command.Env, name+"="+value)
	}
	for _, read := range []string{script, "prove.mjs", "package-lock.json"} { // so that `go test` knows what the result depends on
		if _, err := os.ReadFile(read); err != nil {
			t.Fatal(err)
		}
	}
	return command
}

// run runs a judge and fails the test with what it says, unless it is content.
func run(t *testing.T, script string, settings map[string]string) {
	t.Helper()
	output, err := judge(t, script, settings).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", script, err, output)
	}
	if !bytes.Contains(output, []byte("proved: ")) {
		t.Errorf("%s has proved nothing: %s", script, output)
	}
	t.Logf("%s\n%s", script, output)
}

// talk starts a judge that goes on until the test ends, and prints a line of JSON for each thing that it sees.
func talk(t *testing.T, script string, settings map[string]string) *bufio.Scanner {
	t.Helper()
	command := judge(t, script, settings)
	var complaints bytes.Buffer
	command.Stderr = &complaints
	lines, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait() // it was killed
		if t.Failed() {
			t.Logf("%s said:\n%s", script, &complaints)
		}
	})
	return bufio.NewScanner(lines)
}

// next reads the judge's next line.
func next(t *testing.T, lines *bufio.Scanner) map[string]any {
	t.Helper()
	if !lines.Scan() {
		t.Fatalf("the judge has ended: %v", lines.Err())
	}
	var said map[string]any
	if err := json.Unmarshal(lines.Bytes(), &said); err != nil {
		t.Fatalf("the judge says %q: %v", lines.Text(), err)
	}
	return said
}

// serve serves a handler until the test ends.
func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL
}

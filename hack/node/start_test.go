package node

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fakePrograms are shell scripts in the components' places: "sleep" for those that do not matter.
func fakePrograms(t *testing.T, scripts map[string]string) Programs {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"containerd", "etcd", "kube-apiserver"} {
		script := scripts[name]
		if script == "" {
			script = "exec sleep 1000"
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return Programs{Kubernetes: dir, Containerd: dir, CNI: dir, Runc: "/usr/sbin/runc"}
}

func TestNodeEndsWithAComponentAndQuotesItsLog(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root: a node makes namespaces, mounts and control groups")
	}
	spec := Spec{Name: "test-broken", StateDir: t.TempDir(), Programs: fakePrograms(t, map[string]string{"etcd": "echo no space left; exit 7"})}
	n, err := Start(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	<-n.Gone()
	err = n.Err()
	if err == nil || !strings.Contains(err.Error(), "etcd ended (exit status 7)") || !strings.Contains(err.Error(), "no space left") {
		t.Errorf("got %v, want the component, how it ended, and its log", err)
	}
	if up, err := Up(spec); up || err != nil {
		t.Errorf("still up: %v, %v", up, err)
	}
	if err := StopOther(t.Context(), spec); err != nil {
		t.Errorf("stopping what is gone: %v", err)
	}
}

// A state folder below /var or /run is covered by the node's own.
func TestStateFolderBelowVarStaysReachable(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root: a node makes namespaces, mounts and control groups")
	}
	t.Setenv("TMPDIR", "/var/tmp")
	stateDir := t.TempDir()
	spec := Spec{Name: "test-var", StateDir: stateDir, Programs: fakePrograms(t, map[string]string{
		"containerd": "grep -c cluster " + filepath.Join(stateDir, "etc/kubelet.json") + "; ls /var; exit 1",
	})}
	n, err := Start(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	<-n.Gone()
	want := "    2\n    lib\n    log\n    run\n    tmp" // the kubelet's two lines, and a /var of the node's own
	if err := n.Err(); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want in it\n%s", err, want)
	}
}

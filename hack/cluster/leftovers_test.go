package cluster

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink"
)

// machine is what a node could change about the machine it runs on.
type machine struct {
	Links   []string
	Sysctls map[string]string
}

func observe(t *testing.T) machine {
	t.Helper()
	links, err := netlink.LinkList()
	if err != nil {
		t.Fatal(err)
	}
	seen := machine{Sysctls: map[string]string{}}
	for _, link := range links {
		seen.Links = append(seen.Links, link.Attrs().Name)
	}
	for _, name := range []string{"vm/overcommit_memory", "vm/panic_on_oom", "kernel/panic", "kernel/panic_on_oops", "kernel/keys/root_maxkeys", "net/ipv4/ip_forward", "kernel/hostname"} {
		value, err := os.ReadFile(filepath.Join("/proc/sys", name))
		if err != nil {
			t.Fatal(err)
		}
		seen.Sysctls[name] = string(value)
	}
	return seen
}

// namespaces lists those of the cluster's pid 1; none if it is not running.
func namespaces(t *testing.T, name string) (found []string) {
	t.Helper()
	eachProcess(t, func(dir, command string) {
		if !strings.HasPrefix(command, "followup-node\x00"+name+"\x00") {
			return
		}
		for _, kind := range []string{"net", "mnt", "pid", "uts", "ipc"} {
			if link, err := os.Readlink(filepath.Join(dir, "ns", kind)); err == nil {
				found = append(found, link)
			}
		}
	})
	return found
}

func processesIn(t *testing.T, namespaces []string) (found []string) {
	t.Helper()
	eachProcess(t, func(dir, command string) {
		for _, kind := range []string{"net", "mnt", "pid", "uts", "ipc"} {
			if link, err := os.Readlink(filepath.Join(dir, "ns", kind)); err == nil && slices.Contains(namespaces, link) {
				found = append(found, fmt.Sprintf("%s %q in %s", dir, command, link))
			}
		}
	})
	return found
}

func eachProcess(t *testing.T, visit func(dir, command string)) {
	t.Helper()
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range dirs {
		if command, err := os.ReadFile(filepath.Join(dir, "cmdline")); err == nil {
			visit(dir, string(command))
		}
	}
}

// requireNothingLeft fails if anything of a cluster is there: processes by their arguments or namespaces, mounts, control
// groups, state.
func requireNothingLeft(t *testing.T, options Options, namespaces []string) {
	t.Helper()
	eachProcess(t, func(dir, command string) {
		if strings.Contains(command, options.StateDir) {
			t.Errorf("process left: %s %q", dir, command)
		}
	})
	if left := processesIn(t, namespaces); len(left) != 0 {
		t.Errorf("processes left in the node's namespaces: %v", left)
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(mounts), options.StateDir) {
		t.Errorf("mounts left of %s in:\n%s", options.StateDir, mounts)
	}
	for _, pattern := range []string{"/sys/fs/cgroup/", "/sys/fs/cgroup/*/"} {
		if groups, _ := filepath.Glob(pattern + "followup-" + options.Name + "-*"); len(groups) != 0 {
			t.Errorf("control groups left: %v", groups)
		}
	}
	requireOnlyLogs(t, options.StateDir)
}

func requireOnlyLogs(t *testing.T, stateDir string) {
	t.Helper()
	entries, err := os.ReadDir(stateDir)
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, entry := range entries {
		left = append(left, entry.Name())
	}
	if diff := cmp.Diff([]string{"lock", "log"}, left); diff != "" {
		t.Errorf("state left: %s", diff)
	}
}

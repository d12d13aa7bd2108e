package node

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// tree makes a control group tree of ordinary folders and files; a folder without files is made by a path that ends in /.
func tree(t *testing.T, files map[string]string) (mount string) {
	t.Helper()
	mount = t.TempDir()
	for name, content := range files {
		path := filepath.Join(mount, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, "/") {
			if err := os.MkdirAll(path, 0o755); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return mount
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestGroupIsMadeInEveryHierarchyOfVersion1(t *testing.T) {
	mount := tree(t, map[string]string{
		"cpu,cpuacct/": "", "memory/": "", "unified/": "", "cpuset/cpuset.cpus": "0-1\n", "cpuset/cpuset.mems": "0\n",
	})
	if err := os.Symlink("cpu,cpuacct", filepath.Join(mount, "cpu")); err != nil {
		t.Fatal(err)
	}
	groups := cgroups{mount: mount}
	if err := groups.create("/followup-x"); err != nil {
		t.Fatal(err)
	}
	for _, hierarchy := range []string{"cpu,cpuacct", "memory", "unified", "cpuset"} {
		if _, err := os.Stat(filepath.Join(mount, hierarchy, "followup-x")); err != nil {
			t.Error(err)
		}
	}
	if cpus := read(t, filepath.Join(mount, "cpuset/followup-x/cpuset.cpus")); cpus != "0-1\n" {
		t.Errorf("processors %q, want those of the root", cpus)
	}
}

func TestGroupOfVersion2GetsTheControllersThatTheKubeletWants(t *testing.T) {
	mount := tree(t, map[string]string{"cgroup.controllers": "cpuset io memory\n", "system.slice/": ""})
	groups := cgroups{mount: mount, unified: true}
	if err := groups.create("/followup-x"); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(mount, "followup-x")); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(mount, "system.slice", "followup-x")); err == nil {
		t.Error("another's group was taken for a hierarchy")
	}
	// The kernel adds one controller a write; an ordinary file keeps the last.
	if enabled := read(t, filepath.Join(mount, "cgroup.subtree_control")); enabled != "+memory" {
		t.Errorf("enabled %q last, want +memory", enabled)
	}
}

func TestRemoveTakesNestedGroups(t *testing.T) {
	mount := tree(t, map[string]string{"memory/followup-x/kubepods/pod1/": "", "cpu/": "", "memory/followup-y/": ""})
	groups := cgroups{mount: mount}
	if err := groups.remove("/followup-x", time.Second); err != nil {
		t.Fatal(err)
	}
	left, err := filepath.Glob(filepath.Join(mount, "*", "followup-*"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{filepath.Join(mount, "memory/followup-y")}, left); diff != "" {
		t.Error(diff)
	}
	if err := groups.remove("/followup-x", time.Second); err != nil {
		t.Errorf("removing what is gone: %v", err)
	}
}

func TestRemoveGivesUpOnAGroupInUse(t *testing.T) {
	// An ordinary file makes a folder impossible to remove, as a process does a group.
	mount := tree(t, map[string]string{"memory/followup-x/process": ""})
	err := cgroups{mount: mount}.remove("/followup-x", 0)
	var pathErr *os.PathError
	if !errors.As(err, &pathErr) || pathErr.Path != filepath.Join(mount, "memory/followup-x") {
		t.Errorf("got %v, want an error that names the group", err)
	}
}

func TestGroupsOfTwoStateFoldersDiffer(t *testing.T) {
	one := Spec{Name: "demo", StateDir: "/a"}.cgroup()
	other := Spec{Name: "demo", StateDir: "/b"}.cgroup()
	if one == other || !strings.HasPrefix(one, "/followup-demo-") {
		t.Errorf("groups %s and %s", one, other)
	}
}

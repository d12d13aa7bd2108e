package node

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

const cgroupMount = "/sys/fs/cgroup"

// cgroups is the tree of control groups: one hierarchy (version 2), or one folder for each controller (version 1, also
// in the hybrid form that has a version 2 hierarchy without controllers beside them).
type cgroups struct {
	mount   string
	unified bool
}

func machineCgroups() (cgroups, error) {
	var stat unix.Statfs_t
	if err := unix.Statfs(cgroupMount, &stat); err != nil {
		return cgroups{}, fmt.Errorf("control groups at %s: %w", cgroupMount, err)
	}
	return cgroups{mount: cgroupMount, unified: stat.Type == unix.CGROUP2_SUPER_MAGIC}, nil
}

// create makes the group in every hierarchy, with all controllers that the kubelet wants.
func (c cgroups) create(group string) error {
	if c.unified {
		if err := c.enableControllers(); err != nil {
			return err
		}
	}
	folders, err := c.folders(group)
	if err != nil {
		return err
	}
	for _, folder := range folders {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return fmt.Errorf("make the control group: %w", err)
		}
	}
	if c.unified {
		return nil
	}
	// A new group of version 1 has no processors and no memory until told which.
	for _, file := range []string{"cpuset.cpus", "cpuset.mems"} {
		content, err := os.ReadFile(filepath.Join(c.mount, "cpuset", file))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(c.mount, "cpuset", group, file), content, 0o644); err != nil {
			return fmt.Errorf("give the control group its processors: %w", err)
		}
	}
	return nil
}

// enableControllers passes on to the root's children what the kubelet's check asks for. They stay enabled: turning one
// off could take it from others who came to use it meanwhile.
func (c cgroups) enableControllers() error {
	available, err := os.ReadFile(filepath.Join(c.mount, "cgroup.controllers"))
	if err != nil {
		return err
	}
	for controller := range strings.FieldsSeq(string(available)) {
		switch controller {
		case "cpu", "cpuset", "memory", "pids", "hugetlb":
			if err := os.WriteFile(filepath.Join(c.mount, "cgroup.subtree_control"), []byte("+"+controller), 0o644); err != nil {
				return fmt.Errorf("enable the %s controller for control groups: %w", controller, err)
			}
		}
	}
	return nil
}

// remove removes the group from every hierarchy, waiting for the processes in it, which must be dying, to be gone.
func (c cgroups) remove(group string, patience time.Duration) error {
	folders, err := c.folders(group)
	if err != nil {
		return err
	}
	deadline := time.Now().Add(patience)
	for _, folder := range folders {
		for {
			err := removeGroups(folder)
			if err == nil {
				break
			}
			if time.Now().After(deadline) {
				return fmt.Errorf("remove the control group: %w", err)
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	return nil
}

// removeGroups removes a group and those in it; the files in a group go with it and cannot be removed themselves.
func removeGroups(folder string) error {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if !entry.IsDir() {
			continue
		}
		if err := removeGroups(filepath.Join(folder, entry.Name())); err != nil {
			return err
		}
	}
	if err := unix.Rmdir(folder); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return &os.PathError{Op: "rmdir", Path: folder, Err: err}
	}
	return nil
}

// folders lists where the group is, or would be, in every hierarchy.
func (c cgroups) folders(group string) ([]string, error) {
	if c.unified {
		return []string{filepath.Join(c.mount, group)}, nil
	}
	entries, err := os.ReadDir(c.mount)
	if err != nil {
		return nil, err
	}
	var folders []string
	for _, entry := range entries {
		if entry.IsDir() { // not the links that give joint controllers their single names
			folders = append(folders, filepath.Join(c.mount, entry.Name(), group))
		}
	}
	return folders, nil
}

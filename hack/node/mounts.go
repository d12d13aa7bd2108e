package node

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// sysctls that the kubelet sets, with the values it wants. They are the machine's, not the namespace's; the node covers
// them with files that hold these values, so that the kubelet finds nothing to do and the machine stays as it is.
var sysctls = map[string]string{
	"vm/overcommit_memory":      "1",
	"vm/panic_on_oom":           "0",
	"kernel/panic":              "10",
	"kernel/panic_on_oops":      "1",
	"kernel/keys/root_maxkeys":  "1000000",
	"kernel/keys/root_maxbytes": "25000000",
}

// setUpMounts gives this mount namespace its own /proc, /sys, /run and /var; /var is kept in the state folder.
func setUpMounts(spec Spec) error {
	if err := mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return err
	}
	if err := mount("proc", "/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return err
	}
	if err := mountSys(spec); err != nil {
		return err
	}
	if err := mountVarAndRun(spec); err != nil {
		return err
	}
	if err := coverSysctls("/run/sysctls"); err != nil {
		return err
	}
	return mount("", "/", "", unix.MS_REC|unix.MS_SHARED, "") // the kubelet wants propagation to containers
}

// mountSys mounts a /sys that shows this network namespace, and binds the control groups back into it.
func mountSys(spec Spec) error {
	aside := filepath.Join(spec.varDir(), "cgroup")
	if err := os.MkdirAll(aside, 0o755); err != nil {
		return err
	}
	if err := mount(cgroupMount, aside, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return err
	}
	if err := mount("sysfs", "/sys", "sysfs", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return err
	}
	if err := mount(aside, cgroupMount, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return err
	}
	if err := unix.Unmount(aside, unix.MNT_DETACH); err != nil {
		return fmt.Errorf("unmount %s: %w", aside, err)
	}
	return os.Remove(aside)
}

func mountVarAndRun(spec Spec) error {
	restore, err := keepReachable([]string{"/var", "/run"}, spec.StateDir, spec.Programs.Kubernetes, spec.Programs.Containerd, spec.Programs.CNI)
	if err != nil {
		return err
	}
	for _, dir := range []string{"lib/kubelet", "lib/containerd", "lib/etcd", "log/pods", "log/containers"} {
		if err := os.MkdirAll(filepath.Join(spec.varDir(), dir), 0o755); err != nil {
			return err
		}
	}
	if err := os.Symlink("/run", filepath.Join(spec.varDir(), "run")); err != nil {
		return err
	}
	if err := mount(spec.varDir(), "/var", "", unix.MS_BIND, ""); err != nil {
		return err
	}
	if err := mount("tmpfs", "/run", "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=755"); err != nil {
		return err
	}
	return restore()
}

// keepReachable prepares for mounts over the covered folders; restore then binds those of the paths that lie beneath them
// back to where they were.
func keepReachable(covered []string, paths ...string) (restore func() error, err error) {
	kept := map[string]int{}
	for _, path := range paths {
		for _, cover := range covered {
			if !strings.HasPrefix(path, cover+"/") {
				continue
			}
			fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
			if err != nil {
				return nil, fmt.Errorf("open %s: %w", path, err)
			}
			kept[path] = fd
		}
	}
	return func() error {
		for path, fd := range kept {
			if err := os.MkdirAll(path, 0o755); err != nil {
				return err
			}
			if err := mount(fmt.Sprintf("/proc/self/fd/%d", fd), path, "", unix.MS_BIND, ""); err != nil {
				return err
			}
			unix.Close(fd)
		}
		return nil
	}, nil
}

func coverSysctls(dir string) error {
	for name, value := range sysctls {
		cover := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(cover), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(cover, []byte(value+"\n"), 0o644); err != nil {
			return err
		}
		if err := mount(cover, filepath.Join("/proc/sys", name), "", unix.MS_BIND, ""); err != nil {
			return err
		}
	}
	return nil
}

func mount(source, target, kind string, flags uintptr, data string) error {
	if err := unix.Mount(source, target, kind, flags, data); err != nil {
		return fmt.Errorf("mount %q on %s: %w", source, target, err)
	}
	return nil
}

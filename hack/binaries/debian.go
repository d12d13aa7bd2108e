package binaries

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/followup-dev/followup-operator/hack/progress"
)

// Find returns the path of a program that the distribution carries, searching sbin too, where Debian keeps those of root.
func Find(program string) (string, error) {
	path, err := exec.LookPath(program)
	if err == nil {
		return path, nil
	}
	for _, dir := range []string{"/usr/local/sbin/", "/usr/sbin/", "/sbin/"} {
		if path, err := exec.LookPath(dir + program); err == nil {
			return path, nil
		}
	}
	return "", err
}

// Install installs Debian packages, saying so first. It asks nothing and starts no service.
func Install(ctx context.Context, out *progress.Printer, packages ...string) error {
	if os.Geteuid() != 0 {
		return fmt.Errorf("not root, so cannot install them: apt-get install %s", strings.Join(packages, " "))
	}
	if _, err := exec.LookPath("apt-get"); err != nil {
		return errors.New("this is no Debian: install " + strings.Join(packages, ", ") + " by other means")
	}
	out.Note("debian", "installing "+strings.Join(packages, ", "))
	done := out.Start("debian")
	install := append([]string{"install", "-y", "--no-install-recommends"}, packages...)
	if _, err := apt(ctx, install...); err != nil {
		if log, err := apt(ctx, "update"); err != nil { // a fresh machine has no package lists
			return fmt.Errorf("apt-get update: %w\n%s", err, progress.Tail(log, 10))
		}
		if log, err := apt(ctx, install...); err != nil {
			return fmt.Errorf("apt-get install %s: %w\n%s", strings.Join(packages, " "), err, progress.Tail(log, 10))
		}
	}
	done("installed")
	return nil
}

func apt(ctx context.Context, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "apt-get", append([]string{"-q"}, args...)...)
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1") // runlevel 1: packages start no service
	return cmd.CombinedOutput()
}

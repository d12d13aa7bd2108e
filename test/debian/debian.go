package debian

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// Find returns the path of a program, searching sbin too, where Debian keeps those of root.
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

// Install installs packages with apt-get. It asks nothing and starts no service. The error says what to do where it can't:
// without root, or on another distribution.
func Install(ctx context.Context, packages ...string) error {
	names := strings.Join(packages, " ")
	if _, err := exec.LookPath("apt-get"); err != nil {
		return errors.New("this is no Debian: install by other means what its packages hold: " + names)
	}
	if os.Geteuid() != 0 {
		return errors.New("not root, so cannot install them: apt-get install " + names)
	}
	install := append([]string{"install", "-y", "--no-install-recommends"}, packages...)
	if apt(ctx, install...) == nil {
		return nil
	}
	if err := apt(ctx, "update"); err != nil { // a fresh machine has no package lists
		return err
	}
	return apt(ctx, install...)
}

func apt(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, "apt-get", append([]string{"-q"}, args...)...)
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1") // runlevel 1: packages start no service
	if output, err := cmd.CombinedOutput(); err != nil {
		const tail = 2000
		return fmt.Errorf("apt-get %s: %w\n%s", strings.Join(args, " "), err, output[max(0, len(output)-tail):])
	}
	return nil
}

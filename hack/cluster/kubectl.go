package cluster

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"github.com/followup-dev/followup-operator/hack/binaries"
	"github.com/followup-dev/followup-operator/hack/node"
	"github.com/followup-dev/followup-operator/hack/progress"
)

// Kubeconfig is the path of a file with which any client on this machine reaches the cluster as an administrator.
func (c *Cluster) Kubeconfig() string { return kubeconfig(c.spec) }

func kubeconfig(spec node.Spec) string { return filepath.Join(spec.StateDir, "kubeconfig") }

// Kubectl runs kubectl against this cluster, whatever KUBECONFIG says, and returns what it prints. The error quotes its
// complaint. A nil stdin is an empty one.
func (c *Cluster) Kubectl(ctx context.Context, stdin io.Reader, args ...string) (string, error) {
	var stdout, stderr bytes.Buffer
	cmd := kubectl(ctx, c.spec, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return stdout.String(), fmt.Errorf("kubectl %s: %w\n%s", firstWords(args), err, progress.Tail(stderr.Bytes(), 15))
	}
	return stdout.String(), nil
}

// kubectl gives the program nothing of the user's Kubernetes settings: not the variable, and a home folder of its own.
func kubectl(ctx context.Context, spec node.Spec, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(spec.Programs.Kubernetes, "kubectl"), args...)
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"),
		"TERM=" + os.Getenv("TERM"),
		"HOME=" + filepath.Join(spec.StateDir, "home"),
		"KUBECONFIG=" + kubeconfig(spec),
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return cmd
}

func firstWords(args []string) string {
	words := ""
	for _, arg := range args[:min(len(args), 4)] {
		words += arg + " "
	}
	return words
}

// AwaitDeployment waits until all replicas of a Deployment's newest generation are available. The error tells what
// its pods say.
func (c *Cluster) AwaitDeployment(ctx context.Context, namespace, name string) error {
	_, err := c.Kubectl(ctx, nil, "rollout", "status", "--namespace="+namespace, "deployment/"+name, "--timeout="+patience.String())
	if err == nil {
		return nil
	}
	pods, podsErr := c.Kubectl(context.WithoutCancel(ctx), nil, "describe", "pods", "--namespace="+namespace)
	if podsErr != nil {
		return err
	}
	return fmt.Errorf("%w\npods of %s:\n%s", err, namespace, progress.Tail([]byte(pods), 25))
}

// OtherKubectl returns a kubectl command for a cluster that another process has brought up.
func OtherKubectl(ctx context.Context, options Options, args ...string) (*exec.Cmd, error) {
	spec, err := options.spec()
	if err != nil {
		return nil, err
	}
	up, err := node.Up(spec)
	if err != nil {
		return nil, err
	}
	if !up {
		return nil, fmt.Errorf("cluster %s is not up", spec.Name)
	}
	cache, err := binaries.Open(progress.New(options.Out))
	if err != nil {
		return nil, err
	}
	if spec.Programs.Kubernetes, err = cache.Dir(ctx, binaries.Kubernetes); err != nil {
		return nil, err
	}
	return kubectl(ctx, spec, args...), nil
}

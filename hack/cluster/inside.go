package cluster

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/followup-dev/followup-operator/hack/image"
	"github.com/followup-dev/followup-operator/hack/node"
	"github.com/followup-dev/followup-operator/hack/progress"
)

// LogFile is where the output of the named component or process goes; it is kept when the cluster goes down.
func (c *Cluster) LogFile(name string) string { return c.node.LogFile(name) }

// Forward makes an "address:port" of the node, a pod or a Service reachable under the returned address of this machine's
// 127.0.0.1, as long as the cluster is up.
func (c *Cluster) Forward(ctx context.Context, target string) (local string, err error) {
	return c.node.Forward(ctx, target)
}

// Start runs a process inside the node, beside the pods, where it can listen on the node's address. It ends with the
// cluster at the latest. Its output goes to LogFile(process.Name).
func (c *Cluster) Start(ctx context.Context, process node.Process) (*node.Run, error) {
	return c.node.Run(ctx, process)
}

// Load makes an image of files and loads it, so that a pod can name its Ref with imagePullPolicy Never or IfNotPresent.
func (c *Cluster) Load(ctx context.Context, i image.Image) error {
	reader, writer := io.Pipe()
	go func() { writer.CloseWithError(i.Write(writer)) }()
	defer reader.Close()
	return c.load(ctx, i.Ref, reader)
}

// LoadImage loads an image from a tar archive that has it under that reference.
func (c *Cluster) LoadImage(ctx context.Context, ref, tarPath string) error {
	archive, err := os.Open(tarPath)
	if err != nil {
		return err
	}
	defer archive.Close()
	return c.load(ctx, ref, archive)
}

func (c *Cluster) load(ctx context.Context, ref string, archive io.Reader) error {
	done := c.out.Start("image")
	// Not by containerd's transfer service, which takes twice the time.
	if _, err := c.ctr(ctx, archive, "import", "--local", "-"); err != nil {
		return fmt.Errorf("load image %s: %w", ref, err)
	}
	loaded, err := c.ctr(ctx, nil, "list", "--quiet")
	if err != nil {
		return err
	}
	if !slices.Contains(strings.Fields(loaded), ref) {
		return fmt.Errorf("load image %s: the archive holds no image of that name", ref)
	}
	done("loaded " + path.Base(ref))
	return nil
}

func (c *Cluster) ctr(ctx context.Context, stdin io.Reader, args ...string) (string, error) {
	var stdout, stderr bytes.Buffer
	program := filepath.Join(c.spec.Programs.Containerd, "ctr")
	cmd := exec.CommandContext(ctx, program, append([]string{"--address", c.node.ContainerdAddress(), "--namespace", "k8s.io", "images"}, args...)...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, &stdout, &stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("ctr: %w\n%s", err, progress.Tail(stderr.Bytes(), 10))
	}
	return stdout.String(), nil
}

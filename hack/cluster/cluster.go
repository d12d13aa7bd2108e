package cluster

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/followup-dev/followup-operator/hack/binaries"
	"github.com/followup-dev/followup-operator/hack/image"
	"github.com/followup-dev/followup-operator/hack/node"
	"github.com/followup-dev/followup-operator/hack/progress"
	"github.com/followup-dev/followup-operator/test/debian"
)

// patience bounds each wait for something in the cluster to become ready. Idle, all of them take seconds.
const patience = 3 * time.Minute

// Options says which cluster to bring up.
type Options struct {
	Name     string    // default "followup"
	StateDir string    // absolute; default run/<Name> in the cache folder
	Out      io.Writer // where progress is printed; nil is nowhere
}

// Cluster is a running cluster. It ends with Down, or with the process that called Up, however that ends.
type Cluster struct {
	spec  node.Spec
	node  *node.Node
	cache *binaries.Cache
	out   *progress.Printer

	coreDNS, pause string // the folders of those components
}

// Up brings a cluster up and returns when its node and DNS are ready. The error is node.ErrUp if it is up already. When
// it fails, nothing is left behind but the logs.
func Up(ctx context.Context, options Options) (*Cluster, error) {
	out := progress.New(options.Out)
	cache, err := binaries.Open(out)
	if err != nil {
		return nil, err
	}
	spec, err := options.spec()
	if err != nil {
		return nil, err
	}
	if err := spec.CheckFree(); err != nil { // before minutes of compiling
		return nil, err
	}
	c := &Cluster{spec: spec, cache: cache, out: out}
	if err := c.findPrograms(ctx); err != nil {
		return nil, err
	}
	if err := c.start(ctx); err != nil {
		return nil, err
	}
	return c, nil
}

func (o Options) spec() (node.Spec, error) {
	if o.Name == "" {
		o.Name = "followup"
	}
	if o.StateDir == "" {
		root, err := binaries.DefaultRoot()
		if err != nil {
			return node.Spec{}, err
		}
		o.StateDir = filepath.Join(root, "run", o.Name)
	}
	return node.Spec{Name: o.Name, StateDir: o.StateDir}, nil
}

// findPrograms compiles or installs what the node is made of, unless it is there.
func (c *Cluster) findPrograms(ctx context.Context) (err error) {
	programs := &c.spec.Programs
	for _, wanted := range []struct {
		component binaries.Component
		dir       *string
	}{
		{binaries.Kubernetes, &programs.Kubernetes},
		{binaries.Containerd, &programs.Containerd},
		{binaries.CNI, &programs.CNI},
		{binaries.CoreDNS, &c.coreDNS},
		{binaries.Pause, &c.pause},
	} {
		if *wanted.dir, err = c.cache.Dir(ctx, wanted.component); err != nil {
			return err
		}
	}
	if programs.Runc, err = c.debianProgram(ctx, "runc", "runc"); err != nil {
		return err
	}
	_, err = c.debianProgram(ctx, "nft", "nftables") // kube-proxy starts it
	return err
}

func (c *Cluster) debianProgram(ctx context.Context, program, pkg string) (string, error) {
	if path, err := debian.Find(program); err == nil {
		return path, nil
	}
	c.out.Note("debian", "installing "+pkg)
	if err := debian.Install(ctx, pkg); err != nil {
		return "", fmt.Errorf("the node needs %s: %w", program, err)
	}
	return debian.Find(program)
}

func (c *Cluster) start(ctx context.Context) (err error) {
	done := c.out.Start("cluster")
	if c.node, err = node.Start(ctx, c.spec); err != nil {
		return err
	}
	if err := c.becomeReady(ctx); err != nil {
		if downErr := c.Down(context.WithoutCancel(ctx)); downErr != nil && !errors.Is(err, downErr) {
			err = errors.Join(err, downErr)
		}
		return err
	}
	done("up")
	return nil
}

// becomeReady does everything between pid 1 and a cluster that serves, giving up as soon as the node does.
func (c *Cluster) becomeReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	finished := make(chan error, 1)
	go func() { finished <- c.bootstrap(ctx) }()
	select {
	case err := <-finished:
		return err
	case <-c.node.Gone():
		cancel()
		<-finished
		return fmt.Errorf("the node ended while starting: %w", c.node.Err())
	}
}

func (c *Cluster) bootstrap(ctx context.Context) error {
	api := c.out.Start("kube-apiserver")
	images := make(chan error, 1)
	for range 2 {
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for containerd and the API server: %w", ctx.Err())
		case ready := <-c.node.Ready():
			if ready == "containerd" {
				go func() { images <- c.loadOwnImages(ctx) }()
			}
		}
	}
	api("Ready")
	if err := c.writeKubeconfig(ctx); err != nil {
		return err
	}
	if err := c.deployDNS(ctx); err != nil {
		return err
	}
	if err := c.awaitNode(ctx); err != nil {
		return err
	}
	if err := <-images; err != nil {
		return err
	}
	return c.awaitDNS(ctx)
}

func (c *Cluster) loadOwnImages(ctx context.Context) error {
	for _, own := range []image.Image{
		{Ref: node.PauseImage, Files: map[string]string{"/pause": filepath.Join(c.pause, "pause")}, Entrypoint: []string{"/pause"}},
		{Ref: coreDNSImage, Files: map[string]string{"/coredns": filepath.Join(c.coreDNS, "coredns")}, Entrypoint: []string{"/coredns"}},
	} {
		if err := c.Load(ctx, own); err != nil {
			return err
		}
	}
	return nil
}

func (c *Cluster) writeKubeconfig(ctx context.Context) error {
	address, err := c.Forward(ctx, node.IP+":6443")
	if err != nil {
		return err
	}
	kubeconfig, err := c.node.Credentials.Kubeconfig("https://" + address)
	if err != nil {
		return err
	}
	return os.WriteFile(c.Kubeconfig(), kubeconfig, 0o600)
}

const coreDNSImage = "registry.local/followup/coredns:dev"

//go:embed coredns.yaml
var coreDNSManifest string

func (c *Cluster) deployDNS(ctx context.Context) error {
	_, err := c.Kubectl(ctx, strings.NewReader(coreDNSManifest), "apply", "-f", "-")
	return err
}

func (c *Cluster) awaitNode(ctx context.Context) error {
	done := c.out.Start("node")
	if _, err := c.Kubectl(ctx, nil, "wait", "--for=create", "node/"+c.spec.Name, "--timeout="+patience.String()); err != nil {
		return c.withLog(err, "kubelet")
	}
	if _, err := c.Kubectl(ctx, nil, "wait", "--for=condition=Ready", "node/"+c.spec.Name, "--timeout="+patience.String()); err != nil {
		return c.withLog(err, "kubelet")
	}
	done("Ready")
	return nil
}

func (c *Cluster) awaitDNS(ctx context.Context) error {
	done := c.out.Start("coredns")
	if err := c.AwaitDeployment(ctx, "kube-system", "coredns"); err != nil {
		return err
	}
	done("Ready")
	return nil
}

// withLog adds the end of a component's log to an error.
func (c *Cluster) withLog(err error, component string) error {
	log, readErr := os.ReadFile(c.node.LogFile(component))
	if readErr != nil {
		return err
	}
	return fmt.Errorf("%w\n%s's log ends with:\n%s", err, component, progress.Tail(log, 15))
}

// Down ends the cluster and returns when nothing of it is left but its logs.
func (c *Cluster) Down(ctx context.Context) error {
	done := c.out.Start("cluster")
	if err := c.node.Stop(ctx); err != nil {
		return err
	}
	done("down")
	return nil
}

// Gone is closed when the cluster has ended, be it by Down here or elsewhere, or by itself; then Err says why.
func (c *Cluster) Gone() <-chan struct{} { return c.node.Gone() }

// Err says why the cluster ended by itself; nil while it is up, and after a Down.
func (c *Cluster) Err() error { return c.node.Err() }

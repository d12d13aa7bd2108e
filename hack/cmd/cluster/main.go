// Command cluster runs a local one-node Kubernetes. Without arguments it says how it is used.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"github.com/followup-dev/followup-operator/hack/binaries"
	"github.com/followup-dev/followup-operator/hack/cluster"
	"github.com/followup-dev/followup-operator/hack/progress"
)

const usage = `cluster runs a local one-node Kubernetes (Linux, root).

  cluster [-name N] up               bring it up and keep it up until Ctrl-C or "down"
  cluster [-name N] down             end it, whoever started it, and clear away what a killed one left
  cluster [-name N] status           say whether it is up, and where its kubeconfig is
  cluster [-name N] kubectl ARGS...  run kubectl against it
  cluster compile                    make all that "up" and External Secrets need, unless the cache has it
  cluster assets                     print the folder for KUBEBUILDER_ASSETS, compiling etcd and kube-apiserver if needed
  cluster assets -external-secrets-crds
                                     print the folder with External Secrets' CustomResourceDefinitions
`

// downPatience bounds how long going down may take; it takes under a second unless the machine is overloaded.
const downPatience = time.Minute

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	flag.Usage = func() { fmt.Fprint(os.Stderr, usage) }
	name := flag.String("name", "followup", "")
	flag.Parse()
	options := cluster.Options{Name: *name, Out: os.Stderr}
	if err := run(ctx, options, flag.Args()); err != nil {
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			os.Exit(exit.ExitCode())
		}
		fmt.Fprintln(os.Stderr, "cluster:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, options cluster.Options, args []string) error {
	if len(args) == 0 {
		flag.Usage()
		return errors.New("no command given")
	}
	switch args[0] {
	case "up":
		return up(ctx, options)
	case "down":
		return down(ctx, options)
	case "status":
		return status(options)
	case "kubectl":
		return kubectl(ctx, options, args[1:])
	case "compile":
		return compile(ctx)
	case "assets":
		return assets(ctx, args[1:])
	}
	flag.Usage()
	return fmt.Errorf("no command %q", args[0])
}

func up(ctx context.Context, options cluster.Options) error {
	c, err := cluster.Up(ctx, options)
	if err != nil {
		return err
	}
	fmt.Printf("Cluster %s is up until Ctrl-C.\n  export KUBECONFIG=%s\n", options.Name, c.Kubeconfig())
	select {
	case <-c.Gone():
		return c.Err()
	case <-ctx.Done():
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), downPatience)
		defer cancel()
		return c.Down(ctx)
	}
}

func down(ctx context.Context, options cluster.Options) error {
	ctx, cancel := context.WithTimeout(ctx, downPatience)
	defer cancel()
	return cluster.Down(ctx, options)
}

func status(options cluster.Options) error {
	up, kubeconfig, err := cluster.Status(options)
	if err != nil {
		return err
	}
	if !up {
		return fmt.Errorf("cluster %s is not up", options.Name)
	}
	fmt.Printf("cluster %s is up, kubeconfig %s\n", options.Name, kubeconfig)
	return nil
}

func kubectl(ctx context.Context, options cluster.Options, args []string) error {
	cmd, err := cluster.OtherKubectl(ctx, options, args...)
	if err != nil {
		return err
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	return cmd.Run()
}

func compile(ctx context.Context) error {
	cache, err := binaries.Open(progress.New(os.Stderr))
	if err != nil {
		return err
	}
	for _, component := range binaries.All {
		if _, err := cache.Dir(ctx, component); err != nil {
			return err
		}
	}
	return nil
}

func assets(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("assets", flag.ContinueOnError)
	crds := flags.Bool("external-secrets-crds", false, "print the folder with External Secrets' CRDs")
	if err := flags.Parse(args); err != nil {
		return err
	}
	cache, err := binaries.Open(progress.New(os.Stderr))
	if err != nil {
		return err
	}
	find := func(ctx context.Context) (string, error) { return cache.Dir(ctx, binaries.Kubernetes) }
	if *crds {
		find = cache.ExternalSecretsCRDs
	}
	dir, err := find(ctx)
	if err != nil {
		return err
	}
	fmt.Println(dir)
	return nil
}

package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // a tenant's times are shown in its zone; not every machine has files of them

	_ "k8s.io/client-go/plugin/pkg/client/auth" // ways to log in that a kubeconfig may name

	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/followup-dev/followup-operator/internal/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal kills

	streams := genericiooptions.IOStreams{In: os.Stdin, Out: os.Stdout, ErrOut: os.Stderr}
	if err := cli.New(streams).ExecuteContext(ctx); err != nil {
		if text := err.Error(); text != "" { // else the code says it all
			fmt.Fprintln(os.Stderr, "error:", text)
		}
		os.Exit(cli.ExitCode(err))
	}
}

package cli

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// environment is what all commands work with.
type environment struct {
	genericiooptions.IOStreams

	flags *genericclioptions.ConfigFlags // which cluster and namespace

	// What tests replace.
	now       func() time.Time
	interval  time.Duration // between two looks at what is waited for
	newClient func(*rest.Config) (client.Client, error)
	readLog   logReader
}

// New returns the command with all that it can do.
func New(streams genericiooptions.IOStreams) *cobra.Command {
	return newRoot(&environment{
		IOStreams: streams,
		flags:     genericclioptions.NewConfigFlags(true),
		now:       time.Now,
		interval:  250 * time.Millisecond,
		newClient: newClient,
		readLog:   readLog,
	})
}

func newRoot(env *environment) *cobra.Command {
	root := &cobra.Command{
		Use:           "kubectl-followup",
		Short:         "Look at followup's tenants, plan, hold, move and report them",
		Annotations:   map[string]string{cobra.CommandDisplayNameAnnotation: "kubectl followup"},
		SilenceErrors: true, // main prints them
		SilenceUsage:  true,
	}
	root.SetIn(env.In)
	root.SetOut(env.Out)
	root.SetErr(env.ErrOut)
	env.flags.AddFlags(root.PersistentFlags())
	root.AddCommand(
		newStatus(env), newReconcile(env), newHold(env), newResume(env), newPlan(env), newReport(env), newImport(env), newExport(env), newVersion(env), newCompletion(),
	)
	for _, command := range root.Commands() {
		explained(command)
	}
	return root
}

// explained has a command's errors say what to do about them.
func explained(command *cobra.Command) {
	run := command.RunE
	if run == nil {
		return
	}
	command.RunE = func(c *cobra.Command, args []string) error { return explain(run(c, args)) }
}

// exit ends the process with a code. Its error, if there is one, is printed.
type exit struct {
	code int
	err  error
}

// Error is empty where there is nothing to say but the code.
func (e exit) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

func (e exit) Unwrap() error { return e.err }

// ExitCode is what the process ends with after an error: 1, but for a plan with changes, which is 2.
func ExitCode(err error) int {
	if e, ok := errors.AsType[exit](err); ok {
		return e.code
	}
	return 1
}

// waiting are the flags of commands that wait for the operator.
type waiting struct {
	wait    bool
	timeout time.Duration
}

func (w *waiting) addTo(command *cobra.Command) {
	command.Flags().BoolVar(&w.wait, "wait", true, "wait until the operator has acted on it")
	command.Flags().DurationVar(&w.timeout, "timeout", time.Minute, "how long to wait")
}

// until looks again and again whether something is done, until it is or the timeout has passed: then done is false.
func (e *environment) until(ctx context.Context, timeout time.Duration, look func(context.Context) (bool, error)) (done bool, err error) {
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	for {
		done, err := look(limited)
		if limited.Err() != nil {
			return done && err == nil, ctx.Err() // who presses Ctrl-C is told so
		}
		if done || err != nil {
			return done, err
		}
		select {
		case <-limited.Done():
		case <-time.After(e.interval):
		}
	}
}

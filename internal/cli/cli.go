package cli

import (
	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
)

// environment is what all commands work with.
type environment struct {
	genericiooptions.IOStreams

	flags *genericclioptions.ConfigFlags // which cluster and namespace
}

// New returns the command with all that it can do.
func New(streams genericiooptions.IOStreams) *cobra.Command {
	env := &environment{IOStreams: streams, flags: genericclioptions.NewConfigFlags(true)}
	root := &cobra.Command{
		Use:           "kubectl-followup",
		Short:         "Look at followup's tenants, plan, hold, move and report them",
		Annotations:   map[string]string{cobra.CommandDisplayNameAnnotation: "kubectl followup"},
		SilenceErrors: true, // main prints them
		SilenceUsage:  true,
	}
	root.SetIn(streams.In)
	root.SetOut(streams.Out)
	root.SetErr(streams.ErrOut)
	env.flags.AddFlags(root.PersistentFlags())
	return root
}

// ExitCode is what the process ends with after an error.
func ExitCode(error) int { return 1 }

package cli

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"
)

// completionPatience is how long a shell may wait for names.
const completionPatience = 3 * time.Second

// kubectlCompletion is what kubectl runs to complete the arguments of a plugin.
const kubectlCompletion = "#!/bin/sh\nexec kubectl-followup __complete \"$@\"\n"

// newCompletion prints what a shell needs to complete our commands and the names of Tenants.
func newCompletion() *cobra.Command {
	shells := []cobra.Completion{"bash", "zsh", "fish", "powershell", "kubectl"}
	return &cobra.Command{
		Use:   "completion bash|zsh|fish|powershell|kubectl",
		Short: "Print what a shell needs to complete commands and names of Tenants",
		Long: `Print what a shell needs to complete commands and names of Tenants.

Where kubectl's own completion is set up, "kubectl followup" is completed by a program that kubectl looks for on the PATH:

  kubectl followup completion kubectl >~/bin/kubectl_complete-followup && chmod +x ~/bin/kubectl_complete-followup

The other words complete "kubectl-followup", for who calls it by that name:

  source <(kubectl-followup completion bash)`,
		ValidArgs:             shells,
		Args:                  cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
		DisableFlagsInUseLine: true,
		RunE: func(c *cobra.Command, args []string) error {
			root, out := c.Root(), c.OutOrStdout()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(out, true)
			case "zsh":
				return root.GenZshCompletion(out)
			case "fish":
				return root.GenFishCompletion(out, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(out)
			default:
				_, err := fmt.Fprint(out, kubectlCompletion)
				return err
			}
		},
	}
}

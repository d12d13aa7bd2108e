package cli

import (
	"cmp"
	"fmt"
	"io"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// versionView is what version tells; docs/cli.md documents it.
type versionView struct {
	Plugin    string   `json:"plugin"`
	Go        string   `json:"go"`
	Operators []string `json:"operators"` // images of the operator's pods
	Problem   string   `json:"problem,omitempty"`
}

func newVersion(env *environment) *cobra.Command {
	var output format
	command := &cobra.Command{
		Use:   "version",
		Short: "Print the version of this command, and the images of the operator that runs",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			view := pluginVersion()
			kube, _, err := env.connect()
			if err == nil {
				pods, podsErr := operatorPods(c.Context(), kube, "")
				for _, p := range pods {
					view.Operators = append(view.Operators, p.Spec.Containers[0].Image)
				}
				err = podsErr
			}
			if err != nil {
				view.Problem = err.Error()
			}
			return output.print(env.Out, view, func(w io.Writer) error {
				fmt.Fprintf(w, "kubectl followup: %s (%s)\n", view.Plugin, view.Go)
				for _, image := range view.Operators {
					fmt.Fprintf(w, "operator: %s\n", image)
				}
				if view.Problem != "" {
					fmt.Fprintf(w, "operator: not known: %s\n", view.Problem)
				}
				return nil
			})
		},
	}
	output.addTo(command)
	return command
}

// pluginVersion is what the Go toolchain knows of this program.
func pluginVersion() versionView {
	view := versionView{Plugin: "unknown", Operators: []string{}}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return view
	}
	view.Plugin, view.Go = cmp.Or(info.Main.Version, view.Plugin), info.GoVersion
	return view
}

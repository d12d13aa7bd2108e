package cluster

import (
	"context"

	"github.com/followup-dev/followup-operator/hack/node"
)

// Status says whether the cluster that the options name is up, whoever started it, and where its kubeconfig is.
func Status(options Options) (up bool, kubeconfigPath string, err error) {
	spec, err := options.spec()
	if err != nil {
		return false, "", err
	}
	up, err = node.Up(spec)
	return up, kubeconfig(spec), err
}

// Down ends the cluster that the options name, whoever started it, and clears away what a killed one left. It returns
// when nothing is left but logs; a cluster that is not up is no error.
func Down(ctx context.Context, options Options) error {
	spec, err := options.spec()
	if err != nil {
		return err
	}
	return node.StopOther(ctx, spec)
}

package main

import (
	"context"
	"fmt"
	"os"

	"github.com/followup-dev/followup-operator/hack/binaries"
	"github.com/followup-dev/followup-operator/hack/progress"
)

func main() {
	c, err := binaries.Open(progress.New(os.Stderr))
	if err != nil {
		panic(err)
	}
	for _, x := range []binaries.Component{binaries.Kubernetes, binaries.Containerd, binaries.CNI, binaries.CoreDNS, binaries.Pause} {
		d, err := c.Dir(context.Background(), x)
		fmt.Println(d, err)
	}
	fmt.Println(c.ExternalSecretsCRDs(context.Background()))
}

// Command images makes the operator's and the webhook's container images of the static binaries in a directory, as
// archives that containerd, Docker and kind load.
//
//	images -binaries ../bin -tag v0.1.0 -out ../bin/images
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/followup-dev/followup-operator/hack/image"
)

func main() {
	binaries := flag.String("binaries", "", "directory of the binaries")
	tag := flag.String("tag", "", "tag of the images")
	out := flag.String("out", "", "directory to write operator.tar and webhook.tar to")
	flag.Parse()
	for _, program := range []string{"operator", "webhook"} {
		if err := write(program, *binaries, *tag, *out); err != nil {
			fmt.Fprintln(os.Stderr, "images:", err)
			os.Exit(1)
		}
	}
}

func write(program, binaries, tag, out string) error {
	img := image.Image{
		Ref:        "ghcr.io/followup-dev/followup-" + program + ":" + tag, // as in the chart's values
		Files:      map[string]string{"/" + program: filepath.Join(binaries, program)},
		Entrypoint: []string{"/" + program},
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	archive, err := os.Create(filepath.Join(out, program+".tar"))
	if err != nil {
		return err
	}
	defer archive.Close()
	if err := img.Write(archive); err != nil {
		return err
	}
	fmt.Printf("%s in %s\n", img.Ref, archive.Name())
	return archive.Close()
}

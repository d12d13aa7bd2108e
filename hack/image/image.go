// Package image makes container images of static binaries without a container engine: FROM scratch, one layer, a user
// without rights, the same bytes for the same files. It imports nothing of this module. Start reading at Image.Write.
package image

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// user and group that the entrypoint runs as: "nonroot" of the distroless images, which Kubernetes' runAsNonRoot takes.
const user = "65532:65532"

const tarOverhead = 4 << 10 // more than a file's header, padding and the archive's end

// Image is what goes into a container image.
type Image struct {
	Ref        string            // registry/name:tag, the tag being part of it
	Files      map[string]string // path in the image -> file on this machine; executable where the file is
	Entrypoint []string
}

// Write writes the image as a tar archive that containerd, Docker and kind load.
func (i Image) Write(out io.Writer) error {
	tag, err := name.NewTag(i.Ref, name.StrictValidation)
	if err != nil {
		return fmt.Errorf("image reference %q: %w", i.Ref, err)
	}
	layer, err := i.layer()
	if err != nil {
		return fmt.Errorf("image %s: %w", i.Ref, err)
	}
	built, err := mutate.AppendLayers(empty.Image, static.NewLayer(layer, types.DockerUncompressedLayer))
	if err != nil {
		return fmt.Errorf("image %s: %w", i.Ref, err)
	}
	config, err := built.ConfigFile()
	if err != nil {
		return fmt.Errorf("image %s: %w", i.Ref, err)
	}
	config = config.DeepCopy()
	config.Architecture, config.OS = runtime.GOARCH, "linux"
	config.Config = v1.Config{Entrypoint: i.Entrypoint, User: user, WorkingDir: "/", Env: []string{"PATH=/"}}
	if built, err = mutate.ConfigFile(built, config); err != nil {
		return fmt.Errorf("image %s: %w", i.Ref, err)
	}
	if err := tarball.Write(tag, built, out); err != nil {
		return fmt.Errorf("write image %s: %w", i.Ref, err)
	}
	return nil
}

// layer is not compressed: it is unpacked again on the same machine.
func (i Image) layer() ([]byte, error) {
	var out bytes.Buffer
	archive := tar.NewWriter(&out)
	made := map[string]bool{".": true}
	for _, target := range slices.Sorted(maps.Keys(i.Files)) {
		inside := strings.TrimPrefix(path.Clean(target), "/")
		if err := writeParents(archive, path.Dir(inside), made); err != nil {
			return nil, err
		}
		if err := writeFile(&out, archive, inside, i.Files[target]); err != nil {
			return nil, err
		}
	}
	err := archive.Close()
	return out.Bytes(), err
}

func writeParents(archive *tar.Writer, dir string, made map[string]bool) error {
	if made[dir] {
		return nil
	}
	if err := writeParents(archive, path.Dir(dir), made); err != nil {
		return err
	}
	made[dir] = true
	return archive.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: dir + "/", Mode: 0o755, ModTime: time.Unix(0, 0)})
}

func writeFile(out *bytes.Buffer, archive *tar.Writer, inside, source string) error {
	file, err := os.Open(source)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	mode := int64(0o644)
	if info.Mode()&0o100 != 0 {
		mode = 0o755
	}
	out.Grow(int(info.Size()) + tarOverhead)
	header := &tar.Header{Typeflag: tar.TypeReg, Name: inside, Mode: mode, Size: info.Size(), ModTime: time.Unix(0, 0)}
	if err := archive.WriteHeader(header); err != nil {
		return err
	}
	_, err = io.Copy(archive, file)
	return err
}

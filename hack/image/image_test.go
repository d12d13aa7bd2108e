package image

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

func example(t *testing.T) Image {
	t.Helper()
	dir := t.TempDir()
	program, settings := filepath.Join(dir, "program"), filepath.Join(dir, "settings")
	if err := errors.Join(os.WriteFile(program, []byte("binary"), 0o755), os.WriteFile(settings, []byte("text"), 0o600)); err != nil {
		t.Fatal(err)
	}
	return Image{
		Ref:        "registry.local/followup/webhook:dev",
		Files:      map[string]string{"/webhook": program, "/etc/webhook/settings": settings},
		Entrypoint: []string{"/webhook", "--listen=:8080"},
	}
}

func read(t *testing.T, archive []byte) v1.Image {
	t.Helper()
	image, err := tarball.Image(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(archive)), nil }, nil)
	if err != nil {
		t.Fatal(err)
	}
	return image
}

func TestImageHoldsFilesAndRunsAsNobodyInParticular(t *testing.T) {
	var archive bytes.Buffer
	if err := example(t).Write(&archive); err != nil {
		t.Fatal(err)
	}
	image := read(t, archive.Bytes())
	config, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"/webhook", "--listen=:8080"}, config.Config.Entrypoint); diff != "" {
		t.Error(diff)
	}
	if config.Config.User != "65532:65532" {
		t.Errorf("user %q", config.Config.User)
	}
	layers, err := image.Layers()
	if err != nil || len(layers) != 1 {
		t.Fatalf("%d layers, %v", len(layers), err)
	}
	content, err := layers[0].Uncompressed()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int64{"etc/": 0o755, "etc/webhook/": 0o755, "etc/webhook/settings": 0o644, "webhook": 0o755}
	if diff := cmp.Diff(want, modes(t, content)); diff != "" {
		t.Error(diff)
	}
}

func modes(t *testing.T, content io.Reader) map[string]int64 {
	t.Helper()
	found := map[string]int64{}
	for archive := tar.NewReader(content); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		found[header.Name] = header.Mode
	}
}

func TestSameFilesMakeTheSameImage(t *testing.T) {
	image := example(t)
	var first, second bytes.Buffer
	if err := errors.Join(image.Write(&first), image.Write(&second)); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("two writes differ")
	}
}

func TestReferenceWithoutTagIsRefused(t *testing.T) {
	image := example(t)
	image.Ref = "webhook"
	if err := image.Write(io.Discard); err == nil {
		t.Error("want an error: the tag is what a pod names")
	}
}

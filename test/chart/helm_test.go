package chart

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/kubernetes/scheme"
)

const (
	root      = "../.."
	namespace = "followup-system"
	// fullname is what the chart calls its objects in a release of this name.
	fullname = "followup-operator"
)

// working are the least settings that install.
var working = []string{"database.existingSecret.name=pg"}

// helm returns the program to test with: $HELM, which `make test` sets, or the pinned one, built if need be.
func helm(t *testing.T) string {
	t.Helper()
	if path := os.Getenv("HELM"); path != "" {
		return path
	}
	build := exec.CommandContext(t.Context(), filepath.Join(root, "hack/tools/build.sh"), "helm")
	build.Stderr = os.Stderr
	path, err := build.Output()
	if err != nil {
		t.Fatalf("build helm: %v", err)
	}
	return strings.TrimSpace(string(path))
}

// chart copies the chart to a directory of this test. Reading it in this process tells `go test` which
// files the result depends on; it cannot know what helm reads.
func chart(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "followup-operator")
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(root, "charts/followup-operator"))); err != nil {
		t.Fatal(err)
	}
	return dir
}

// template runs `helm template` with the settings and returns what it prints, or its error message.
func template(t *testing.T, settings ...string) (manifests []byte, problem string) {
	t.Helper()
	args := []string{"template", fullname, chart(t), "--namespace", namespace}
	for _, s := range settings {
		args = append(args, "--set", s)
	}
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), helm(t), args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return nil, stderr.String()
	}
	if err != nil {
		t.Fatal(err)
	}
	return stdout.Bytes(), ""
}

// render returns the objects that the chart makes of the settings; each must be valid for its kind, without unknown fields.
func render(t *testing.T, settings ...string) []runtime.Object {
	t.Helper()
	manifests, problem := template(t, settings...)
	if problem != "" {
		t.Fatal(problem)
	}
	decoder := serializer.NewCodecFactory(scheme.Scheme, serializer.EnableStrict).UniversalDeserializer()
	documents := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(manifests)))
	var objects []runtime.Object
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return objects
		}
		if err != nil {
			t.Fatal(err)
		}
		object, _, err := decoder.Decode(document, nil, nil)
		if err != nil {
			t.Fatalf("%v in\n%s", err, document)
		}
		objects = append(objects, object)
	}
}

// find returns the object of type T with the name.
func find[T metav1.Object](t *testing.T, objects []runtime.Object, name string) T {
	t.Helper()
	for _, object := range objects {
		if typed, ok := object.(T); ok && typed.GetName() == name {
			return typed
		}
	}
	var none T
	t.Fatalf("no %T named %q", none, name)
	return none
}

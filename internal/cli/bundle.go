package cli

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/internal/cli/redact"
)

// bundle collects the files of a report. All that goes in is redacted.
type bundle struct {
	at       time.Time
	files    []bundleFile
	images   []string
	problems []string
}

type bundleFile struct {
	name string
	text []byte
}

// bundleManifest is manifest.json of a bundle.
type bundleManifest struct {
	At       time.Time `json:"at"`
	Files    []string  `json:"files"`
	Problems []string  `json:"problems"` // what could not be read, and why
}

func newBundle(at time.Time) *bundle { return &bundle{at: at} }

func (b *bundle) problem(what string, err error) {
	b.problems = append(b.problems, redact.Text(what+": "+err.Error()))
}

func (b *bundle) addText(name, text string) {
	b.files = append(b.files, bundleFile{name: name, text: []byte(redact.Text(text))})
}

// addList adds a list of objects, if it can be read.
func (b *bundle) addList(ctx context.Context, kube client.Client, name, apiVersion, kind string, options ...client.ListOption) {
	list := &unstructured.UnstructuredList{}
	list.SetAPIVersion(apiVersion)
	list.SetKind(kind + "List")
	if err := kube.List(ctx, list, options...); err != nil {
		b.problem(name, err)
		return
	}
	items := make([]any, 0, len(list.Items))
	for i := range list.Items {
		items = append(items, stripped(&list.Items[i]))
	}
	b.addYAML(name, map[string]any{"apiVersion": "v1", "kind": "List", "items": items})
}

// addOne adds an object, if it can be read.
func (b *bundle) addOne(ctx context.Context, kube client.Client, name string, t target, namespace string) {
	o := &unstructured.Unstructured{}
	o.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind(t.kind.name))
	if err := kube.Get(ctx, client.ObjectKey{Namespace: namespace, Name: t.name}, o); err != nil {
		b.problem(name, err)
		return
	}
	b.addYAML(name, stripped(o))
}

func (b *bundle) addYAML(name string, value any) {
	text, err := yaml.Marshal(redact.Value(value))
	if err != nil {
		b.problem(name, err)
		return
	}
	b.addText(name, string(text))
}

// stripped leaves out what is long and says nothing, and the values of environment variables, which may be anything.
func stripped(o *unstructured.Unstructured) map[string]any {
	o.SetManagedFields(nil)
	annotations := o.GetAnnotations()
	delete(annotations, corev1.LastAppliedConfigAnnotation)
	o.SetAnnotations(annotations)
	for _, pod := range [][]string{{"spec"}, {"spec", "template", "spec"}} {
		for _, containers := range []string{"containers", "initContainers", "ephemeralContainers"} {
			stripEnv(o.Object, append(slices.Clip(pod), containers))
		}
	}
	return o.Object
}

func stripEnv(object map[string]any, path []string) {
	containers, _, err := unstructured.NestedFieldNoCopy(object, path...)
	list, isList := containers.([]any)
	if err != nil || !isList {
		return
	}
	for _, container := range list {
		fields, _ := container.(map[string]any)
		variables, _ := fields["env"].([]any)
		for _, variable := range variables {
			if v, ok := variable.(map[string]any); ok && v["value"] != nil {
				v["value"] = "REDACTED"
			}
		}
	}
}

// write writes a gzipped tar of all files, the manifest first.
func (b *bundle) write(w io.Writer) error {
	manifest := bundleManifest{At: b.at.UTC(), Files: []string{}, Problems: append([]string{}, b.problems...)}
	for _, f := range b.files {
		manifest.Files = append(manifest.Files, f.name)
	}
	text, err := json.MarshalIndent(manifest, "", "  ")
	if err != nil {
		return err
	}
	zipped := gzip.NewWriter(w)
	archive := tar.NewWriter(zipped)
	for _, f := range append([]bundleFile{{name: "manifest.json", text: text}}, b.files...) {
		header := &tar.Header{Name: "followup-report/" + f.name, Mode: 0o600, Size: int64(len(f.text)), ModTime: b.at}
		if err := archive.WriteHeader(header); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		if _, err := archive.Write(f.text); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
	}
	return errors.Join(archive.Close(), zipped.Close())
}

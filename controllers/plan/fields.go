package plan

import (
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// bookkeeping is what the API server and the operator keep beside what is declared.
var bookkeeping = []string{
	"status", "metadata.managedFields", "metadata.resourceVersion", "metadata.generation", "metadata.uid", "metadata.creationTimestamp",
	"metadata.annotations[followup.dev/applied]",
}

// differences are the paths of what differs, without the values: a Secret's are among them.
func differences(before, after client.Object) ([]string, error) {
	was, err := runtime.DefaultUnstructuredConverter.ToUnstructured(before)
	if err != nil {
		return nil, err
	}
	is, err := runtime.DefaultUnstructuredConverter.ToUnstructured(after)
	if err != nil {
		return nil, err
	}
	delete(was, "kind") // which typed objects of a cache lack
	delete(is, "kind")
	delete(was, "apiVersion")
	delete(is, "apiVersion")
	return differing("", was, is), nil
}

func differing(path string, was, is map[string]any) (found []string) {
	all := maps.Clone(was)
	maps.Copy(all, is)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		at := join(path, name)
		if slices.Contains(bookkeeping, at) || equality.Semantic.DeepEqual(was[name], is[name]) {
			continue
		}
		before, wasMap := was[name].(map[string]any)
		after, isMap := is[name].(map[string]any)
		if wasMap || isMap {
			found = append(found, differing(at, before, after)...)
			continue
		}
		found = append(found, at)
	}
	return found
}

// join writes a name that has dots, such as an annotation's, in brackets.
func join(path, name string) string {
	switch {
	case path == "":
		return name
	case strings.ContainsAny(name, "./"):
		return path + "[" + name + "]"
	default:
		return path + "." + name
	}
}

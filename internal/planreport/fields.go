package planreport

import (
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"
)

// bookkeeping is what the API server, kubectl and the operator keep beside what is declared.
var bookkeeping = []string{
	"apiVersion", "kind", // of objects of a cache, not there
	"status", "metadata.managedFields", "metadata.resourceVersion", "metadata.generation", "metadata.uid", "metadata.creationTimestamp",
	"metadata.annotations[followup.dev/applied]", "metadata.annotations[kubectl.kubernetes.io/last-applied-configuration]",
}

// Differences are the paths of what differs between two versions of an object, without the values: a Secret's may be among them.
func Differences(before, after map[string]any) []string { return differing("", before, after) }

func differing(path string, was, is map[string]any) (found []string) {
	all := map[string]any{}
	maps.Copy(all, was)
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

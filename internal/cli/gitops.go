package cli

import (
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/controller-runtime/pkg/client"
)

// keepers are what sets an object back to what somebody declared elsewhere, and the marks that they leave on it.
var keepers = []struct {
	name     string
	marks    []string // labels and annotations
	managers []string // in managedFields
}{
	{
		name: "Argo CD", marks: []string{"argocd.argoproj.io/tracking-id", "argocd.argoproj.io/instance"},
		managers: []string{"argocd-controller", "argocd-application-controller"},
	},
	{
		name: "Flux", marks: []string{"kustomize.toolkit.fluxcd.io/name", "helm.toolkit.fluxcd.io/name"},
		managers: []string{"kustomize-controller", "helm-controller", "flux"},
	},
	{name: "Config Sync", marks: []string{"configsync.gke.io/resource-id", "configmanagement.gke.io/managed"}, managers: []string{"configsync"}},
	{name: "Helm", marks: []string{"meta.helm.sh/release-name"}, managers: []string{"helm"}},
	{name: "Crossplane", marks: []string{"crossplane.io/composite"}},
}

// managedBy names what keeps an object as it is declared elsewhere, with the mark that shows it, or nothing.
func managedBy(o client.Object) string {
	for _, keeper := range keepers {
		for _, mark := range keeper.marks {
			for _, marks := range []map[string]string{o.GetLabels(), o.GetAnnotations()} {
				if value := marks[mark]; value != "" {
					return fmt.Sprintf("%s (%s: %s)", keeper.name, mark, value)
				}
			}
		}
		for _, fields := range o.GetManagedFields() {
			if fields.Subresource == "" && slices.Contains(keeper.managers, strings.ToLower(fields.Manager)) {
				return fmt.Sprintf("%s (field manager %s)", keeper.name, fields.Manager)
			}
		}
	}
	return ""
}

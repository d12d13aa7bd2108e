package integration

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/internal/i18n" //nolint:depguard // its languages are those that spec.locale may offer
)

// What spec.locale offers, what there is a catalogue for, and what the row may hold stand in three places.
func TestTenantMayHaveEachLanguageThatWeSpeak(t *testing.T) {
	if diff := cmp.Diff(i18n.Languages, offeredLocales(t)); diff != "" {
		t.Errorf("spec.locale offers (-catalogues +enum):\n%s", diff)
	}
	_, ns := world(t)
	for i, language := range i18n.Languages {
		tenant := newTenant("acme-" + language)
		tenant.Spec.Workspace.TeamID = fmt.Sprintf("T%010d", i)
		tenant.Spec.Locale = v1alpha1.Locale(language)
		ns.create(tenant)
		ns.await(tenant, v1alpha1.ConditionDatabaseSynced, metav1.ConditionTrue, v1alpha1.ReasonSynced)
	}
}

func offeredLocales(t *testing.T) []string {
	t.Helper()
	crds, err := decodeFile(filepath.Join("..", "..", "config", "crd", "bases", "followup.dev_tenants.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	versions, _, err := unstructured.NestedSlice(crds[0].Object, "spec", "versions")
	if err != nil || len(versions) != 1 {
		t.Fatalf("%d versions, %v; want one", len(versions), err)
	}
	version, _ := versions[0].(map[string]any)
	locales, _, err := unstructured.NestedStringSlice(version,
		"schema", "openAPIV3Schema", "properties", "spec", "properties", "locale", "enum")
	if err != nil {
		t.Fatal(err)
	}
	return locales
}

package integration

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/discovery"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
)

// table returns what kubectl get prints (without -o wide), but for the age.
func (ns *namespace) table(resource string) (lines []string) {
	ns.t.Helper()
	client, err := discovery.NewDiscoveryClientForConfig(admin)
	if err != nil {
		ns.t.Fatal(err)
	}
	raw, err := client.RESTClient().Get().AbsPath("/apis/followup.dev/v1alpha1/namespaces", ns.name, resource).
		SetHeader("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io").DoRaw(ns.t.Context())
	if err != nil {
		ns.t.Fatal(err)
	}
	var table metav1.Table
	if err := json.Unmarshal(raw, &table); err != nil {
		ns.t.Fatal(err)
	}
	var header []any
	for _, column := range table.ColumnDefinitions {
		if column.Priority == 0 && column.Name != "Age" {
			header = append(header, column.Name)
		}
	}
	lines = append(lines, fmt.Sprintln(header...))
	for _, row := range table.Rows {
		var cells []any
		for i, column := range table.ColumnDefinitions {
			if column.Priority == 0 && column.Name != "Age" {
				cells = append(cells, row.Cells[i])
			}
		}
		lines = append(lines, fmt.Sprintln(cells...))
	}
	return lines
}

func TestColumnsTellWhatMatters(t *testing.T) {
	_, ns := everything(t)
	held := newTenant("initech")
	held.Spec.Workspace = v1alpha1.Workspace{EnterpriseID: "E0123456789", Name: "Initech"}
	held.Spec.StopPolicy = v1alpha1.StopHold
	ns.create(held)
	ns.await(held, v1alpha1.ConditionHeld, metav1.ConditionTrue, v1alpha1.ReasonHeld)
	ns.awaitTenant("initech", connections, "0/0")

	for resource, want := range map[string][]string{
		"slackapps": {
			"Name App ID Pods Ready Reason\n",
			"followup A0123456789 2 True Ready\n",
		},
		"tenants": {
			"Name Workspace Plan Users Usage Connections Active Held Ready Reason\n",
			"acme Acme pro 0 0/1000 CRM writes today 2/2 <nil> False True Ready\n",
			"globex Acme pro 0 0/1000 CRM writes today 0/0 <nil> False True Ready\n",
			"initech Initech pro 0 0/1000 CRM writes today 0/0 <nil> True False ExternalSecretPending\n",
		},
		"crmconnections": {
			"Name Tenant Provider Ready Reason Verified Healthy\n",
			"acme-crono acme Crono True Ready Unknown <nil>\n",
			"acme-google acme Google True Ready Unknown <nil>\n",
		},
	} {
		if diff := cmp.Diff(want, ns.table(resource)); diff != "" {
			t.Errorf("kubectl get %s (-want +got):\n%s", resource, diff)
		}
	}
}

func TestShortNamesAndCategory(t *testing.T) {
	found := map[string]string{}
	client, err := discovery.NewDiscoveryClientForConfig(admin)
	if err != nil {
		t.Fatal(err)
	}
	resources, err := client.ServerResourcesForGroupVersion(v1alpha1.GroupVersion.String())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range resources.APIResources {
		if len(r.ShortNames) > 0 {
			found[r.Name] = fmt.Sprint(r.ShortNames, r.Categories)
		}
	}
	want := map[string]string{"slackapps": "[sapp] [followup]", "tenants": "[ften] [followup]", "crmconnections": "[crm] [followup]"}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

package integration

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/internal/cli"
)

// plugin runs kubectl followup as the administrator, and returns what it prints and its exit code.
func (ns *namespace) plugin(stdin string, args ...string) (output string, code int) {
	ns.t.Helper()
	kubeconfig := filepath.Join(ns.t.TempDir(), "kubeconfig")
	config := clientcmdapi.Config{
		Clusters: map[string]*clientcmdapi.Cluster{"test": {Server: admin.Host, CertificateAuthorityData: admin.CAData}},
		AuthInfos: map[string]*clientcmdapi.AuthInfo{"admin": {
			ClientCertificateData: admin.CertData, ClientKeyData: admin.KeyData, Token: admin.BearerToken,
		}},
		Contexts:       map[string]*clientcmdapi.Context{"test": {Cluster: "test", AuthInfo: "admin", Namespace: ns.name}},
		CurrentContext: "test",
	}
	if err := clientcmd.WriteToFile(config, kubeconfig); err != nil {
		ns.t.Fatal(err)
	}
	var out, complaints bytes.Buffer
	command := cli.New(genericiooptions.IOStreams{In: strings.NewReader(stdin), Out: &out, ErrOut: &complaints})
	command.SetArgs(append(args, "--kubeconfig", kubeconfig, "--cache-dir", ns.t.TempDir()))
	if err := command.ExecuteContext(ns.t.Context()); err != nil {
		ns.t.Logf("kubectl followup %s: %v\n%s", args[0], err, &complaints)
		return out.String() + err.Error(), cli.ExitCode(err)
	}
	return out.String(), 0
}

func TestThePluginHoldsResumesReconcilesAndShows(t *testing.T) {
	o, ns := world(t)
	acme := ns.readyTenant(newTenant("acme"))
	for _, tc := range []struct {
		args   []string
		says   []string
		policy v1alpha1.StopPolicy
	}{
		{[]string{"status", "acme"}, []string{"Tenant acme in namespace " + ns.name + ": Ready", "Acme (T0123456789)", "meetings_processed"}, ""},
		{[]string{"status"}, []string{"acme   Acme        pro"}, ""},
		{[]string{"hold", "acme"}, []string{"acme is held: Held", "Followup is paused"}, v1alpha1.StopHold},
		{[]string{"status", "acme"}, []string{"! Held=True"}, v1alpha1.StopHold},
		{[]string{"resume", "acme"}, []string{"acme is served"}, ""},
		{[]string{"reconcile", "acme", "slackapp/followup"}, []string{"Tenant acme: done, Ready=True", "SlackApp followup: done, Ready=True"}, ""},
	} {
		output, code := ns.plugin("", tc.args...)
		mustContain(t, output, tc.says...)
		ns.get(acme)
		if code != 0 || acme.Spec.StopPolicy != tc.policy {
			t.Errorf("%v: exit code %d, policy %q", tc.args, code, acme.Spec.StopPolicy)
		}
	}
	o.stop()
	if output, code := ns.plugin("", "reconcile", "acme", "--timeout", "500ms"); code != 1 || !strings.Contains(output, "no pod of the operator") {
		t.Errorf("without an operator: exit code %d, %s", code, output)
	}
}

func TestThePluginsPlanIsTheAPIServersAndTheOperators(t *testing.T) {
	o, ns := world(t)
	ns.readyTenant(newTenant("acme"))
	server := httptest.NewServer(o.planner.Handler())
	t.Cleanup(server.Close)
	plan := func(objects ...client.Object) (string, int) {
		var file bytes.Buffer
		for _, object := range objects {
			gvk, err := apiutil.GVKForObject(object, kube.Scheme())
			if err != nil {
				t.Fatal(err)
			}
			object.GetObjectKind().SetGroupVersionKind(gvk)
			if err := json.NewEncoder(&file).Encode(object); err != nil {
				t.Fatal(err)
			}
		}
		return ns.plugin(file.String(), "plan", "-f", "-", "--operator-url", server.URL)
	}
	versions := ns.resourceVersions()

	if output, code := plan(newTenant("acme")); code != 0 || !strings.Contains(output, "nothing would change") {
		t.Errorf("the same: exit code %d\n%s", code, output)
	}

	dearer := newTenant("acme")
	dearer.Spec.Plan = v1alpha1.PlanEnterprise
	globex := newTenant("globex")
	globex.Spec.Workspace.TeamID = "T9876543210"
	globex.Spec.Slack.Credentials = named("globex", "bot_token")
	secret := newSecret("globex", v1alpha1.LabelTenant, "globex", map[string]string{"bot_token": botToken})
	output, code := plan(dearer, globex, secret)
	mustContain(t, output, "~ Tenant "+ns.name+"/acme: update", "fields: spec.plan", "+ Tenant "+ns.name+"/globex: create", "row of tenants: create",
		"ExternalSecret "+ns.name+"/tenant-globex-fathom: create", "Secret globex, key bot_token: present")
	if code != 2 || strings.Contains(output, planted) {
		t.Errorf("exit code %d:\n%s", code, output)
	}

	wrong := newTenant("wrong")
	wrong.Spec.Workspace.EnterpriseID = "E0123456789"
	output, code = plan(wrong)
	mustContain(t, output, "Tenant "+ns.name+"/wrong: can't be planned", "set exactly one of teamID")
	if now := ns.resourceVersions(); code != 1 || !maps.Equal(now, versions) {
		t.Errorf("exit code %d, objects are %v, were %v", code, now, versions)
	}
}

// Whoever applied an object by server-side apply finds that a field which the file no longer has goes.
func TestThePluginPlansForWhoAppliedTheObject(t *testing.T) {
	o, ns := world(t)
	server := httptest.NewServer(o.planner.Handler())
	t.Cleanup(server.Close)
	const file = `{"apiVersion": "followup.dev/v1alpha1", "kind": "Tenant", "metadata": {"name": "acme"}, "spec": {"slackAppRef": {"name": "followup"},
		"workspace": {"teamID": "T0123456789", "name": "Acme"}, "plan": "pro", TRIAL
		"slack": {"credentials": {"secretRef": {"name": "acme", "key": "a"}}}, "fathom": {"credentials": {"secretRef": {"name": "acme", "key": "b"}}}}}`
	applied := decode(t, strings.Replace(file, "TRIAL", `"trialEndsAt": "2099-12-31T23:59:59Z",`, 1))
	applied.SetNamespace(ns.name)
	if err := kube.Apply(context.Background(), client.ApplyConfigurationFromUnstructured(applied), client.FieldOwner("flux")); err != nil {
		t.Fatal(err)
	}
	ns.awaitReady(&v1alpha1.Tenant{ObjectMeta: ns.meta("acme")}, metav1.ConditionFalse, v1alpha1.ReasonSecretNotFound)
	output, code := ns.plugin(strings.Replace(file, "TRIAL", "", 1), "plan", "-f", "-", "--operator-url", server.URL)
	mustContain(t, output, "fields: spec.trialEndsAt", "Secret acme, key a: missing")
	if code != 2 {
		t.Errorf("exit code %d", code)
	}
}

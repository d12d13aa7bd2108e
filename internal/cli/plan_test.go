package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/cli-runtime/pkg/resource"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/yaml"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/internal/planreport"
)

// given is what a file holds, as the resource builder returns it.
func given(t *testing.T, texts ...string) (infos []*resource.Info) {
	t.Helper()
	for _, text := range texts {
		o := &unstructured.Unstructured{}
		if err := yaml.Unmarshal([]byte(text), &o.Object); err != nil {
			t.Fatal(err)
		}
		infos = append(infos, &resource.Info{Object: o, Namespace: "followup", Mapping: &meta.RESTMapping{Scope: meta.RESTScopeNamespace}})
	}
	return infos
}

const (
	acmeInFile = `
apiVersion: followup.dev/v1alpha1
kind: Tenant
metadata: {name: acme}
spec: {slackAppRef: {name: followup}, plan: enterprise, workspace: {teamID: T0123456789, name: Acme}, trialEndsAt: "2026-12-04T12:00:00Z"}`
	globexInFile = `
apiVersion: followup.dev/v1alpha1
kind: Tenant
metadata: {name: globex}
spec: {slackAppRef: {name: followup}, plan: pro, workspace: {teamID: T9876543210, name: Globex}}`
	invalidInFile = `
apiVersion: followup.dev/v1alpha1
kind: Tenant
metadata: {name: invalid}`
	serviceInFile = `
apiVersion: v1
kind: Service
metadata: {name: x}
spec: {type: ClusterIP}`
	secretInFile = `
apiVersion: v1
kind: Secret
metadata: {name: globex}
stringData: {bot_token: xoxb-planted0secret}`
)

// operatorAnswers plays the operator: it tells for each object it is sent what the map has for its name.
func operatorAnswers(t *testing.T, answers map[string]planreport.Object, dependents ...planreport.Object) (address string, asked *[]string) {
	t.Helper()
	asked = &[]string{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		report := planreport.Report{Objects: []planreport.Object{}, Dependents: dependents}
		for decoder := json.NewDecoder(r.Body); ; {
			o := &unstructured.Unstructured{}
			if decoder.Decode(&o.Object) != nil {
				break
			}
			*asked = append(*asked, o.GetKind()+" "+o.GetNamespace()+"/"+o.GetName())
			report.Objects = append(report.Objects, answers[o.GetKind()+" "+o.GetName()])
		}
		report.Summary.NotReady = 1
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(report)
	}))
	t.Cleanup(server.Close)
	return server.URL, asked
}

// dryRuns plays the API server, as the fake one returns nothing of a dry run of a patch, and refuses a Tenant.
func dryRuns() interceptor.Funcs {
	return interceptor.Funcs{
		Patch: func(ctx context.Context, c client.WithWatch, o client.Object, patch client.Patch, _ ...client.PatchOption) error {
			return c.Patch(ctx, o, patch)
		},
		Create: func(ctx context.Context, c client.WithWatch, o client.Object, options ...client.CreateOption) error {
			if o.GetName() == "invalid" {
				return apierrors.NewInvalid(v1alpha1.GroupVersion.WithKind("Tenant").GroupKind(), "invalid", field.ErrorList{
					field.Required(field.NewPath("spec", "plan"), ""), field.Invalid(field.NewPath("spec", "workspace"), "{}", "set exactly one of teamID and enterpriseID"),
				})
			}
			return c.Create(ctx, o, options...)
		},
	}
}

func TestPlanShowsWhatWouldChange(t *testing.T) {
	root := here(t)
	b := newBench(t, dryRuns(), acme())
	address, asked := operatorAnswers(t, map[string]planreport.Object{
		"Tenant acme": {
			Rows: []planreport.Row{{Table: "tenants", Action: planreport.Update, Changes: []planreport.Change{
				{Column: "plan", From: "pro", To: "enterprise"}, {Column: "trial_ends_at", From: "2026-12-04 12:00:00+00"},
			}}},
			Kubernetes: []planreport.Resource{{Kind: "ExternalSecret", Namespace: "followup", Name: "tenant-acme-ai", Action: planreport.Delete}},
			Secrets:    []planreport.Secret{{Field: "spec.slack.credentials", Name: "tenant-acme-slack", Key: "credentials", State: planreport.Present}},
			Conditions: []metav1.Condition{condition("Ready", "True", "Ready", "all is well")},
		},
		"Tenant globex": {
			Rows: []planreport.Row{{Table: "tenants", Action: planreport.Create, Changes: []planreport.Change{{Column: "slack_team_name", To: "Globex"}}}},
			Kubernetes: []planreport.Resource{
				{Kind: "ExternalSecret", Namespace: "followup", Name: "tenant-globex-slack", Action: planreport.Create},
				{Kind: "ExternalSecret", Namespace: "followup", Name: "tenant-globex-fathom", Action: planreport.Update, Fields: []string{"spec.data"}},
			},
			Secrets: []planreport.Secret{{Field: "spec.slack.credentials", Name: "globex", Key: "bot_token", State: planreport.Missing, Note: "create it, labelled"}},
			Conditions: []metav1.Condition{
				condition("Ready", "False", "SecretNotFound", "there is no Secret globex"), condition("Reconciling", "True", "SecretNotFound", "there is none"),
			},
		},
	}, planreport.Object{
		Kind: "CRMConnection", Namespace: "followup", Name: "acme-crono", Action: planreport.Unchanged,
		Rows: []planreport.Row{{Table: "crm_connections", Action: planreport.Update, Changes: []planreport.Change{{Column: "disabled", From: "true", To: "false"}}}},
	})
	p := &planning{env: b.environment(), operatorURL: address + "/"}
	report, err := p.report(t.Context(), b.kube, given(t, acmeInFile, invalidInFile, serviceInFile, globexInFile, secretInFile))
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := render(&text, report); err != nil {
		t.Fatal(err)
	}
	golden(t, root, "plan.txt", text.String())
	if diff := cmp.Diff([]string{"Tenant followup/acme", "Tenant followup/globex", "Secret followup/globex"}, *asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
	if strings.Contains(text.String(), "planted0") {
		t.Error("a secret is in the plan")
	}
	if err := verdict(report); ExitCode(err) != 1 || !strings.Contains(err.Error(), "1 of 6 objects can't be planned") {
		t.Errorf("verdict %v", err)
	}
	if b.kube.Get(t.Context(), client.ObjectKey{Namespace: "followup", Name: "globex"}, &v1alpha1.Tenant{}) == nil {
		t.Error("what was only planned exists")
	}
}

func TestAPlanWithoutChangesEndsWith0AndWithChangesWith2(t *testing.T) {
	address, _ := operatorAnswers(t, map[string]planreport.Object{})
	same := strings.Replace(acmeInFile, "enterprise", "pro", 1)
	for text, want := range map[string]int{same: 0, acmeInFile: 2} {
		b := newBench(t, dryRuns(), acme())
		p := &planning{env: b.environment(), operatorURL: address}
		report, err := p.report(t.Context(), b.kube, given(t, text))
		if err != nil {
			t.Fatal(err)
		}
		err = verdict(report)
		if code := exitCode(err); code != want {
			t.Errorf("exit code %d, want %d: %+v", code, want, report)
		}
		if err != nil && explain(err).Error() != "" {
			t.Errorf("%q is printed", explain(err))
		}
	}
}

func exitCode(err error) int {
	if err == nil {
		return 0
	}
	return ExitCode(err)
}

// What the files no longer have goes only where it came from files.
func TestAPlanIsOfTheWayThatAnObjectWasApplied(t *testing.T) {
	without := strings.Replace(acmeInFile, `, trialEndsAt: "2026-12-04T12:00:00Z"`, "", 1)
	byKubectl := acme()
	text, err := yaml.YAMLToJSON([]byte(acmeInFile))
	if err != nil {
		t.Fatal(err)
	}
	byKubectl.Annotations = map[string]string{corev1.LastAppliedConfigAnnotation: string(text)}
	for name, tc := range map[string]struct {
		live *v1alpha1.Tenant
		want []string
	}{
		"made by kubectl create": {acme(), []string{"spec.plan"}},
		"applied by kubectl":     {byKubectl, []string{"spec.plan", "spec.trialEndsAt"}},
	} {
		b := newBench(t, dryRuns(), tc.live)
		o, _ := given(t, without)[0].Object.(*unstructured.Unstructured)
		o.SetNamespace("followup")
		planned, err := (&applying{}).dryRun(t.Context(), b.kube, o)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tc.want, planned.fields); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestAnOperatorThatDoesNotPlanIsTold(t *testing.T) {
	for name, tc := range map[string]struct {
		status      int
		contentType string
		body        string
		want        string
	}{
		"a sentence": {413, "text/plain; charset=utf-8", "plan fewer objects at a time\n", "HTTP 413): plan fewer objects at a time"},
		"a page":     {404, "text/html", "<html>", "HTTP 404): is it the operator's address"},
		"no plan":    {200, "application/json", "[", "is no plan"},
		"too little": {200, "application/json", "{}", "answered for 0 of 1 objects"},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			w.Header().Set("Content-Type", tc.contentType)
			w.WriteHeader(tc.status)
			io.WriteString(w, tc.body)
		}))
		b := newBench(t, interceptor.Funcs{}, acme())
		p := &planning{env: b.environment(), operatorURL: server.URL}
		_, err := p.report(t.Context(), b.kube, given(t, acmeInFile))
		server.Close()
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAnOperatorThatIsNotThereIsTold(t *testing.T) {
	unready := operatorPod()
	unready.Status.Conditions = nil
	for want, objects := range map[string][]client.Object{
		"no pod with the label app.kubernetes.io/name=followup-operator in any namespace": nil,
		"no pod of the operator is ready: kubectl describe pod followup-operator-1":       {unready},
	} {
		b := newBench(t, interceptor.Funcs{}, append(objects, acme())...)
		_, err := (&planning{env: b.environment()}).report(t.Context(), b.kube, given(t, acmeInFile))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestTheOperatorIsFoundByWhoMayNotLookEverywhere(t *testing.T) {
	b := newBench(t, interceptor.Funcs{
		List: func(ctx context.Context, c client.WithWatch, list client.ObjectList, options ...client.ListOption) error {
			applied := client.ListOptions{}
			applied.ApplyOptions(options)
			if applied.Namespace == "" {
				return forbidden("list")
			}
			return c.List(ctx, list, options...)
		},
	}, operatorPod())
	pod, err := readyOperator(t.Context(), b.kube, "")
	if err != nil || pod.Name != "followup-operator-1" {
		t.Errorf("got %v, %v", pod, err)
	}
}

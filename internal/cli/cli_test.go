package cli

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
)

var update = flag.Bool("update", false, "write the files in testdata anew")

var oneScheme = sync.OnceValues(newScheme)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func before(d time.Duration) metav1.Time { return metav1.NewTime(noon.Add(-d)) }

// bench runs commands on a cluster that is not there.
type bench struct {
	t        *testing.T
	kube     client.Client
	out, err bytes.Buffer
	in       string
	logs     map[string]string // by container
}

// newBench has a cluster with objects. The operator of it is the interceptor.
func newBench(t *testing.T, operator interceptor.Funcs, objects ...client.Object) *bench {
	t.Helper()
	t.Chdir(t.TempDir())
	t.Setenv("KUBECONFIG", "none")
	scheme, err := oneScheme()
	if err != nil {
		t.Fatal(err)
	}
	kube := fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).
		WithStatusSubresource(&v1alpha1.Tenant{}, &v1alpha1.SlackApp{}, &v1alpha1.CRMConnection{}).
		WithInterceptorFuncs(operator).
		WithIndex(&corev1.Event{}, "involvedObject.name", func(o client.Object) []string {
			event, _ := o.(*corev1.Event)
			return []string{event.InvolvedObject.Name}
		}).Build()
	return &bench{t: t, kube: kube}
}

func (b *bench) environment() *environment {
	server := "https://cluster.test"
	flags := genericclioptions.NewConfigFlags(false)
	flags.APIServer = &server
	return &environment{
		IOStreams: genericiooptions.IOStreams{In: strings.NewReader(b.in), Out: &b.out, ErrOut: &b.err},
		flags:     flags,
		now:       func() time.Time { return noon },
		interval:  time.Millisecond,
		newClient: func(*rest.Config) (client.Client, error) { return b.kube, nil },
		readLog: func(_ context.Context, _ *rest.Config, _ corev1.Pod, options *corev1.PodLogOptions) ([]byte, error) {
			text, there := b.logs[options.Container]
			if !there {
				return nil, errors.New("no log")
			}
			return []byte(text), nil
		},
	}
}

// run returns what a command prints, and its error's text and exit code.
func (b *bench) run(args ...string) (stdout, problem string, code int) {
	b.t.Helper()
	b.out.Reset()
	b.err.Reset()
	root := newRoot(b.environment())
	root.SetArgs(append(args, "-n", "followup"))
	if err := root.ExecuteContext(b.t.Context()); err != nil {
		return b.out.String(), err.Error(), ExitCode(err)
	}
	return b.out.String(), "", 0
}

// golden compares with a file in testdata.
func golden(t *testing.T, root, name, got string) {
	t.Helper()
	path := filepath.Join(root, "testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got; go test -update writes it):\n%s", path, diff)
	}
}

func here(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func mustContain(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("no %q in:\n%s", part, text)
		}
	}
}

func condition(kind string, status metav1.ConditionStatus, reason, message string) metav1.Condition {
	return metav1.Condition{Type: kind, Status: status, Reason: reason, Message: message, ObservedGeneration: 2, LastTransitionTime: before(3 * time.Hour)}
}

func acme() *v1alpha1.Tenant {
	return &v1alpha1.Tenant{
		ObjectMeta: metav1.ObjectMeta{Namespace: "followup", Name: "acme", Generation: 2, CreationTimestamp: before(41 * 24 * time.Hour)},
		Spec: v1alpha1.TenantSpec{
			SlackAppRef: v1alpha1.LocalReference{Name: "followup"}, Plan: v1alpha1.PlanPro,
			Workspace:   v1alpha1.Workspace{TeamID: "T0123456789", Name: "Acme"},
			TrialEndsAt: new(metav1.NewTime(noon.Add(10 * 24 * time.Hour))),
		},
		Status: v1alpha1.TenantStatus{
			TenantID: "0199d5a2-7d4c-7000-8000-000000000001",
			Conditions: []metav1.Condition{
				condition("Ready", "True", "Ready", "everything declared is in place"),
				condition("DatabaseSynced", "True", "Synced", "the rows say what the spec says"),
				condition("Held", "False", "Served", "users are served"),
				condition("Verified", "False", "Refused", "spec.fathom.credentials: Fathom refused the API key;\nput a valid one there"),
			},
			Limits: []v1alpha1.LimitUsage{
				{Limit: v1alpha1.Limit{Resource: v1alpha1.MeetingsProcessed, Period: v1alpha1.PerMonth, Limit: 4000}, Used: new(int64(1))},
				{Limit: v1alpha1.Limit{Resource: v1alpha1.MeetingsProcessed, Period: v1alpha1.PerDay, Limit: 200}, Used: new(int64(41))},
				{Limit: v1alpha1.Limit{Resource: v1alpha1.APICalls, Period: v1alpha1.PerMinute, Limit: 120}},
				{Limit: v1alpha1.Limit{Resource: v1alpha1.CRMWrites, Period: v1alpha1.PerDay, Limit: 1000}, Used: new(int64(1200))},
			},
			Usage: "1200/1000 CRM writes today", Users: new(int32(12)), LastActivityTime: new(before(3 * time.Minute)),
			Connections: v1alpha1.ConnectionCount{Summary: "1/2"},
		},
	}
}

func connection(name string, provider v1alpha1.CRMProvider, conditions ...metav1.Condition) *v1alpha1.CRMConnection {
	return &v1alpha1.CRMConnection{
		ObjectMeta: metav1.ObjectMeta{Namespace: "followup", Name: name},
		Spec:       v1alpha1.CRMConnectionSpec{TenantRef: v1alpha1.LocalReference{Name: "acme"}, Provider: provider},
		Status:     v1alpha1.CRMConnectionStatus{Conditions: conditions, LastSuccessTime: new(before(time.Minute))},
	}
}

func event(name, kind, about, message string, ago time.Duration) *corev1.Event {
	return &corev1.Event{
		ObjectMeta:     metav1.ObjectMeta{Namespace: "followup", Name: name},
		InvolvedObject: corev1.ObjectReference{Kind: kind, Namespace: "followup", Name: about},
		Type:           "Warning", Reason: "Refused", Message: message, LastTimestamp: before(ago),
	}
}

func operatorPod() *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "followup-system", Name: "followup-operator-1", Labels: operatorLabels},
		Spec: corev1.PodSpec{Containers: []corev1.Container{{
			Name: "operator", Image: "example.com/operator:v1", Env: []corev1.EnvVar{{Name: "ANYTHING", Value: "planted0environment"}},
		}}},
		Status: corev1.PodStatus{Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}},
	}
}

func forbidden(verb string) error {
	return apierrors.NewForbidden(schema.GroupResource{Group: "followup.dev", Resource: "tenants"}, "acme",
		errors.New(`User "eve" cannot `+verb+` resource "tenants" in API group "followup.dev" in the namespace "followup"`))
}

func TestErrorsSayWhatToDo(t *testing.T) {
	globex := acme()
	globex.Name = "globex"
	for name, tc := range map[string]struct {
		args []string
		fail error
		want []string
	}{
		"no such Tenant":         {args: []string{"status", "acm"}, want: []string{`no Tenant "acm" in namespace "followup"`, "acme, globex", "-n"}},
		"no such SlackApp":       {args: []string{"reconcile", "slackapp/x"}, want: []string{`no SlackApp "x" in namespace "followup"`, "none at all"}},
		"no such kind":           {args: []string{"reconcile", "pod/x"}, want: []string{`"pod/x"`, "slackapp/NAME"}},
		"forbidden":              {args: []string{"status", "acme"}, fail: forbidden("get"), want: []string{"cannot get", "docs/cli.md", "tenants.followup.dev"}},
		"format":                 {args: []string{"status", "-o", "xml"}, want: []string{"--output", "use json or yaml"}},
		"all, and one":           {args: []string{"status", "acme", "-A"}, want: []string{"leave it out"}},
		"nothing to plan":        {args: []string{"plan"}, want: []string{"-f"}},
		"nobody to hold":         {args: []string{"hold"}, want: []string{"at least 1 arg"}},
		"one of two to hold":     {args: []string{"hold", "x", "acme", "--wait=false"}, want: []string{`no Tenant "x"`}},
		"report of who is not":   {args: []string{"report", "x"}, want: []string{`no Tenant "x"`}},
		"a file that can't be":   {args: []string{"report", "--output-file", "no/such/dir"}, want: []string{"--output-file"}},
		"completion of no shell": {args: []string{"completion", "tcsh"}, want: []string{"tcsh"}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, interceptor.Funcs{
				Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, o client.Object, options ...client.GetOption) error {
					if tc.fail != nil {
						return tc.fail
					}
					return c.Get(ctx, key, o, options...)
				},
			}, acme(), globex)
			_, problem, code := b.run(tc.args...)
			mustContain(t, problem, tc.want...)
			if code != 1 {
				t.Errorf("exit code %d", code)
			}
		})
	}
}

func TestNamesAreCompleted(t *testing.T) {
	app := &v1alpha1.SlackApp{ObjectMeta: metav1.ObjectMeta{Namespace: "followup", Name: "followup"}}
	globex := acme()
	globex.Name = "globex"
	b := newBench(t, interceptor.Funcs{}, acme(), globex, app)
	for _, tc := range []struct{ typed, want string }{
		{"status|", "acme globex"},
		{"status|g", "globex"},
		{"hold|acme|", "globex"},
		{"reconcile|slack", "slackapp/"},
		{"reconcile|slackapp/", "slackapp/followup"},
		{"completion|z", "zsh"},
	} {
		root := newRoot(b.environment())
		b.out.Reset()
		typed := strings.Split(tc.typed, "|")
		root.SetArgs(append([]string{"__complete", typed[0], "-n", "followup"}, typed[1:]...))
		if err := root.ExecuteContext(t.Context()); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(b.out.String(), "\n:")
		if got := strings.Join(strings.Fields(lines[0]), " "); got != tc.want {
			t.Errorf("%s: got %q, want %q", tc.typed, got, tc.want)
		}
	}
}

func TestCompletionIsPrintedForEachShell(t *testing.T) {
	b := newBench(t, interceptor.Funcs{})
	for _, shell := range []string{"bash", "zsh", "fish", "powershell", "kubectl"} {
		got, problem, _ := b.run("completion", shell)
		mustContain(t, got, "kubectl-followup")
		if problem != "" {
			t.Errorf("%s: %s", shell, problem)
		}
	}
}

func TestVersionNamesTheOperatorsImage(t *testing.T) {
	b := newBench(t, interceptor.Funcs{}, operatorPod())
	got, _, _ := b.run("version")
	mustContain(t, got, "operator: example.com/operator:v1")
}

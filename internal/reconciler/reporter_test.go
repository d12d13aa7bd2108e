package reconciler

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
)

// bench has a Tenant of generation 2 whose generation 1 was ready, and a Reporter.
type bench struct {
	tenant   *v1alpha1.Tenant
	reporter *Reporter
	recorder *events.FakeRecorder
	writes   int
	observed []string
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{recorder: events.NewFakeRecorder(10)}
	b.tenant = &v1alpha1.Tenant{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: "acme", Generation: 1}}
	summarise(b.tenant, nil, nil)
	b.tenant.Generation = 2
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	c := fake.NewClientBuilder().WithScheme(scheme).WithObjects(b.tenant).WithStatusSubresource(b.tenant).
		WithInterceptorFuncs(interceptor.Funcs{SubResourcePatch: func(
			ctx context.Context, c client.Client, name string, obj client.Object, patch client.Patch, opts ...client.SubResourcePatchOption,
		) error {
			b.writes++
			return c.SubResource(name).Patch(ctx, obj, patch, opts...)
		}}).Build()
	b.reporter = NewReporter("Tenant", Cluster{Client: c, Recorder: b.recorder, Observer: b})
	return b
}

func (b *bench) Reconciled(kind, outcome string) { b.observed = append(b.observed, kind+" "+outcome) }

func (b *bench) DriftRepaired(kind string) { b.observed = append(b.observed, kind+" repaired") }

func (b *bench) SetObjects(kind string, ready, notReady int) {
	b.observed = append(b.observed, fmt.Sprintf("%s %d ready %d not", kind, ready, notReady))
}

func (b *bench) finish(t *testing.T, err error) (time.Duration, error) {
	t.Helper()
	before := b.tenant.DeepCopy()
	result, err := b.reporter.Finish(t.Context(), before, b.tenant, nil, err)
	return result.RequeueAfter, err
}

func (b *bench) event() string {
	select {
	case event := <-b.recorder.Events:
		return event
	default:
		return ""
	}
}

func TestFinishMapsEachOutcome(t *testing.T) {
	cause := errors.New("dial tcp 10.0.0.1:5432: refused")
	condition := func(kind string, status metav1.ConditionStatus, reason, message string) metav1.Condition {
		return metav1.Condition{Type: kind, Status: status, Reason: reason, Message: message, ObservedGeneration: 2}
	}
	tests := map[string]struct {
		outcome    error
		conditions []metav1.Condition
		observed   int64
		retry      time.Duration
		fails      bool
		event      string
		counted    string
	}{
		"success": {
			conditions: []metav1.Condition{condition("Ready", "True", "Ready", "everything declared is in place")},
			observed:   2, counted: "Tenant succeeded",
		},
		"stalled": {
			outcome: fmt.Errorf("phase: %w", Stalled("CredentialsReady", "SecretInvalid", "Secret %s", "x")),
			conditions: []metav1.Condition{
				condition("CredentialsReady", "False", "SecretInvalid", "Secret x"), condition("Ready", "False", "SecretInvalid", "Secret x"),
				condition("Stalled", "True", "SecretInvalid", "Secret x"),
			},
			observed: 2, event: "Warning SecretInvalid Secret x", counted: "Tenant stalled",
		},
		"waiting": {
			outcome: Waiting(time.Minute, "", "SlackAppNotFound", "no app"),
			conditions: []metav1.Condition{
				condition("Ready", "False", "SlackAppNotFound", "no app"), condition("Reconciling", "True", "SlackAppNotFound", "no app"),
			},
			observed: 1, retry: time.Minute, event: "Normal SlackAppNotFound no app", counted: "Tenant waiting",
		},
		"transient": {
			outcome: DatabaseFailure(cause),
			conditions: []metav1.Condition{
				condition("DatabaseSynced", "Unknown", "DatabaseUnavailable", "the database does not answer; it is retried"),
				condition("Ready", "Unknown", "DatabaseUnavailable", "the database does not answer; it is retried"),
				condition("Reconciling", "True", "DatabaseUnavailable", "the database does not answer; it is retried"),
			},
			observed: 1, fails: true, event: "Warning DatabaseUnavailable the database does not answer; it is retried", counted: "Tenant failed",
		},
		"refused by the database": {
			outcome: DatabaseFailure(fmt.Errorf("save: %w", sqlState("XX000"))),
			conditions: []metav1.Condition{
				condition("DatabaseSynced", "Unknown", "DatabaseUnavailable", "the database refused (SQLSTATE XX000); it is retried"),
				condition("Ready", "Unknown", "DatabaseUnavailable", "the database refused (SQLSTATE XX000); it is retried"),
				condition("Reconciling", "True", "DatabaseUnavailable", "the database refused (SQLSTATE XX000); it is retried"),
			},
			observed: 1, fails: true, event: "Warning DatabaseUnavailable the database refused (SQLSTATE XX000); it is retried", counted: "Tenant failed",
		},
		"API server": {
			outcome: apierrors.NewForbidden(schema.GroupResource{Resource: "secrets"}, "x", errors.New("quotes what was sent")),
			conditions: []metav1.Condition{
				condition("Ready", "Unknown", "ClusterUnavailable", "the Kubernetes API did not take a request (Forbidden); it is retried"),
				condition("Reconciling", "True", "ClusterUnavailable", "the Kubernetes API did not take a request (Forbidden); it is retried"),
			},
			observed: 1, fails: true, event: "Warning ClusterUnavailable the Kubernetes API did not take a request (Forbidden); it is retried",
			counted: "Tenant failed",
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			retry, err := b.finish(t, tc.outcome)
			if retry < tc.retry || retry > tc.retry+tc.retry/10 || (err != nil) != tc.fails {
				t.Errorf("retry after %s, error %v", retry, err)
			}
			diff := cmp.Diff(tc.conditions, b.tenant.Status.Conditions, cmpopts.IgnoreFields(metav1.Condition{}, "LastTransitionTime"),
				cmpopts.SortSlices(func(a, b metav1.Condition) bool { return a.Type < b.Type }))
			if diff != "" {
				t.Errorf("conditions (-want +got):\n%s", diff)
			}
			if b.tenant.Status.ObservedGeneration != tc.observed {
				t.Errorf("observedGeneration = %d", b.tenant.Status.ObservedGeneration)
			}
			if event := b.event(); event != tc.event {
				t.Errorf("event = %q", event)
			}
			if got := b.observed[len(b.observed)-1]; got != tc.counted {
				t.Errorf("counted %q", got)
			}
			for i := range b.tenant.Status.Conditions {
				b.tenant.Status.Conditions[i].LastTransitionTime = metav1.Unix(1, 0) // since when, not when it was last looked at
			}
			b.finish(t, tc.outcome)
			if event := b.event(); b.writes != 1 || event != "" {
				t.Errorf("the same outcome again: %d writes, event %q", b.writes, event)
			}
		})
	}
}

type sqlState string

func (s sqlState) Error() string    { return "ERROR: row (hunter2) refused" }
func (s sqlState) SQLState() string { return string(s) }

// What an earlier reconcile found may be true no more when this one did not get there.
func TestWhatAReconcileDidNotReachIsUnknown(t *testing.T) {
	b := newBench(t)
	found := []metav1.Condition{True("DatabaseSynced", "Synced", "the row is there"), True("CredentialsReady", "Found", "they are there")}
	summarise(b.tenant, found, nil)
	summarise(b.tenant, found[:1], failureOf(Stalled("", "X", "x")))
	for condition, want := range map[string]metav1.ConditionStatus{
		"DatabaseSynced": metav1.ConditionTrue, "CredentialsReady": metav1.ConditionUnknown, "Ready": metav1.ConditionFalse,
	} {
		if got := meta.FindStatusCondition(b.tenant.Status.Conditions, condition); got.Status != want || got.Message == "" {
			t.Errorf("%+v, want %s", got, want)
		}
	}
	summarise(b.tenant, found, nil)
	if got := len(b.tenant.Status.Conditions); got != 3 || !meta.IsStatusConditionTrue(b.tenant.Status.Conditions, "CredentialsReady") {
		t.Errorf("conditions %+v", b.tenant.Status.Conditions)
	}
}

// The API takes 1024 bytes of an event's note, and characters only.
func TestLongMessagesAreCutBetweenCharacters(t *testing.T) {
	b := newBench(t)
	b.finish(t, Stalled("", "X", "%s", "x"+strings.Repeat("é", 10_000)))
	note := strings.TrimPrefix(b.event(), "Warning X ")
	if message := Ready(b.tenant).Message; len(message) != maxMessage-1 || !utf8.ValidString(message) {
		t.Errorf("a message of %d bytes, valid %t", len(message), utf8.ValidString(message))
	}
	if len(note) != maxNote-1 || !utf8.ValidString(note) {
		t.Errorf("a note of %d bytes, valid %t", len(note), utf8.ValidString(note))
	}
}

func TestFinishSaysNothingOfAnUnfinishedReconcile(t *testing.T) {
	b := newBench(t)
	conflict := apierrors.NewConflict(schema.GroupResource{Resource: "tenants"}, "acme", errors.New("changed"))
	if _, err := b.finish(t, conflict); !apierrors.IsConflict(err) || b.writes != 0 {
		t.Errorf("conflict: error %v, %d writes", err, b.writes)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.reporter.Finish(ctx, b.tenant.DeepCopy(), b.tenant, nil, ctx.Err()); !errors.Is(err, context.Canceled) || b.writes != 0 {
		t.Errorf("shutdown: error %v, %d writes", err, b.writes)
	}
}

func TestReporterCountsObjects(t *testing.T) {
	b := newBench(t)
	steps := []struct {
		do   func()
		want string
	}{
		{func() { b.finish(t, nil) }, "Tenant 1 ready 0 not"},
		{func() { b.finish(t, Stalled("", "X", "x")) }, "Tenant 0 ready 1 not"},
		{func() { b.finish(t, nil) }, "Tenant 1 ready 0 not"},
		{func() { b.reporter.Gone(client.ObjectKeyFromObject(b.tenant)) }, "Tenant 0 ready 0 not"},
	}
	for i, step := range steps {
		b.observed = nil
		step.do()
		if b.observed[0] != step.want {
			t.Errorf("step %d: %q, want %q", i, b.observed, step.want)
		}
	}
}

// A connection that is half dead must not hold up a task until the kernel gives up on it.
func TestTasksHaveADeadline(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	bounded := false
	task := Every(time.Hour, "test", func(ctx context.Context) error {
		_, bounded = ctx.Deadline()
		cancel()
		return nil
	})
	if err := task.Start(ctx); err != nil || !bounded {
		t.Errorf("a deadline: %t, error %v", bounded, err)
	}
}

func TestRunStopsAtTheFirstFailure(t *testing.T) {
	var ran []string
	phase := func(name string, err error) Phase[*int] {
		return func(context.Context, *int) error {
			ran = append(ran, name)
			return err
		}
	}
	failure := errors.New("no")
	err := Run(t.Context(), new(int), phase("a", nil), phase("b", failure), phase("c", nil))
	if diff := cmp.Diff([]string{"a", "b"}, ran); diff != "" || !errors.Is(err, failure) {
		t.Errorf("error %v, phases (-want +got):\n%s", err, diff)
	}
}

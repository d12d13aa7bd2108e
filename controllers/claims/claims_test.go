package claims

import (
	"errors"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/internal/reconciler"
)

const (
	appX = "A00000000X"
	appY = "A00000000Y"
)

// app is a SlackApp made at a second; reason is that of its Ready, "" before the first reconcile.
func app(namespace, name, appID string, second int64, reason string) *v1alpha1.SlackApp {
	a := &v1alpha1.SlackApp{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: namespace, Name: name, UID: types.UID(namespace + "/" + name), CreationTimestamp: metav1.Unix(second, 0),
		},
		Spec: v1alpha1.SlackAppSpec{AppID: appID},
	}
	if reason != "" {
		a.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionReady, Reason: reason, LastTransitionTime: metav1.NewTime(time.Unix(second, 0))}}
	}
	return a
}

func newChecker(t *testing.T, apps ...*v1alpha1.SlackApp) *Checker {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	builder := fake.NewClientBuilder().WithScheme(scheme).WithIndex(&v1alpha1.SlackApp{}, indexAppID, func(obj client.Object) []string {
		return []string{obj.(*v1alpha1.SlackApp).Spec.AppID}
	})
	for _, a := range apps {
		builder.WithObjects(a)
	}
	return &Checker{Reader: builder.Build(), OperatorNamespace: "system"}
}

func TestWhoIsAdmitted(t *testing.T) {
	const pending, taken, occupied = v1alpha1.ReasonExternalSecretPending, v1alpha1.ReasonAppIDTaken, v1alpha1.ReasonNamespaceTaken
	type apps = []*v1alpha1.SlackApp
	tests := map[string]struct {
		apps apps
		want string // the reasons of each, in order; "-" for admitted
	}{
		"alone":                         {apps{app("a", "x", appX, 1, "")}, "-"},
		"the older":                     {apps{app("a", "x", appX, 2, ""), app("b", "x", appX, 1, "")}, "AppIDTaken -"},
		"made at once":                  {apps{app("a", "x", appX, 1, ""), app("b", "x", appX, 1, "")}, "- AppIDTaken"},
		"made at once, one is served":   {apps{app("a", "x", appX, 1, ""), app("b", "x", appX, 1, pending)}, "AppIDTaken -"},
		"made at once, both are served": {apps{app("a", "x", appX, 1, pending), app("b", "x", appX, 1, pending)}, "- AppIDTaken"},
		"the younger is served":         {apps{app("a", "x", appX, 1, taken), app("b", "x", appX, 2, v1alpha1.ReasonReady)}, "AppIDTaken -"},
		"one namespace":                 {apps{app("a", "x", appX, 1, ""), app("a", "y", appY, 2, "")}, "- NamespaceTaken"},
		"operator's namespace":          {apps{app("system", "x", appX, 1, ""), app("b", "x", appX, 2, "")}, "OperatorNamespace -"},
		"the neighbour's app ID is taken": {
			apps{app("a", "mistyped", appX, 2, taken), app("a", "right", appY, 3, ""), app("b", "x", appX, 1, v1alpha1.ReasonReady)},
			"AppIDTaken - -",
		},
		"refused in its own namespace": {
			apps{app("a", "y", appY, 1, pending), app("a", "x", appX, 2, occupied), app("b", "x", appX, 3, "")}, "- NamespaceTaken -",
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			c := newChecker(t, tc.apps...)
			var reasons []string
			for _, a := range tc.apps {
				reason := "-"
				err := c.Check(t.Context(), a)
				if refused, ok := errors.AsType[*reconciler.Failure](err); ok {
					reason = refused.Reason
				} else if err != nil {
					t.Fatal(err)
				}
				reasons = append(reasons, reason)
			}
			if got := strings.Join(reasons, " "); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}

// Rivals are looked at again when one comes, goes, is admitted or refused.
func TestRivalsAndWhenTheyAreWoken(t *testing.T) {
	mine := app("a", "x", appX, 1, "")
	rivals, err := newChecker(t, mine, app("a", "neighbour", appY, 1, ""), app("b", "claimant", appX, 1, ""), app("c", "else", appY, 1, "")).
		Rivals(t.Context(), mine)
	if err != nil || len(rivals) != 2 || rivals[0].Name != "neighbour" || rivals[1].Name != "claimant" {
		t.Errorf("rivals %+v, error %v", rivals, err)
	}
	for reasons, same := range map[[2]string]bool{
		{"", v1alpha1.ReasonExternalSecretPending}:                        false,
		{"", v1alpha1.ReasonAppIDTaken}:                                   false,
		{v1alpha1.ReasonAppIDTaken, v1alpha1.ReasonReady}:                 false,
		{v1alpha1.ReasonExternalSecretPending, v1alpha1.ReasonReady}:      true,
		{v1alpha1.ReasonNamespaceTaken, v1alpha1.ReasonNamespaceTaken}:    true,
		{v1alpha1.ReasonClusterUnavailable, v1alpha1.ReasonSecretInvalid}: true,
	} {
		if got := SameRefusal(app("a", "x", appX, 1, reasons[0]), app("a", "x", appX, 1, reasons[1])); got != same {
			t.Errorf("%q to %q: same = %t", reasons[0], reasons[1], got)
		}
	}
}

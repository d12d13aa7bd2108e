package usage

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/internal/store"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

func limit(resource v1alpha1.LimitResource, period v1alpha1.LimitPeriod, most int32) v1alpha1.Limit {
	return v1alpha1.Limit{Resource: resource, Period: period, Limit: most}
}

var limits = []v1alpha1.Limit{
	limit(v1alpha1.APICalls, v1alpha1.PerMinute, 60),
	limit(v1alpha1.CRMWrites, v1alpha1.PerHour, 10),
	limit(v1alpha1.CRMWrites, v1alpha1.PerDay, 100),
	limit(v1alpha1.MeetingsProcessed, v1alpha1.PerDay, 200),
	limit(v1alpha1.MeetingsProcessed, v1alpha1.PerMonth, 4000),
}

// counted are Rows.
type counted []store.TenantUsage

func (c counted) Usage(_ context.Context, visit func(store.TenantUsage)) error {
	if c == nil {
		return errors.New("the database is away")
	}
	for _, usage := range c {
		visit(usage)
	}
	return nil
}

// used returns what was used of each limit, -1 where that is not told.
func used(status v1alpha1.TenantStatus) (found []int64) {
	for _, limit := range status.Limits {
		if limit.Used == nil {
			found = append(found, -1)
		} else {
			found = append(found, *limit.Used)
		}
	}
	return found
}

func TestStatusTellsOfTheTightestLimit(t *testing.T) {
	id := uuid.New()
	for name, tc := range map[string]struct {
		limits []v1alpha1.Limit
		used   map[string]int64
		told   []int64
		words  string
	}{
		"a day's":                     {limits, map[string]int64{"meetings_processed/daily": 41, "meetings_processed/monthly": 60, "crm_writes/daily": 20}, []int64{-1, -1, 20, 41, 60}, "41/200 meetings today"},
		"a month's":                   {limits, map[string]int64{"meetings_processed/daily": 1, "meetings_processed/monthly": 3900}, []int64{-1, -1, 0, 1, 3900}, "3900/4000 meetings this month"},
		"one that was used up":        {limits, map[string]int64{"crm_writes/daily": 120, "meetings_processed/daily": 200}, []int64{-1, -1, 120, 200, 0}, "120/100 CRM writes today"},
		"none was used":               {limits, nil, []int64{-1, -1, 0, 0, 0}, "0/100 CRM writes today"},
		"none lasts a day":            {limits[:2], map[string]int64{"crm_writes/daily": 20}, []int64{-1, -1}, ""},
		"what has no limit is not it": {limits[3:4], map[string]int64{"api_calls/daily": 9000}, []int64{0}, "0/200 meetings today"},
	} {
		t.Run(name, func(t *testing.T) {
			counts := New(nil, nil, nil)
			counts.of[id] = store.TenantUsage{TenantID: id, Used: tc.used}
			var status v1alpha1.TenantStatus
			counts.Tell(&status, id, tc.limits)
			if diff := cmp.Diff(tc.told, used(status)); diff != "" || status.Usage != tc.words {
				t.Errorf("usage %q, want %q; used (-want +got):\n%s", status.Usage, tc.words, diff)
			}
		})
	}
}

func TestWhatWasNotCountedYetIsKept(t *testing.T) {
	active := metav1.NewTime(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))
	status := v1alpha1.TenantStatus{Users: new(int32(3)), LastActivityTime: &active, Limits: []v1alpha1.LimitUsage{
		{Limit: limit(v1alpha1.MeetingsProcessed, v1alpha1.PerDay, 10), Used: new(int64(4))},
	}}
	(*Counts)(nil).Tell(&status, uuid.New(), limits) // another plan
	if diff := cmp.Diff([]int64{-1, -1, -1, 4, -1}, used(status)); diff != "" {
		t.Errorf("used (-want +got):\n%s", diff)
	}
	if status.Usage != "4/200 meetings today" || *status.Users != 3 || !status.LastActivityTime.Equal(&active) {
		t.Errorf("status %+v", status)
	}
}

func TestANewTenantHasUsedNothing(t *testing.T) {
	id := uuid.New()
	counts := New(counted{}, nil, nil)
	counts.Began(id)
	var status v1alpha1.TenantStatus
	counts.Tell(&status, id, limits)
	if diff := cmp.Diff([]int64{-1, -1, 0, 0, 0}, used(status)); diff != "" || *status.Users != 0 || status.LastActivityTime != nil {
		t.Errorf("status %+v, used (-want +got):\n%s", status, diff)
	}
}

func TestAPollWakesThoseWhoseStatusTellsSomethingElse(t *testing.T) {
	active := time.Date(2026, 11, 23, 9, 0, 0, 123_000, time.UTC)
	rows := counted{}
	cached := func(name string, changed func(*store.TenantUsage)) *v1alpha1.Tenant {
		usage := store.TenantUsage{
			TenantID: uuid.NewSHA1(uuid.NameSpaceURL, []byte(name)), Users: 3, LastActiveAt: &active,
			Used: map[string]int64{"meetings_processed/daily": 4},
		}
		tenant := &v1alpha1.Tenant{ObjectMeta: metav1.ObjectMeta{Namespace: "followup", Name: name}}
		tenant.Status.TenantID = usage.TenantID.String()
		told := New(nil, nil, nil)
		told.of = map[tenancy.ID]store.TenantUsage{usage.TenantID: usage}
		told.Tell(&tenant.Status, usage.TenantID, limits)
		changed(&usage)
		rows = append(rows, usage)
		return tenant
	}
	later := active.Add(time.Second)
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	tenants := fake.NewClientBuilder().WithScheme(scheme).WithObjects(
		cached("at-rest", func(*store.TenantUsage) {}),
		cached("used", func(u *store.TenantUsage) { u.Used = map[string]int64{"meetings_processed/daily": 5} }),
		cached("another-day", func(u *store.TenantUsage) { u.Used = nil }),
		cached("used-what-has-no-limit", func(u *store.TenantUsage) {
			u.Used = map[string]int64{"meetings_processed/daily": 4, "api_calls/daily": 1}
		}),
		cached("another-user", func(u *store.TenantUsage) { u.Users++ }),
		cached("active", func(u *store.TenantUsage) { u.LastActiveAt = &later }),
		cached("refused", func(u *store.TenantUsage) { u.TenantID = uuid.New() }), // its workspace is another's
		&v1alpha1.Tenant{ObjectMeta: metav1.ObjectMeta{Namespace: "followup", Name: "without-rows"}},
	).Build()
	var woken []string
	counts := New(rows, tenants, func(_ context.Context, name types.NamespacedName) error {
		woken = append(woken, name.Name)
		return nil
	})
	if err := counts.Poll(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"active", "another-day", "another-user", "used"}, woken); diff != "" {
		t.Errorf("woken (-want +got):\n%s", diff)
	}
}

func TestAPollThatFailsForgetsNothing(t *testing.T) {
	id := uuid.New()
	counts := New(counted(nil), client.Reader(nil), nil)
	counts.of[id] = store.TenantUsage{TenantID: id, Users: 3}
	if err := counts.Poll(t.Context()); err == nil {
		t.Error("a poll without a database succeeded")
	}
	if usage, known := counts.find(id); !known || usage.Users != 3 {
		t.Errorf("usage %+v, known %v", usage, known)
	}
}

package store

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// checkOf is that of a credential which a letter stands for.
func checkOf(subject, credential string) Check {
	digest := strings.Repeat(credential, 64)
	return Check{Subject: subject, Digest: digest, Attempt: digest, Verdict: CheckRefused, Code: "invalid_auth"}
}

func TestACredentialIsTriedOnceUntilSomethingChanges(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	tests := map[string]struct {
		check Check
		want  bool
	}{
		"never tried":                {Check{}, true},
		"another one was tried":      {Check{Attempt: "00", Verdict: CheckAccepted, CheckedAt: now}, true},
		"refused":                    {Check{Attempt: "ff", Verdict: CheckRefused}, false},
		"of another workspace":       {Check{Attempt: "ff", Verdict: CheckWrongWorkspace}, false},
		"no such model":              {Check{Attempt: "ff", Verdict: CheckModelNotFound}, false},
		"no answer":                  {Check{Attempt: "ff", Verdict: CheckUnavailable, CheckedAt: now}, true},
		"accepted just now":          {Check{Attempt: "ff", Verdict: CheckAccepted, CheckedAt: now}, false},
		"accepted less than its day": {Check{Attempt: "ff", Verdict: CheckAccepted, CheckedAt: now.Add(-25 * time.Hour)}, false},
		"accepted its day ago":       {Check{Attempt: "ff", Verdict: CheckAccepted, CheckedAt: now.Add(-26 * time.Hour)}, true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if got := tc.check.Due("ff", now); got != tc.want {
				t.Errorf("due = %t, want %t", got, tc.want)
			}
		})
	}
}

func TestSaveCheckTellsWhatIsNew(t *testing.T) {
	bed := newTestbed(t)
	tenant := bed.worker.Tenant(bed.syncTenant(t, tenantRecord("acme")))
	check := func(credential string, verdict CheckVerdict, code string) Check {
		c := checkOf(SubjectSlack, credential)
		c.Verdict, c.Code = verdict, code
		return c
	}
	steps := []struct {
		save    Check
		changed bool
		kept    Check
	}{
		{check("a", CheckUnavailable, "timeout"), true, check("a", CheckUnavailable, "timeout")},
		{check("a", CheckUnavailable, "timeout"), false, check("a", CheckUnavailable, "timeout")},
		{check("a", CheckAccepted, ""), true, check("a", CheckAccepted, "")},
		{check("a", CheckAccepted, ""), false, check("a", CheckAccepted, "")},
		{check("a", CheckUnavailable, "timeout"), false, check("a", CheckAccepted, "")},
		{check("b", CheckUnavailable, "timeout"), true, check("b", CheckUnavailable, "timeout")},
		{check("b", CheckRefused, "invalid_auth"), true, check("b", CheckRefused, "invalid_auth")},
	}
	for i, step := range steps {
		changed, err := tenant.SaveCheck(t.Context(), step.save)
		if err != nil || changed != step.changed {
			t.Fatalf("step %d: changed = %t, %v; want %t", i, changed, err, step.changed)
		}
		kept, err := tenant.Checks(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got := kept[SubjectSlack]
		got.CheckedAt = time.Time{}
		if diff := cmp.Diff(step.kept, got); diff != "" {
			t.Errorf("step %d (-want +got):\n%s", i, diff)
		}
	}
}

func TestChecksOfAnAppAreThoseOfItsLiveTenants(t *testing.T) {
	bed := newTestbed(t)
	acme := bed.syncTenant(t, tenantRecord("acme"))
	crono := bed.connect(t, acme, "crono")
	other := tenantRecord("other")
	other.SlackAppID = "A9"
	bed.connect(t, bed.syncTenant(t, other), "theirs")
	bed.syncTenant(t, tenantRecord("gone"))
	if _, err := bed.operator.Control(testCluster).RetireTenant(t.Context(), Owner{Namespace: "followup", Name: "gone"}); err != nil {
		t.Fatal(err)
	}
	for _, subject := range []string{SubjectFathom, SubjectOf(crono)} {
		if _, err := bed.worker.Tenant(acme).SaveCheck(t.Context(), checkOf(subject, "a")); err != nil {
			t.Fatal(err)
		}
	}
	got, err := bed.webhook.Checks(t.Context(), App{ID: testApp, Namespace: "followup"})
	if err != nil {
		t.Fatal(err)
	}
	known := func(subject string) Check {
		return Check{Subject: subject, Attempt: checkOf(subject, "a").Attempt, Verdict: CheckRefused}
	}
	want := map[tenancy.ID]TenantChecks{acme: {
		Connections: []Connection{{ID: crono, Provider: "crono", Credentials: tenancy.SecretRef{Name: "crono", Key: "credentials"}}},
		Checks:      map[string]Check{SubjectFathom: known(SubjectFathom), SubjectOf(crono): known(SubjectOf(crono))},
	}}
	for _, checks := range got {
		for subject, check := range checks.Checks {
			check.CheckedAt = time.Time{}
			checks.Checks[subject] = check
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAConnectionsSuccessIsKeptEveryFiveMinutes(t *testing.T) {
	bed := newTestbed(t)
	id := bed.syncTenant(t, tenantRecord("acme"))
	connection := bed.connect(t, id, "crono")
	steps := []struct {
		mark    ConnectionHealth
		changed bool
	}{
		{ConnectionHealth{Worked: true}, true},
		{ConnectionHealth{Worked: true}, false},
		{ConnectionHealth{ErrorCode: "timeout"}, true},
		{ConnectionHealth{Worked: true}, true},
	}
	for i, step := range steps {
		if changed, err := bed.worker.Tenant(id).MarkConnection(t.Context(), connection, step.mark); err != nil || changed != step.changed {
			t.Errorf("step %d: changed = %t, %v; want %t", i, changed, err, step.changed)
		}
	}
	bed.exec(t, "UPDATE followup.crm_connections SET last_success_at = now() - interval '6 minutes'")
	if changed, err := bed.worker.Tenant(id).MarkConnection(t.Context(), connection, ConnectionHealth{Worked: true}); err != nil || !changed {
		t.Errorf("after six minutes: changed = %t, %v", changed, err)
	}
}

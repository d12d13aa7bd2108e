package secrets

import (
	"fmt"
	"testing"
	"time"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
)

func TestName(t *testing.T) {
	for want, got := range map[string]string{
		"tenant-acme-slack":        Name("Tenant", "acme", "slack"),
		"crmconnection-acme-crono": Name("CRMConnection", "acme-crono", ""),
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestRef(t *testing.T) {
	fetched := Credential{Name: "tenant-acme-slack", Declared: v1alpha1.Credentials{ExternalSecret: &v1alpha1.ExternalSecretSource{}}}
	named := Credential{Name: "unused", Declared: v1alpha1.Credentials{SecretRef: &v1alpha1.SecretKeyReference{Name: "acme", Key: "token"}}}
	for want, c := range map[string]Credential{
		"tenant-acme-slack/credentials": fetched, "acme/token": named, "": {Name: "tenant-acme-ai"},
	} {
		if got := c.Ref().String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestRefreshIntervalsAreStableAndSpread(t *testing.T) {
	perMinute := map[int]int{}
	const n = 10_000
	for i := range n {
		name := fmt.Sprintf("tenant-%d-slack", i)
		interval := refreshInterval("followup", name)
		if interval != refreshInterval("followup", name) {
			t.Fatal("the interval of one object changes")
		}
		if interval < 54*time.Minute || interval >= 66*time.Minute {
			t.Errorf("interval %s", interval)
		}
		perMinute[int(interval/time.Minute)]++
	}
	for minute, count := range perMinute {
		if count > 2*n/12 {
			t.Errorf("%d of %d are refreshed in minute %d", count, n, minute)
		}
	}
}

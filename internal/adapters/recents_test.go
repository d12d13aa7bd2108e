package adapters

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/followup-dev/followup-operator/internal/credentials"
	"github.com/followup-dev/followup-operator/internal/followup"
	"github.com/followup-dev/followup-operator/internal/outcome"
	"github.com/followup-dev/followup-operator/internal/tenancy"
	"github.com/followup-dev/followup-operator/internal/vendorhttp"
	double "github.com/followup-dev/followup-operator/test/doubles/fathom"
	"github.com/followup-dev/followup-operator/test/doubles/fault"
)

const janeEmail = "jane@acme.example"

// line is a Fathom without a network in between, which may take its time.
type line struct {
	*double.Server
	delay  time.Duration
	panics bool
}

// RoundTrip implements http.RoundTripper.
func (l *line) RoundTrip(r *http.Request) (*http.Response, error) {
	select {
	case <-time.After(l.delay):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	if l.panics {
		panic("what a customer said")
	}
	r.Body = http.NoBody
	answer := httptest.NewRecorder()
	l.ServeHTTP(answer, r)
	return answer.Result(), nil
}

func (l *line) fail(t *testing.T, f fault.Fault) {
	t.Helper()
	if err := l.Fail(double.ListMeetings, f); err != nil {
		t.Fatal(err)
	}
}

// asked is how many pages were asked for since it was last looked at.
func (l *line) asked() (n int) {
	for _, count := range l.Calls()[double.ListMeetings] {
		n += count
	}
	l.ResetCalls()
	return n
}

// keys are the Fathom keys of tenants, by owner.
type keys map[string]string

// Get implements credentials.Source.
func (k keys) Get(owner credentials.Owner, ref tenancy.SecretRef) ([]byte, error) {
	for name, key := range k {
		if owner == credentials.OfTenant(name) && ref.Name == name {
			return []byte(key), nil
		}
	}
	return nil, &credentials.MissingError{Ref: ref, Problem: "is not there"}
}

func tenantCalled(name string) tenancy.Tenant {
	return tenancy.Tenant{
		ID: uuid.NewSHA1(uuid.NameSpaceDNS, []byte(name)), Owner: name, Visibility: tenancy.Participants,
		FathomKey: tenancy.SecretRef{Name: name, Key: "key"},
	}
}

var acme = tenantCalled("acme")

// newAdapters has n recordings of Jane's for the key "key-acme", an hour apart, the newest of now, and one for "key-globex".
func newAdapters(t *testing.T, n int) (*Adapters, *line) {
	t.Helper()
	var recordings []double.Meeting
	for i := range n {
		end := time.Now().Add(-time.Duration(i+1) * time.Hour)
		recordings = append(recordings, double.Meeting{
			RecordingID: int64(i + 1), Title: fmt.Sprintf("Meeting %d", i+1), Start: end.Add(-time.Hour), End: end,
			RecordedBy: double.Person{Name: "Jane Roe", Email: janeEmail},
		})
	}
	globex := double.Meeting{RecordingID: 1000, Title: "Globex only", Start: time.Now().Add(-time.Hour), End: time.Now(), RecordedBy: double.Person{Email: janeEmail}}
	server, err := double.New(double.Config{Now: time.Now, Keys: []double.Key{
		{Key: "key-acme", Meetings: recordings}, {Key: "key-globex", Meetings: []double.Meeting{globex}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	l := &line{Server: server}
	return &Adapters{
		Credentials: keys{"acme": "key-acme", "globex": "key-globex"},
		Vendors:     vendorhttp.New(l, func(outcome.Call) {}),
		FathomURL:   "https://api.fathom.example/external/v1", Now: time.Now, Log: slog.New(slog.DiscardHandler),
		gate: func(tenancy.Tenant) vendorhttp.Gate { return open{} },
	}, l
}

// open is a gate that nobody closes.
type open struct{}

func (open) ClosedUntil(context.Context, string) (time.Time, error) { return time.Time{}, nil }
func (open) Close(context.Context, string, time.Time) error         { return nil }

// recentOf are the recordings that a search finds within the time it has.
func recentOf(t *testing.T, a *Adapters, tenant tenancy.Tenant) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), followup.FindTime)
	defer cancel()
	var ids []string
	for _, m := range (recent{of: a, tenant: tenant}).Recent(ctx) {
		ids = append(ids, m.RecordingID)
	}
	return ids
}

// pass lets time go by.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func numbers(from, to int) (all []string) {
	for n := from; n <= to; n++ {
		all = append(all, strconv.Itoa(n))
	}
	return all
}

func want(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestRecentIsReadOnceAMinuteAndFivePagesAtMost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, fathom := newAdapters(t, 63)
		want(t, "first", recentOf(t, a, acme), numbers(1, 50))
		want(t, "pages", fathom.asked(), 5)
		pass(59 * time.Second)
		want(t, "within the minute", recentOf(t, a, acme), numbers(1, 50))
		want(t, "pages within the minute", fathom.asked(), 0)
		pass(time.Second)
		want(t, "after it", recentOf(t, a, acme), numbers(1, 50))
		want(t, "pages after it", fathom.asked(), 5)
	})
}

func TestRecentIsReadOnceForAllWhoAskAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, fathom := newAdapters(t, 3)
		fathom.delay = time.Second
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() { want(t, "found", recentOf(t, a, acme), numbers(1, 3)) })
		}
		all.Wait()
		want(t, "pages", fathom.asked(), 1)
	})
}

// A slow Fathom costs a search what it has not said yet, and nothing for the next one.
func TestRecentDoesNotWaitForASlowFathom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, fathom := newAdapters(t, 30)
		fathom.delay = 800 * time.Millisecond
		began := time.Now()
		want(t, "what was read in time", recentOf(t, a, acme), numbers(1, 10))
		want(t, "waited", time.Since(began), followup.FindTime)
		began = time.Now()
		want(t, "what was read a little later", recentOf(t, a, acme), numbers(1, 20))
		want(t, "waited with some pages known", time.Since(began), 700*time.Millisecond)
		pass(time.Second)
		want(t, "a second later", recentOf(t, a, acme), numbers(1, 30))
		want(t, "pages", fathom.asked(), 3)

		fathom.delay = 5 * time.Second
		pass(time.Minute)
		began = time.Now()
		want(t, "a minute later", recentOf(t, a, acme), numbers(1, 30))
		want(t, "waited for the next reading", time.Since(began), 700*time.Millisecond)
		pass(15 * time.Second)
	})
}

func TestRecentOutlivesAPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, fathom := newAdapters(t, 3)
		var logged strings.Builder
		a.Log = slog.New(slog.NewTextHandler(&logged, nil))
		recentOf(t, a, acme)
		pass(time.Minute)
		fathom.panics = true
		want(t, "found", recentOf(t, a, acme), numbers(1, 3))
		if text := logged.String(); strings.Count(text, "panicked") != 1 || !strings.Contains(text, "type=string stack=") || strings.Contains(text, "customer") {
			t.Errorf("log: %s", text)
		}
		fathom.panics = false
		fathom.asked()
		pass(9 * time.Second)
		recentOf(t, a, acme)
		want(t, "pages just after", fathom.asked(), 0)
		pass(time.Second)
		recentOf(t, a, acme)
		want(t, "pages some seconds after", fathom.asked(), 1)
	})
}

func TestRecentLeavesABusyFathomAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, fathom := newAdapters(t, 15)
		fathom.fail(t, fault.Fault{Kind: fault.RateLimited, RetryAfter: 90})
		want(t, "busy from the start", recentOf(t, a, acme), []string(nil))
		want(t, "pages", fathom.asked(), 1)
		pass(89 * time.Second)
		recentOf(t, a, acme)
		want(t, "pages while it is busy", fathom.asked(), 0)
		pass(time.Second)
		want(t, "after that", recentOf(t, a, acme), numbers(1, 15))

		pass(time.Minute)
		fathom.asked()
		fathom.fail(t, fault.Fault{Kind: fault.RateLimited, RetryAfter: 300})
		want(t, "busy again", recentOf(t, a, acme), numbers(1, 15))
		pass(299 * time.Second)
		want(t, "still busy", recentOf(t, a, acme), numbers(1, 15))
		want(t, "pages while it was busy again", fathom.asked(), 1)
	})
}

func TestRecentKeepsWhatItReadForTenMinutesWhileFathomIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, fathom := newAdapters(t, 15)
		recentOf(t, a, acme)
		fathom.fail(t, fault.Fault{Kind: fault.Error, Code: "503", Times: fault.Always})
		pass(time.Minute)
		want(t, "down", recentOf(t, a, acme), numbers(1, 15))
		fathom.asked()
		pass(9 * time.Second)
		recentOf(t, a, acme)
		want(t, "pages just after", fathom.asked(), 0)
		pass(time.Second)
		recentOf(t, a, acme)
		want(t, "pages some seconds after", fathom.asked(), 2) // vendorhttp tries twice
		pass(8 * time.Minute)
		want(t, "nine minutes on", recentOf(t, a, acme), numbers(1, 15))
		pass(time.Minute)
		want(t, "ten minutes on", recentOf(t, a, acme), []string(nil))
		fathom.ClearFaults()
		pass(10 * time.Second)
		want(t, "up again", recentOf(t, a, acme), numbers(1, 15))
	})
}

func TestRecentIsForTheKeyThatSawIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, fathom := newAdapters(t, 2)
		want(t, "acme", recentOf(t, a, acme), numbers(1, 2))
		want(t, "globex", recentOf(t, a, tenantCalled("globex")), []string{"1000"})
		want(t, "a tenant without a key", recentOf(t, a, tenantCalled("initech")), []string(nil))

		a.Credentials = keys{"acme": "key-globex"}
		want(t, "acme with a new key", recentOf(t, a, acme), []string{"1000"})
		a.Credentials = keys{}
		want(t, "acme without its key", recentOf(t, a, acme), []string(nil))

		a.Credentials = keys{"acme": "key-acme"}
		fathom.fail(t, fault.Fault{Kind: fault.Status, Status: http.StatusUnauthorized})
		pass(time.Minute)
		want(t, "acme with a key that is refused", recentOf(t, a, acme), []string(nil))
	})
}

func TestRecentForgetsWhoSearchedLongestAgo(t *testing.T) {
	var all recents
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for n := range maxTenants {
		at = at.Add(time.Second)
		all.note(strconv.Itoa(n), at, func(seen *remembered) { seen.due = at.Add(time.Hour) })
	}
	all.known("0", at.Add(time.Second))
	all.note("one more", at.Add(2*time.Second), func(*remembered) {})
	if len(all.byKey) != maxTenants || all.due("0", at) || !all.due("1", at) {
		t.Errorf("%d remembered, 0 forgotten: %v, 1 forgotten: %v; want %d and 1", len(all.byKey), all.due("0", at), all.due("1", at), maxTenants)
	}
}

func TestRecentForgetsWhatIsTooOldToBeSearched(t *testing.T) {
	var all recents
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	one := []followup.Meeting{{RecordingID: "1"}}
	for name, seen := range map[string]remembered{
		"complete, old":     {complete: reading{one, at.Add(-recentKept)}},
		"in part, old":      {partial: reading{one, at.Add(-recentKept)}},
		"failed, time up":   {due: at},
		"complete":          {complete: reading{one, at.Add(-recentKept + time.Second)}},
		"in part":           {partial: reading{one, at.Add(-recentKept + time.Second)}},
		"failed, not again": {due: at.Add(time.Second)},
	} {
		all.note(name, at.Add(-time.Hour), func(s *remembered) { *s = seen })
	}
	all.note("one more", at, func(*remembered) {})
	want(t, "remembered", slices.Sorted(maps.Keys(all.byKey)), []string{"complete", "failed, not again", "in part", "one more"})
}

func TestNoKeyIsInTheNameItIsRememberedBy(t *testing.T) {
	a, _ := newAdapters(t, 0)
	if _, name := a.fathom(t.Context(), acme); strings.Contains(name, "key-acme") || name == "" {
		t.Errorf("name %q", name)
	}
}

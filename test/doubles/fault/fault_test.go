package fault_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/followup-dev/followup-operator/test/doubles/fault"
)

// vendor is a vendor whose answers are plain.
type vendor struct{}

func (vendor) WriteError(w http.ResponseWriter, code string) { _, _ = io.WriteString(w, "error "+code) }

func (vendor) WriteRateLimited(w http.ResponseWriter, _ int) {
	w.WriteHeader(http.StatusTooManyRequests)
}

// server answers "done" unless a fault strikes, counts the work done and hands on the outcomes.
func server(t *testing.T, faults *fault.Set) (url string, outcomes chan string, work *int) {
	t.Helper()
	work, outcomes = new(int), make(chan string, 10)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		outcomes <- faults.Serve(w, r, "op", vendor{}, func(w http.ResponseWriter, _ *http.Request) string {
			*work++
			_, _ = io.WriteString(w, "done")
			return "ok"
		})
	}))
	t.Cleanup(s.Close)
	return s.URL, outcomes, work
}

func get(ctx context.Context, t *testing.T, url string) (string, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	return string(body), err
}

func TestFaultsStrikeInOrderAndAsOftenAsTold(t *testing.T) {
	var faults fault.Set
	url, outcomes, _ := server(t, &faults)
	for _, f := range []fault.Fault{{Kind: fault.Error, Code: "a", Times: 2}, {Kind: fault.Status, Status: 418, Body: "b"}, {Kind: fault.Error, Code: "c", Times: fault.Always}} {
		if err := faults.Add("op", f); err != nil {
			t.Fatal(err)
		}
	}
	if err := faults.Add("another", fault.Fault{Kind: fault.Drop}); err != nil {
		t.Fatal(err)
	}
	var got []string
	for i := range 7 {
		if i == 6 {
			faults.Clear()
		}
		body, err := get(t.Context(), t, url)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, <-outcomes+": "+body)
	}
	want := []string{
		"fault:error: error a", "fault:error: error a", "fault:status: b",
		"fault:error: error c", "fault:error: error c", "fault:error: error c", "ok: done",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestConnectionsThatBreak(t *testing.T) {
	for kind, done := range map[fault.Kind]int{fault.Drop: 0, fault.DropAfter: 1} {
		var faults fault.Set
		url, outcomes, work := server(t, &faults)
		if err := faults.Add("op", fault.Fault{Kind: kind}); err != nil {
			t.Fatal(err)
		}
		if body, err := get(t.Context(), t, url); err == nil {
			t.Errorf("%s: got an answer: %q", kind, body)
		}
		if outcome := <-outcomes; outcome != "fault:"+string(kind) || *work != done {
			t.Errorf("%s: outcome %s, work done %d times, want %d", kind, outcome, *work, done)
		}
	}
}

func TestAHangEndsWhenTheClientLeaves(t *testing.T) {
	var faults fault.Set
	url, outcomes, work := server(t, &faults)
	if err := faults.Add("op", fault.Fault{Kind: fault.Hang}); err != nil {
		t.Fatal(err)
	}
	ctx, leave := context.WithCancel(t.Context())
	failed := make(chan error)
	go func() {
		_, err := get(ctx, t, url)
		failed <- err
	}()
	leave()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Errorf("error = %v, want the client's own", err)
	}
	if len(outcomes) > 0 && <-outcomes != "fault:hang" || *work != 0 {
		t.Errorf("a hanging call has done its work")
	}
}

func TestFaultsThatCannotBe(t *testing.T) {
	for name, f := range map[string]fault.Fault{
		"unknown kind":      {Kind: "explode"},
		"no kind":           {},
		"no status":         {Kind: fault.Status},
		"no code":           {Kind: fault.Error},
		"negative times":    {Kind: fault.Drop, Times: -2},
		"negative waiting":  {Kind: fault.RateLimited, RetryAfter: -1},
		"a status of 1,000": {Kind: fault.Status, Status: 1000},
	} {
		if err := new(fault.Set).Add("op", f); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

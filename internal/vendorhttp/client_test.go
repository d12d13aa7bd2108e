package vendorhttp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/followup-dev/followup-operator/internal/outcome"
)

// planted stands for a customer's text and credentials in a vendor's answer and in our own request.
const planted = "planted-jane@customer.example"

var (
	read  = Operation{Vendor: "acme", Name: "read", Timeout: 5 * time.Second, Repeatable: true}
	write = Operation{Vendor: "acme", Name: "write", Timeout: 5 * time.Second}
)

// post sends one request with planted text in its URL and decodes the answer as JSON.
func post(url string) func(context.Context, Doer) error {
	return func(ctx context.Context, doer Doer) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/?who="+planted, strings.NewReader(planted))
		if err != nil {
			return err
		}
		resp, err := doer.Do(req)
		if err != nil {
			return err
		}
		defer func() { _ = resp.Body.Close() }()
		var answer struct{ N int }
		return json.NewDecoder(resp.Body).Decode(&answer)
	}
}

func answer(status int, header, value, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if header != "" {
			w.Header().Set(header, value)
		}
		w.WriteHeader(status)
		_, _ = fmt.Fprint(w, body)
	}
}

func drop(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

func TestCallClassifies(t *testing.T) {
	huge := `{"N":1,"pad":"` + strings.Repeat("x", maxAnswer) + `"}`
	tests := map[string]struct {
		serve http.HandlerFunc
		op    Operation
		want  *outcome.Error
	}{
		"ok":                    {answer(200, "", "", `{"N":1,"new_field":[]}`), read, nil},
		"bad request":           {answer(400, "", "", planted), read, &outcome.Error{Class: outcome.Permanent, Status: 400}},
		"bad credential":        {answer(401, "", "", planted), read, &outcome.Error{Class: outcome.Unauthorized, Status: 401}},
		"forbidden":             {answer(403, "", "", planted), read, &outcome.Error{Class: outcome.Unauthorized, Status: 403}},
		"seconds left":          {answer(429, "RateLimit-Reset", "17", planted), read, &outcome.Error{Class: outcome.Throttled, Status: 429, RetryAfter: 17 * time.Second}},
		"seconds to wait":       {answer(429, "Retry-After", "30", planted), read, &outcome.Error{Class: outcome.Throttled, Status: 429, RetryAfter: 30 * time.Second}},
		"an absurd wait":        {answer(429, "Retry-After", "999999", ""), read, &outcome.Error{Class: outcome.Throttled, Status: 429, RetryAfter: 15 * time.Minute}},
		"a negative wait":       {answer(429, "Retry-After", "-5", ""), read, &outcome.Error{Class: outcome.Throttled, Status: 429}},
		"a date long past":      {answer(429, "Retry-After", "Wed, 21 Oct 2015 07:28:00 GMT", ""), read, &outcome.Error{Class: outcome.Throttled, Status: 429}},
		"no wait told":          {answer(429, "Retry-After", planted, ""), read, &outcome.Error{Class: outcome.Throttled, Status: 429}},
		"redirect":              {answer(302, "Location", "/else", ""), read, &outcome.Error{Class: outcome.Permanent, Status: 302}},
		"read fails":            {answer(503, "", "", planted), read, &outcome.Error{Class: outcome.Transient, Status: 503}},
		"write fails":           {answer(503, "", "", planted), write, &outcome.Error{Class: outcome.UnknownOutcome, Status: 503}},
		"read gets HTML":        {answer(200, "", "", "<html>"+planted), read, &outcome.Error{Class: outcome.Transient, Code: "unreadable"}},
		"write gets HTML":       {answer(200, "", "", "<html>"+planted), write, &outcome.Error{Class: outcome.UnknownOutcome, Code: "unreadable"}},
		"answer without end":    {answer(200, "", "", huge), read, &outcome.Error{Class: outcome.Transient, Code: "unreadable"}},
		"read loses connection": {drop, read, &outcome.Error{Class: outcome.Transient, Code: "connection"}},
		"write loses it":        {drop, write, &outcome.Error{Class: outcome.UnknownOutcome, Code: "connection"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(tc.serve)
			defer server.Close()
			var outcomes []string
			client := New(nil, func(c outcome.Call) {
				outcomes = append(outcomes, c.Vendor+" "+c.Operation+" "+c.Outcome())
			})

			got := client.Call(t.Context(), tc.op, post(server.URL))

			if tc.want == nil {
				if got != nil {
					t.Fatal(got)
				}
				return
			}
			tc.want.Vendor, tc.want.Operation = "acme", tc.op.Name
			if diff := cmp.Diff(error(tc.want), got); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
			if strings.Contains(fmt.Sprintf("%v %+v %#v", got, got, got), "planted") {
				t.Errorf("error tells what it must not: %v", got)
			}
			if want := "acme " + tc.op.Name + " " + string(tc.want.Class); outcomes[0] != want {
				t.Errorf("observed %q, want %q", outcomes, want)
			}
		})
	}
}

func TestCallToNobody(t *testing.T) {
	closed := httptest.NewServer(nil)
	closed.Close()
	client := New(nil, func(outcome.Call) {})

	err := client.Call(t.Context(), write, post(closed.URL))

	if outcome.ClassOf(err) != outcome.Transient {
		t.Errorf("a write that never left: %v, want transient", err)
	}
	if err := client.Call(t.Context(), write, post("http://bad host")); outcome.ClassOf(err) != outcome.Permanent {
		t.Errorf("a URL that is none: %v, want permanent", err)
	}
}

func TestCallEndsInTime(t *testing.T) {
	for _, op := range []Operation{read, write} {
		t.Run(op.Name, func(t *testing.T) {
			release := make(chan struct{})
			var calls atomic.Int32
			server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
				calls.Add(1)
				<-release
			}))
			defer server.Close()
			defer close(release)
			op.Timeout = 50 * time.Millisecond

			err := New(nil, func(outcome.Call) {}).Call(t.Context(), op, post(server.URL))

			want := map[bool]outcome.Class{true: outcome.Transient, false: outcome.UnknownOutcome}[op.Repeatable]
			if outcome.ClassOf(err) != want || outcome.CodeOf(err) != "timeout" {
				t.Errorf("got %v, want %s by timeout", err, want)
			}
			if calls.Load() != 1 {
				t.Errorf("%d calls, want 1: a person is waiting", calls.Load())
			}
		})
	}
}

func TestCallRepeatsOnlyWhatMayBeRepeated(t *testing.T) {
	tests := map[string]struct {
		op     Operation
		first  int
		wantOK bool
		calls  int32
	}{
		"read after 502":  {read, 502, true, 2},
		"write after 502": {write, 502, false, 1},
		"read after 429":  {read, 429, false, 1},
		"read after 401":  {read, 401, false, 1},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			var calls atomic.Int32
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if calls.Add(1) == 1 {
					w.WriteHeader(tc.first)
					return
				}
				_, _ = fmt.Fprint(w, `{"N":2}`)
			}))
			defer server.Close()

			err := New(nil, func(outcome.Call) {}).Call(t.Context(), tc.op, post(server.URL))

			if (err == nil) != tc.wantOK || calls.Load() != tc.calls {
				t.Errorf("error %v after %d calls, want success: %v after %d", err, calls.Load(), tc.wantOK, tc.calls)
			}
		})
	}
}

func TestCallSaysWhoCalls(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, `{"N":%d}`, len(r.UserAgent()))
		if !strings.HasPrefix(r.UserAgent(), "followup-operator") {
			t.Errorf("User-Agent %q", r.UserAgent())
		}
	}))
	defer server.Close()
	if err := New(nil, func(outcome.Call) {}).Call(t.Context(), read, post(server.URL)); err != nil {
		t.Fatal(err)
	}
}

func TestCode(t *testing.T) {
	for word, want := range map[string]string{
		"invalid_auth": "invalid_auth", "": "other", "Jane said: buy": "other", strings.Repeat("a", 65): "other", "é": "other",
	} {
		if got := outcome.Code(word); got != want {
			t.Errorf("outcome.Code(%q) = %q, want %q", word, got, want)
		}
	}
}

func TestClassOfForeignErrors(t *testing.T) {
	if got := outcome.ClassOf(errors.New("x")); got != "" {
		t.Errorf("got %q", got)
	}
	if got := outcome.ClassOf(fmt.Errorf("listing: %w", &outcome.Error{Class: outcome.Throttled})); got != outcome.Throttled {
		t.Errorf("got %q through wrapping", got)
	}
}

package vendorhttp

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/followup-dev/followup-operator/internal/outcome"
)

// gate is what replicas share.
type gate struct {
	mu    sync.Mutex
	until map[string]time.Time
	err   error
}

func (g *gate) ClosedUntil(_ context.Context, vendor string) (time.Time, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.until[vendor], g.err
}

func (g *gate) Close(_ context.Context, vendor string, until time.Time) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.until == nil {
		g.until = map[string]time.Time{}
	}
	g.until[vendor] = until
	return g.err
}

// vendor counts the calls that reach it.
func vendor(t *testing.T, serve http.HandlerFunc) (url string, calls *atomic.Int32) {
	t.Helper()
	calls = new(atomic.Int32)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		serve(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL, calls
}

func through(g Gate) *Client {
	return New(nil, func(outcome.Call) {}).Through(g)
}

func TestAGateIsClosedForAllWhoShareIt(t *testing.T) {
	const ok = `{"N":1}`
	soon := time.Now().Add(40 * time.Second).UTC().Format(time.RFC3339)
	limit := func(name, left, reset string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set(name+"-Remaining", left)
			w.Header().Set(name+"-Reset", reset)
			_, _ = fmt.Fprint(w, ok)
		}
	}
	tests := map[string]struct {
		serve http.HandlerFunc
		most  time.Duration // that the second client is told to wait; 0 if it is let through
	}{
		"told to wait":                    {answer(429, "Retry-After", "30", ""), 30 * time.Second},
		"told to wait, not for how long":  {answer(429, "", "", ""), closedFor},
		"the last call of a minute":       {limit("RateLimit", "0", "17"), 17 * time.Second},
		"the last request of Anthropic's": {limit("anthropic-ratelimit-requests", "0", soon), 40 * time.Second},
		"the last token of Anthropic's":   {limit("anthropic-ratelimit-output-tokens", "0", soon), 40 * time.Second},
		"a limit that never ends":         {limit("RateLimit", "0", "never"), 0},
		"something is left":               {limit("RateLimit", "1", "17"), 0},
		"another failure":                 {answer(503, "", "", ""), 0},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			url, calls := vendor(t, tc.serve)
			shared := &gate{}
			_ = through(shared).Call(t.Context(), write, post(url))

			err := through(shared).Call(t.Context(), write, post(url))

			if tc.most == 0 {
				if calls.Load() != 2 {
					t.Errorf("%d calls, want 2: %v", calls.Load(), err)
				}
				return
			}
			wait := outcome.RetryAfterOf(err)
			if outcome.ClassOf(err) != outcome.Throttled || outcome.CodeOf(err) != "gated" || wait <= tc.most/2 || wait > tc.most {
				t.Errorf("got %v, want to wait up to %s at the gate", err, tc.most)
			}
			if calls.Load() != 1 {
				t.Errorf("%d calls, want only the first client's", calls.Load())
			}
		})
	}
}

func TestAGateIsOneVendors(t *testing.T) {
	url, calls := vendor(t, answer(200, "", "", `{"N":1}`))
	shared := &gate{until: map[string]time.Time{"other": time.Now().Add(time.Hour), "acme": time.Now().Add(-time.Second)}}
	if err := through(shared).Call(t.Context(), read, post(url)); err != nil || calls.Load() != 1 {
		t.Errorf("%v after %d calls, want one: it is closed for another, and was for this one", err, calls.Load())
	}
	shared.until["acme"] = time.Now().Add(24 * time.Hour)
	if err := through(shared).Call(t.Context(), read, post(url)); outcome.RetryAfterOf(err) != 15*time.Minute || calls.Load() != 1 {
		t.Errorf("%v after %d calls, want to wait as long as any wait may be", err, calls.Load())
	}
}

func TestAGateThatFailsLetsCallsThrough(t *testing.T) {
	url, calls := vendor(t, answer(429, "Retry-After", "30", ""))
	broken := &gate{until: map[string]time.Time{"acme": time.Now().Add(time.Hour)}, err: errors.New("no database")}
	if err := through(broken).Call(t.Context(), read, post(url)); outcome.RetryAfterOf(err) != 30*time.Second || calls.Load() != 1 {
		t.Errorf("%v after %d calls, want the vendor's own answer", err, calls.Load())
	}
}

func TestCallReadsTheVendorsOwnWords(t *testing.T) {
	tests := map[string]struct {
		status int
		said   Refusal
		want   outcome.Error
	}{
		"nothing":             {403, Refusal{}, outcome.Error{Class: outcome.Unauthorized, Status: 403}},
		"a code only":         {400, Refusal{Code: "bad_stage"}, outcome.Error{Class: outcome.Permanent, Status: 400, Code: "bad_stage"}},
		"no code word":        {400, Refusal{Code: planted}, outcome.Error{Class: outcome.Permanent, Status: 400, Code: "other"}},
		"a class":             {403, Refusal{Class: outcome.Throttled, Code: "quota"}, outcome.Error{Class: outcome.Throttled, Status: 403, Code: "quota", RetryAfter: 7 * time.Second}},
		"a class and a wait":  {403, Refusal{Class: outcome.Throttled, RetryAfter: time.Hour}, outcome.Error{Class: outcome.Throttled, Status: 403, RetryAfter: 15 * time.Minute}},
		"less than it seemed": {500, Refusal{Class: outcome.Permanent}, outcome.Error{Class: outcome.Permanent, Status: 500}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			url, _ := vendor(t, answer(tc.status, "Retry-After", "7", planted+strings.Repeat("x", maxRefusal)))
			op := write
			op.Refused = func(status int, header http.Header, body []byte) Refusal {
				if status != tc.status || header.Get("Retry-After") != "7" || len(body) != maxRefusal || !strings.HasPrefix(string(body), planted) {
					t.Errorf("asked about %d, %v and %d bytes", status, header, len(body))
				}
				return tc.said
			}
			err := New(nil, func(outcome.Call) {}).Call(t.Context(), op, post(url))
			tc.want.Vendor, tc.want.Operation = "acme", "write"
			if got, ok := errors.AsType[*outcome.Error](err); !ok || *got != tc.want {
				t.Errorf("got %v, want %v", err, &tc.want)
			}
		})
	}
}

func TestAnOperationSaysHowLargeItsAnswersAre(t *testing.T) {
	url, _ := vendor(t, answer(200, "", "", `{"N":1,"pad":"`+strings.Repeat("x", maxAnswer)+`"}`))
	op := read
	op.MaxAnswer = 2 * maxAnswer
	if err := New(nil, func(outcome.Call) {}).Call(t.Context(), op, post(url)); err != nil {
		t.Error(err)
	}
}

package integration

import (
	"net/http"
	"slices"
	"strings"
	"sync"
)

// requestCounter keeps the write requests that an operator sends.
type requestCounter struct {
	mu     sync.Mutex
	writes []string
}

func (c *requestCounter) wrap(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		if r.Method != http.MethodGet {
			c.mu.Lock()
			c.writes = append(c.writes, r.Method+" "+r.URL.Path)
			c.mu.Unlock()
		}
		return next.RoundTrip(r)
	})
}

// sent returns the writes so far whose path has all the parts.
func (c *requestCounter) sent(parts ...string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(c.writes), func(write string) bool {
		return slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(write, part) })
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

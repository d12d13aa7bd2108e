package integration

import (
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// transport keeps the write requests and the watches of an operator, and fails or delays some.
type transport struct {
	mu      sync.Mutex
	writes  []string
	watches map[*watchBody]string // those that are open
	broken  string                // writes to a path that ends so fail
	held    map[string]chan struct{}
	power   *plug
}

func (c *transport) wrap(next http.RoundTripper) http.RoundTripper {
	next = c.power.transport(next)
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		if r.Method != http.MethodGet {
			return c.write(next, r)
		}
		response, err := next.RoundTrip(r)
		if err != nil || r.URL.Query().Get("watch") != "true" {
			return response, err
		}
		response.Body = c.watch(r, response.Body)
		return response, nil
	})
}

func (c *transport) watch(r *http.Request, body io.ReadCloser) io.ReadCloser {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.watches == nil {
		c.watches = map[*watchBody]string{}
	}
	watch := &watchBody{ReadCloser: body, wait: func() { c.wait(r) }}
	watch.end = func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.watches, watch)
	}
	c.watches[watch] = r.URL.Path + " as " + r.Header.Get("Accept")
	return watch
}

func (c *transport) write(next http.RoundTripper, r *http.Request) (*http.Response, error) {
	c.mu.Lock()
	c.writes = append(c.writes, r.Method+" "+r.URL.Path)
	fail := c.broken != "" && strings.HasSuffix(r.URL.Path, c.broken)
	c.mu.Unlock()
	if fail {
		return nil, io.ErrUnexpectedEOF
	}
	return next.RoundTrip(r)
}

// sent returns the writes so far whose path has all the parts.
func (c *transport) sent(parts ...string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(c.writes), func(write string) bool {
		return slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(write, part) })
	})
}

// watched returns the watches that are open, each as "<path> as <representation>". One that the API server ended, as it does
// when it has just learned of a kind, is closed before the next is asked for.
func (c *transport) watched() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Collect(maps.Values(c.watches))
}

// fail has the writes to a path that ends so fail; "" has none.
func (c *transport) fail(path string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.broken = path
}

// hold delays what watches of the resources tell until release is called.
func (c *transport) hold(resources ...string) (release func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	until := make(chan struct{})
	c.held = map[string]chan struct{}{}
	for _, resource := range resources {
		c.held["/"+resource] = until
	}
	return sync.OnceFunc(func() { close(until) })
}

// wait blocks while what a watch tells is held back.
func (c *transport) wait(watch *http.Request) {
	c.mu.Lock()
	until := c.held[watch.URL.Path[strings.LastIndex(watch.URL.Path, "/"):]]
	c.mu.Unlock()
	if until == nil {
		return
	}
	select {
	case <-until:
	case <-watch.Context().Done():
	}
}

// watchBody is the answer to a watch.
type watchBody struct {
	io.ReadCloser
	wait func()
	end  func()
}

func (b *watchBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.wait()
	return n, err
}

func (b *watchBody) Close() error {
	b.end()
	return b.ReadCloser.Close()
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

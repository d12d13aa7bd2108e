package anthropic

import (
	"crypto/sha256"
	"net/http"
	"strconv"
	"time"
)

const (
	window = time.Minute
	// cacheLife is that of "ephemeral"; each use begins it anew.
	cacheLife = 5 * time.Minute
	// minCached tokens are the shortest prompt that is cached. The models' differ, and those of 5.5 are not published.
	minCached = 1024
)

// account is whose key it is.
type account struct {
	limit   int
	started time.Time
	used    int
	cached  map[string]time.Time // until when, by the digest of the beginning of a prompt
}

// admit counts a request, unless it is one too many.
func (a *account) admit(header http.Header, now time.Time) bool {
	if now.Sub(a.started) >= window {
		a.started, a.used = now, 0
	}
	reset := a.started.Add(window)
	if a.used >= a.limit {
		header.Set("Retry-After", strconv.Itoa(int((reset.Sub(now)+time.Second-1)/time.Second)))
		writeLimits(header, a.limit, 0, reset)
		return false
	}
	a.used++
	writeLimits(header, a.limit, a.limit-a.used, reset)
	return true
}

// writeLimits: https://platform.claude.com/docs/en/api/rate-limits#response-headers
func writeLimits(header http.Header, limit, remaining int, reset time.Time) {
	header.Set("Anthropic-Ratelimit-Requests-Limit", strconv.Itoa(limit))
	header.Set("Anthropic-Ratelimit-Requests-Remaining", strconv.Itoa(remaining))
	header.Set("Anthropic-Ratelimit-Requests-Reset", reset.UTC().Format(time.RFC3339))
}

// cache says how many tokens of a request are read from the cache, and how many are written to it. What is cached is the
// beginning of a prompt up to a block with cache_control, for the same model and schema.
func (a *account) cache(r *Request, now time.Time) (read, written int) {
	digest, tokens, longest := sha256.New(), 0, 0
	digest.Write([]byte(r.Model + "\n" + string(encoded(r.Schema))))
	for _, block := range r.Blocks {
		digest.Write([]byte("\n" + block.Role + "\n" + block.Text))
		tokens += tokensOf(block.Text)
		if !block.Cached || tokens < minCached {
			continue
		}
		name := string(digest.Sum(nil))
		if now.Before(a.cached[name]) {
			read = tokens
		}
		a.cached[name], longest = now.Add(cacheLife), tokens
	}
	return read, longest - read
}

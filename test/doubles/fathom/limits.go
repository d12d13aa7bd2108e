package fathom

import (
	"net/http"
	"strconv"
	"time"
)

// Limits per user: https://developers.fathom.ai/api-overview#rate-limiting. Content is heavy.
const (
	rateLimit  = 60
	heavyLimit = 30
	rateWindow = time.Minute
)

// window counts a user's calls of one minute.
type window struct {
	limit   int
	started time.Time
	used    int
}

// admit counts a call, unless it is one too many.
func (w *window) admit(now time.Time) bool {
	if now.Sub(w.started) >= rateWindow {
		w.started, w.used = now, 0
	}
	if w.used >= w.limit {
		return false
	}
	w.used++
	return true
}

// write tells the limit, in the headers that Fathom documents.
func (w *window) write(header http.Header, now time.Time) {
	reset := w.started.Add(rateWindow).Sub(now)
	writeLimits(header, w.limit, w.limit-w.used, int((reset+time.Second-1)/time.Second))
}

func writeLimits(header http.Header, limit, remaining, resetSeconds int) {
	header.Set("RateLimit-Limit", strconv.Itoa(limit))
	header.Set("RateLimit-Remaining", strconv.Itoa(remaining))
	header.Set("RateLimit-Reset", strconv.Itoa(resetSeconds))
}

// admit counts a call against the user's limits; a heavy call counts against both.
func (u *user) admit(header http.Header, heavy bool, now time.Time) bool {
	counts := []*window{&u.calls}
	if heavy {
		counts = append(counts, &u.heavy)
	}
	for _, w := range counts {
		admitted := w.admit(now)
		w.write(header, now)
		if !admitted {
			return false
		}
	}
	return true
}

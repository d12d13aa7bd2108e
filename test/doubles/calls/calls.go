package calls

import (
	"maps"
	"sync"
)

// Counts is the number of calls by operation and outcome. "ok" is success; other outcomes are the vendor's
// error codes, "fault:" and a kind, or what the double's package documents.
type Counts map[string]map[string]int

// Total is the number of calls of an operation, whatever their outcome.
func (c Counts) Total(operation string) int {
	total := 0
	for _, n := range c[operation] {
		total += n
	}
	return total
}

// Log counts calls. The zero value is ready; it is safe for concurrent use.
type Log struct {
	mu     sync.Mutex
	counts Counts
}

// Add counts one call.
func (l *Log) Add(operation, outcome string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.counts == nil {
		l.counts = make(Counts)
	}
	if l.counts[operation] == nil {
		l.counts[operation] = make(map[string]int)
	}
	l.counts[operation][outcome]++
}

// Counts returns a copy.
func (l *Log) Counts() Counts {
	l.mu.Lock()
	defer l.mu.Unlock()
	counts := make(Counts, len(l.counts))
	for operation, byOutcome := range l.counts {
		counts[operation] = maps.Clone(byOutcome)
	}
	return counts
}

// Reset starts again at zero.
func (l *Log) Reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.counts = nil
}

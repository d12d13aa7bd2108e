// Package progress prints one line a step, so that whoever waits sees what for. It imports nothing of this module.
package progress

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// Printer writes lines of the form "  node        Ready                      5.1 s". The zero value and nil print
// nothing. It may be used from several goroutines.
type Printer struct {
	mu  sync.Mutex
	out io.Writer
	now func() time.Time
}

// New returns a Printer that writes to out; a nil out discards.
func New(out io.Writer) *Printer {
	return &Printer{out: out, now: time.Now}
}

// Start begins a step of the named part; calling the returned function prints what was reached and how long it took.
func (p *Printer) Start(part string) (done func(reached string)) {
	if p == nil || p.out == nil {
		return func(string) {}
	}
	began := p.now()
	return func(reached string) { p.line(part, reached, p.now().Sub(began)) }
}

// Note prints a line that took no time of its own.
func (p *Printer) Note(part, text string) {
	if p == nil || p.out == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintf(p.out, "  %-16s %s\n", part, text)
}

func (p *Printer) line(part, reached string, took time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintf(p.out, "  %-16s %-44s %6.1f s\n", part, reached, took.Seconds())
}

// Tail returns the last n lines of a log, each indented, as an error message quotes them.
func Tail(log []byte, n int) string {
	lines := strings.Split(strings.TrimRight(string(log), "\n"), "\n")
	return "    " + strings.Join(lines[max(0, len(lines)-n):], "\n    ")
}

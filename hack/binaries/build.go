package binaries

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/followup-dev/followup-operator/hack/progress"
)

// heartbeat is how often a long compilation says how far it is.
const heartbeat = 20 * time.Second

// arguments are those of `go` for the program. The flags are part of what Go's own build cache is keyed by.
func (p program) arguments(version, output string) []string {
	args := []string{"build", "-v", "-trimpath", "-buildvcs=false", "-ldflags", p.ldflags(version), "-o", output}
	if p.tags != "" {
		args = append(args, "-tags", p.tags)
	}
	return append(args, p.pkg)
}

func (c *Cache) build(ctx context.Context, component Component, p program, version, dir string) error {
	cmd := exec.CommandContext(ctx, "go", p.arguments(version, filepath.Join(dir, p.output))...)
	cmd.Dir = filepath.Join(c.Source, component.Name)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS=")
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	stderr, err := cmd.StderrPipe() // also ends the compiler soon when this process is killed: nobody reads on
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start the Go compiler: %w", err)
	}
	var compiled atomic.Int64
	stop := c.reportCompiling(component.Name, p.output, &compiled)
	log := countPackages(stderr, &compiled)
	err = cmd.Wait()
	stop()
	if err != nil {
		return fmt.Errorf("compile %s of %s %s: %w\n%s", p.output, component.Name, version, err, progress.Tail(log, 20))
	}
	return nil
}

// countPackages counts the lines of `go build -v` that name a compiled package and returns the others.
func countPackages(stderr io.Reader, compiled *atomic.Int64) (others []byte) {
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		line := lines.Text()
		if strings.ContainsAny(line, " \t:") {
			others = append(append(others, line...), '\n')
			continue
		}
		compiled.Add(1)
	}
	return others
}

func (c *Cache) reportCompiling(part, output string, compiled *atomic.Int64) (stop func()) {
	done := c.Out.Start(part)
	stopped := make(chan struct{})
	go func() {
		tick := time.NewTicker(heartbeat)
		defer tick.Stop()
		for {
			select {
			case <-stopped:
				return
			case <-tick.C:
				done(fmt.Sprintf("compiling %s, %d packages so far", output, compiled.Load()))
			}
		}
	}()
	return func() { close(stopped) }
}

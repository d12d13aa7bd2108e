package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// operator is a running process of the operator.
type operator struct {
	cmd     *exec.Cmd
	metrics string // its URL
	pprof   string // its URL
	out     string // for profiles
	exited  chan struct{}
}

// logFile is of all operators of a run.
const logFile = "operator.log"

// start runs the operator.
func (b *bed) start(ctx context.Context) (*operator, error) {
	metrics, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	pprof, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	log, err := os.OpenFile(filepath.Join(b.out, logFile), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }()
	cmd := exec.CommandContext(ctx, b.file("operator"),
		"--logins-dir="+b.file("logins"), "--operator-namespace="+operatorNamespace, "--webhook-image=example.com/webhook:v1",
		"--webhook-cluster-role=followup-webhook", "--metrics-bind-address="+metrics, "--pprof-bind-address="+pprof, "--health-probe-bind-address=0",
	)
	cmd.Env, cmd.Stderr = append(os.Environ(), "KUBECONFIG="+b.file("kubeconfig")), log
	o := &operator{
		cmd: cmd, metrics: "http://" + metrics + "/metrics", pprof: "http://" + pprof + "/debug/pprof/", out: b.out,
		exited: make(chan struct{}),
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = cmd.Wait()
		close(o.exited)
	}()
	return o, nil
}

// freeAddress is one that nobody listens on.
func freeAddress(ctx context.Context) (string, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

// stop ends the process as Kubernetes does, and returns when it has ended.
func (o *operator) stop() {
	_ = o.cmd.Process.Signal(syscall.SIGTERM)
	<-o.exited
}

// peakMemory is the most that was resident, in bytes.
func (o *operator) peakMemory() (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", o.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	_, after, _ := strings.Cut(string(text), "VmHWM:")
	var kib int64
	_, err = fmt.Sscan(after, &kib)
	return kib << 10, err
}

var errEnded = errors.New("the operator ended; its log says why")

const pollEvery = 200 * time.Millisecond

// await returns when something holds of what the operator tells. It does not answer at first.
func (o *operator) await(ctx context.Context, holds func(numbers) bool) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		if now, err := o.read(ctx); err == nil && holds(now) {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-o.exited:
			return errEnded
		case <-tick.C:
		}
	}
}

func (o *operator) read(ctx context.Context) (numbers, error) {
	return scrape(ctx, http.DefaultClient, o.metrics)
}

// save keeps a profile. It waits until the operator answers.
func (o *operator) save(ctx context.Context, profile, file string) error {
	for {
		text, err := fetch(ctx, http.DefaultClient, o.pprof+profile)
		if err == nil {
			return os.WriteFile(filepath.Join(o.out, file), text, 0o644)
		}
		if !errors.Is(err, syscall.ECONNREFUSED) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-o.exited:
			return errEnded
		case <-time.After(20 * time.Millisecond):
		}
	}
}

package scale

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// operator is a running process of the operator.
type operator struct {
	cmd     *exec.Cmd
	began   time.Time
	metrics string // its URL
	exited  chan struct{}
}

// start runs the operator. Its log goes to the file operator.log.
func (b *bed) start(ctx context.Context) (*operator, error) {
	address, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	log, err := os.OpenFile(b.file("operator.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }()
	cmd := exec.CommandContext(ctx, b.file("operator"),
		"--logins-dir="+b.file("logins"), "--operator-namespace="+operatorNamespace, "--webhook-image=example.com/webhook:v1",
		"--webhook-cluster-role=followup-webhook", "--metrics-bind-address="+address, "--health-probe-bind-address=0",
	)
	cmd.Env, cmd.Stderr = append(os.Environ(), "KUBECONFIG="+b.file("kubeconfig")), log
	o := &operator{cmd: cmd, began: time.Now(), metrics: "http://" + address + "/metrics", exited: make(chan struct{})}
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

// numbers are what the operator tells of itself.
type numbers map[string]*dto.MetricFamily

func (o *operator) read(ctx context.Context) (numbers, error) {
	return scrape(ctx, http.DefaultClient, o.metrics)
}

func scrape(ctx context.Context, by *http.Client, url string) (numbers, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	response, err := by.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(response.Body, 200))
		return nil, fmt.Errorf("%s: %s: %s", url, response.Status, text)
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	return parser.TextToMetricFamilies(response.Body)
}

// sum adds up the counters and gauges of a name whose label has one of the values.
func (n numbers) sum(name, label string, values ...string) (total float64) {
	for _, metric := range n[name].GetMetric() {
		for _, pair := range metric.GetLabel() {
			for _, value := range values {
				if pair.GetName() == label && pair.GetValue() == value {
					total += metric.GetCounter().GetValue() + metric.GetGauge().GetValue()
				}
			}
		}
	}
	return total
}

// writes is how many requests the operator sent that change something.
func (n numbers) writes() float64 {
	return n.sum("rest_client_requests_total", "method", http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete)
}

// reconciled says whether the operator has looked at n Tenants and all that comes with them, and has nothing to do.
func (n numbers) reconciled(tenants int) bool {
	for controller, objects := range map[string]int{"slackapp": 1, "tenant": tenants, "crmconnection": 2 * tenants} {
		if n.sum("controller_runtime_reconcile_total", "controller", controller) < float64(objects) ||
			n.sum("workqueue_depth", "controller", controller) > 0 ||
			n.sum("controller_runtime_active_workers", "controller", controller) > 0 {
			return false
		}
	}
	return true
}

var errEnded = errors.New("the operator ended; operator.log says why")

// await returns how long after the start of the process something held.
func (o *operator) await(ctx context.Context, holds func(context.Context) (bool, error)) (time.Duration, error) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		if held, err := holds(ctx); err != nil || held {
			return time.Since(o.began), err
		}
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-o.exited:
			return 0, errEnded
		case <-tick.C:
		}
	}
}

// awaitReconciled returns how long after its start the operator had looked at all. It does not answer at first.
func (o *operator) awaitReconciled(ctx context.Context, tenants int) (time.Duration, error) {
	return o.await(ctx, func(ctx context.Context) (bool, error) {
		now, err := o.read(ctx)
		return err == nil && now.reconciled(tenants), ctx.Err()
	})
}

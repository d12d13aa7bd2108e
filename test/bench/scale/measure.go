package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"strings"
	"time"
)

// result is what a run came to.
type result struct {
	Tenants int                `json:"tenants"`
	Machine string             `json:"machine"`
	Metrics map[string]float64 `json:"metrics"` // those of ranges.yaml, and some more
	Phases  []phase            `json:"phases"`
}

func (r *result) add(p phase) {
	notef("%s: %.1f s, load %s", p.Name, p.Seconds, p.Load)
	r.Phases = append(r.Phases, p)
}

// keepMost keeps the most that a metric has come to.
func (r *result) keepMost(metric string, value float64) {
	r.Metrics[metric] = max(r.Metrics[metric], value)
}

// measure runs the operator on one cluster, then the bare loop on another: what it is to write is known by then. With an error
// it returns what was measured until then.
func measure(ctx context.Context, o options) (*result, error) {
	r := &result{Tenants: o.tenants, Metrics: map[string]float64{}, Machine: machine()}
	left, err := r.measureOperator(ctx, o)
	if err != nil {
		return r, err
	}
	operator := r.Phases[0]
	bare, err := measureBare(ctx, o, left, operator)
	if err != nil {
		return r, fmt.Errorf("bare loop: %w", err)
	}
	r.add(bare)
	r.Metrics["first_reconcile_of_bare"] = bare.Seconds / operator.Seconds
	return r, nil
}

// onBed does something on a cluster of its own with all Tenants declared and External Secrets played.
func onBed(ctx context.Context, o options, do func(context.Context, *bed) error) (err error) {
	dir, err := os.MkdirTemp("", "followup-scale-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	notef("building the operator, starting an API server and Postgres")
	b, err := newBed(ctx, ".", dir, o.out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() { _ = b.standIn(ctx) }() // one that failed leaves objects that are not Ready
	began := time.Now()
	notef("declaring %d Tenants and %d CRMConnections, and making their Secrets", o.tenants, 2*o.tenants)
	if err := b.generate(ctx, o.tenants); err != nil {
		return err
	}
	notef("declared in %.0f s", time.Since(began).Seconds())
	return do(ctx, b)
}

// measureOperator returns what it left in the cluster of one Tenant.
func (r *result) measureOperator(ctx context.Context, o options) (left leftovers, err error) {
	err = onBed(ctx, o, func(ctx context.Context, b *bed) error {
		end, err := b.countConnections(ctx)
		if err != nil {
			return err
		}
		defer func() { _, _ = end() }()
		if err := r.measureFirst(ctx, b, o); err != nil {
			return err
		}
		if left, err = b.leftovers(ctx); err != nil {
			return err
		}
		if err := r.measureCold(ctx, b, o); err != nil {
			return err
		}
		most, err := end()
		r.Metrics["connections"] = float64(most)
		for _, p := range r.Phases {
			r.Metrics["lists"] += p.lists()
		}
		return err
	})
	return left, err
}

func (r *result) measureFirst(ctx context.Context, b *bed, o options) error {
	notef("first reconcile")
	operator, done, err := b.first(ctx, o.tenants)
	if operator != nil {
		defer operator.stop()
	}
	if err != nil {
		return err
	}
	r.add(done)
	if err := operator.settle(ctx, o.tenants); err != nil {
		return err
	}
	bytes, err := operator.peakMemory()
	r.remember("memory_first_reconcile", bytes)
	return err
}

// measureCold starts the operator twice: how many rows it wrote is exact only when it has ended.
func (r *result) measureCold(ctx context.Context, b *bed, o options) error {
	notef("cold start")
	done, err := b.coldStart(ctx, o.tenants)
	if err != nil {
		return err
	}
	r.add(done.phase)
	r.Metrics["cold_start"], r.Metrics["cold_start_gets"] = done.Seconds, done.gets
	r.Metrics["cold_start_writes"], r.Metrics["cold_start_rows"] = done.writes, float64(done.rows)
	r.remember("memory_cold_start", done.memory)

	operator, again, err := b.startCold(ctx, o.tenants)
	if operator != nil {
		defer operator.stop()
	}
	if err != nil {
		return err
	}
	r.add(again)
	r.keepMost("cold_start", again.Seconds)
	if err := operator.settle(ctx, o.tenants); err != nil {
		return err
	}
	if err := operator.save(ctx, "heap?gc=1", "at-rest.heap"); err != nil {
		return err
	}
	return r.measureNew(ctx, b, o, operator)
}

func (r *result) measureNew(ctx context.Context, b *bed, o options, operator *operator) error {
	notef("%d new Tenants, one after another", o.latency)
	before, err := b.meters(ctx)
	if err != nil {
		return err
	}
	took, err := b.newTenants(ctx, o.tenants, o.latency)
	if err != nil {
		return err
	}
	at := func(q float64) float64 { return took[int(q*float64(len(took)-1))].Seconds() }
	r.Metrics["new_tenant_p50"], r.Metrics["new_tenant_p99"], r.Metrics["new_tenant_max"] = at(0.5), at(0.99), at(1)
	rest, err := b.since(ctx, "new Tenants", before, nil)
	if err != nil {
		return err
	}
	r.add(rest)
	bytes, err := operator.peakMemory()
	r.remember("memory_new_tenants", bytes)
	return err
}

func (r *result) remember(metric string, bytes int64) {
	r.Metrics[metric] = float64(bytes >> 20)
	notef("%s: %d MiB", metric, bytes>>20)
	r.keepMost("memory", r.Metrics[metric])
}

var cpuModel = regexp.MustCompile(`(?m)^model name\s*: (.*)$`)

func machine() string {
	model := "unknown CPU"
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if found := cpuModel.FindSubmatch(text); found != nil {
			model = string(found[1])
		}
	}
	return fmt.Sprintf("%s, %s, %d cores, shared by all. %s", time.Now().UTC().Format(time.DateOnly), model, runtime.NumCPU(), runtime.Version())
}

func (r *result) write(file string) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o644)
}

// programs are in the order of the table.
var programs = []string{"operator", "kube-apiserver", "etcd", "postgres", "runner"}

// tables are in Markdown: where the time went, and what was done.
func (r *result) tables() string {
	var text strings.Builder
	fmt.Fprintf(&text, "\n%s, %d Tenants, %d CRMConnections.\n\n| | took, s | load as it ended |", r.Machine, r.Tenants, 2*r.Tenants)
	for _, program := range programs {
		fmt.Fprintf(&text, " %s, CPU s |", program)
	}
	text.WriteString("\n|---|---|---|" + strings.Repeat("---|", len(programs)) + "\n")
	for _, p := range r.Phases {
		fmt.Fprintf(&text, "| %s | %.1f | %s |", p.Name, p.Seconds, p.Load)
		for _, program := range programs {
			fmt.Fprintf(&text, " %.1f |", p.CPU[program])
		}
		text.WriteString("\n")
	}
	first, bare := r.Phases[0], r.Phases[len(r.Phases)-1]
	text.WriteString("\n| writes for each Tenant | operator | bare loop |\n|---|---|---|\n")
	text.WriteString(perTenant(r.Tenants, first.writes(), bare.writes()))
	text.WriteString("\n| statements for each Tenant | operator | bare loop |\n|---|---|---|\n")
	text.WriteString(perTenant(r.Tenants, first.SQL, bare.SQL))
	fmt.Fprintf(&text, "\nA new Tenant: p50 %.3f s, p99 %.3f s, max %.3f s. A cold start: %.0f GETs. Memory: first reconcile %.0f, cold start %.0f, new Tenants %.0f MiB.\n",
		r.Metrics["new_tenant_p50"], r.Metrics["new_tenant_p99"], r.Metrics["new_tenant_max"], r.Metrics["cold_start_gets"],
		r.Metrics["memory_first_reconcile"], r.Metrics["memory_cold_start"], r.Metrics["memory_new_tenants"])
	return text.String()
}

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"time"

	"github.com/followup-dev/followup-operator/test/bench/ack/traffic"
)

// result is one measurement of one peer.
type result struct {
	traffic.Result

	peer        string
	round       int
	connections int
	cpu         time.Duration // of the peer
	postgres    time.Duration // of all the server's processes
	rss, pss    float64       // MiB, at the end
	others      time.Duration // CPU that all else on the machine took meanwhile
}

// perRequest is CPU time in microseconds.
func (r result) perRequest(spent time.Duration) float64 {
	return float64(spent.Microseconds()) / float64(max(1, r.Requests))
}

// measureAll goes round the peers, so that what else the machine does meets all of them alike. Each round begins with another.
// Before, each has a round that does not count: Node compiles what it sees to run often.
func (b *bed) measureAll(ctx context.Context, o options, peers []*peer) ([]result, error) {
	for _, p := range peers {
		if _, err := b.measure(ctx, p, headline, o.measure); err != nil {
			return nil, err
		}
	}
	var all []result
	for round := range o.rounds {
		for _, connections := range o.connections {
			for i := range peers {
				r, err := b.measure(ctx, peers[(i+round)%len(peers)], connections, o.measure)
				if err != nil {
					return nil, err
				}
				r.round = round
				all = append(all, r)
				notef("round %d of %d, %2d connections: %-23s %5.0f req/s, p99 %5.1f ms, CPU %4.0f us, Postgres %4.0f us, %3.0f MiB; others took %.1f cores",
					round+1, o.rounds, connections, r.peer, float64(r.Requests)/r.Seconds, r.P99, r.perRequest(r.cpu), r.perRequest(r.postgres), r.rss, othersCores(r))
			}
		}
	}
	return all, nil
}

func (b *bed) measure(ctx context.Context, p *peer, connections int, lasting time.Duration) (result, error) {
	r := result{peer: p.name, connections: connections}
	if err := b.clear(ctx); err != nil {
		return r, err
	}
	var err error
	if r.Result, err = b.drive(ctx, p, connections, lasting, &r); err != nil {
		return r, fmt.Errorf("%s: %w", p.name, err)
	}
	if r.rss, r.pss, err = memory(p.process.Pid); err != nil {
		return r, err
	}
	left, err := b.rows(ctx)
	if err != nil {
		return r, err
	}
	// A peer that answers too late, or not, may have written all the same.
	complete := func(rows, each int) bool { return rows >= r.Acknowledged*each && rows <= r.Sent*each }
	if !complete(left.AuditLogs, p.want.AuditLogs) || !complete(left.Jobs, p.want.Jobs) || !complete(left.Deliveries, p.want.Deliveries) {
		return r, fmt.Errorf("%s: %d sent, %d acknowledged, but the rows are %+v", p.name, r.Sent, r.Acknowledged, left)
	}
	return r, nil
}

// drive runs the load. It reads the clocks of the processes when the load says that it is warm, and when it is done.
func (b *bed) drive(ctx context.Context, p *peer, connections int, lasting time.Duration, r *result) (traffic.Result, error) {
	var seen traffic.Result
	cmd := exec.CommandContext(ctx, b.file("load"), "-address", p.address, "-connections", strconv.Itoa(connections),
		"-tenants", strconv.Itoa(tenants), "-measure", lasting.String(), "-seed", strconv.FormatInt(time.Now().UnixNano(), 10))
	cmd.Stderr = os.Stderr
	stdin, errIn := cmd.StdinPipe()
	stdout, errOut := cmd.StdoutPipe()
	if err := errors.Join(errIn, errOut, cmd.Start()); err != nil {
		return seen, err
	}
	answers := bufio.NewReader(stdout)
	if line, err := answers.ReadString('\n'); err != nil || line != "ready\n" {
		return seen, errors.Join(fmt.Errorf("the load said %q", line), cmd.Wait())
	}
	before, err := b.clocks(p)
	if err != nil {
		return seen, err
	}
	fmt.Fprintln(stdin, "go")
	if err := json.NewDecoder(answers).Decode(&seen); err != nil {
		return seen, errors.Join(err, cmd.Wait())
	}
	after, err := b.clocks(p)
	if err != nil {
		return seen, err
	}
	r.cpu, r.postgres = after.peer-before.peer, after.postgres-before.postgres
	r.others = max(0, after.machine-before.machine-r.cpu-r.postgres-seen.CPU)
	if err := cmd.Wait(); err != nil {
		return seen, err
	}
	if seen.Errors > 0 {
		notef("%s: %d requests not acknowledged, such as: %s", p.name, seen.Errors, seen.Error)
	}
	return seen, nil
}

// clocks are what processes have used so far.
type clocks struct{ peer, postgres, machine time.Duration }

func (b *bed) clocks(p *peer) (c clocks, err error) {
	var errs [3]error
	c.peer, _, errs[0] = cpu(p.process.Pid)
	c.postgres, errs[1] = familyCPU(b.server.PID())
	c.machine, errs[2] = machineCPU()
	return c, errors.Join(errs[:]...)
}

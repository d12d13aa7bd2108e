package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// phase is one part of a run, and what went on in it on the whole machine.
type phase struct {
	Name     string             `json:"name"`
	Seconds  float64            `json:"seconds"`
	Load     string             `json:"load"`     // averages of the machine as it ended
	CPU      map[string]float64 `json:"cpu"`      // seconds, by program
	Requests map[string]float64 `json:"requests"` // that the API server answered, whosever, by verb and resource
	SQL      map[string]float64 `json:"sql"`      // statements that the operator, or the bare loop, sent, by name
}

// reading is what the meters of a bed show.
type reading struct {
	at       time.Time
	cpu      map[string]float64
	requests map[string]float64
}

func (b *bed) meters(ctx context.Context) (r reading, err error) {
	r.at = time.Now()
	if r.cpu, err = cpuByProgram(os.Getpid(), b.server.PID()); err != nil {
		return r, err
	}
	told, err := b.apiserver(ctx)
	if err != nil {
		return r, err
	}
	r.requests = told.by("apiserver_request_total", "verb", "resource", "subresource")
	return r, nil
}

// since sums up what went on since an earlier reading.
func (b *bed) since(ctx context.Context, name string, earlier reading, sql map[string]float64) (phase, error) {
	took := time.Since(earlier.at).Seconds()
	now, err := b.meters(ctx)
	load, _ := os.ReadFile("/proc/loadavg")
	return phase{
		Name: name, Seconds: took, Load: strings.Join(strings.Fields(string(load))[:3], " "),
		CPU: minus(now.cpu, earlier.cpu), Requests: minus(now.requests, earlier.requests), SQL: sql,
	}, err
}

// minus leaves out what did not change. A program that ended in between is left out too.
func minus(now, earlier map[string]float64) map[string]float64 {
	left := maps.Clone(now)
	for name, value := range earlier {
		left[name] -= value
	}
	maps.DeleteFunc(left, func(_ string, value float64) bool { return value <= 0 })
	return left
}

// writes are the requests of a phase that change something.
func (p phase) writes() map[string]float64 {
	found := map[string]float64{}
	for request, n := range p.Requests {
		if verb, _, _ := strings.Cut(request, " "); slices.Contains([]string{"POST", "PUT", "PATCH", "APPLY", "DELETE"}, verb) {
			found[request] = n
		}
	}
	return found
}

func (p phase) lists() (n float64) {
	for request, answered := range p.Requests {
		if strings.HasPrefix(request, "LIST ") {
			n += answered
		}
	}
	return n
}

const ticksPerSecond = 100 // the unit of /proc/<pid>/stat on Linux, whatever the kernel's own

// cpuByProgram has the seconds of the runner, of its children, and of all of Postgres.
//
// Source: proc(5), /proc/pid/stat: field 2 is the name in parentheses, 4 the parent, 14 to 17 the time.
func cpuByProgram(runner, postgres int) (map[string]float64, error) {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, err
	}
	used := map[string]float64{}
	for _, file := range stats {
		text, err := os.ReadFile(file)
		end := bytes.LastIndexByte(text, ')')
		if err != nil || end < 0 {
			continue // it has just ended
		}
		fields := strings.Fields(string(text[end+1:]))
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		parent, _ := strconv.Atoi(fields[1])
		own := sum(fields[11:13])
		switch {
		case pid == runner:
			used["runner"] += own
		case pid == postgres:
			used["postgres"] += sum(fields[11:15])
		case parent == postgres:
			used["postgres"] += own
		case parent == runner:
			used[string(text[bytes.IndexByte(text, '(')+1:end])] += own
		}
	}
	return used, nil
}

func sum(ticks []string) (seconds float64) {
	for _, text := range ticks {
		n, _ := strconv.ParseFloat(text, 64)
		seconds += n / ticksPerSecond
	}
	return seconds
}

// perTenant is a row for each name: how often, for each Tenant, it went on in each of the phases.
func perTenant(tenants int, columns ...map[string]float64) string {
	var text strings.Builder
	all := map[string]float64{}
	for _, column := range columns {
		maps.Copy(all, column)
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		row, most := "| "+name+" |", 0.0
		for _, column := range columns {
			each := column[name] / float64(tenants)
			most = max(most, each)
			row += fmt.Sprintf(" %.2f |", each)
		}
		if most >= 0.01 {
			text.WriteString(row + "\n")
		}
	}
	return text.String()
}

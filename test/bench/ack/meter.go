package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of /proc/<pid>/stat on Linux, whatever the kernel's own.
const tick = 10 * time.Millisecond

// cpu is the time, user's and system's, that a process has used.
//
// Source: proc(5), /proc/pid/stat, fields 14 to 17.
func cpu(pid int) (own, ended time.Duration, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, 0, err
	}
	// The second field is a name in parentheses, which may have blanks.
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	var ticks [4]int64 // utime, stime, cutime, cstime
	for i := range ticks {
		if ticks[i], err = strconv.ParseInt(fields[11+i], 10, 64); err != nil {
			return 0, 0, err
		}
	}
	return time.Duration(ticks[0]+ticks[1]) * tick, time.Duration(ticks[2]+ticks[3]) * tick, nil
}

// familyCPU is that of a process and of its children, those that have ended included.
func familyCPU(pid int) (time.Duration, error) {
	own, ended, err := cpu(pid)
	if err != nil {
		return 0, err
	}
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		return 0, err
	}
	total := own + ended
	for child := range strings.FieldsSeq(string(children)) {
		id, err := strconv.Atoi(child)
		if err != nil {
			return 0, err
		}
		if own, _, err := cpu(id); err == nil { // else it has just ended
			total += own
		}
	}
	return total, nil
}

// memory is what a process holds, in MiB: resident, and with its share of what others hold too.
//
// Source: proc(5), /proc/pid/smaps_rollup.
func memory(pid int) (rss, pss float64, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0, 0, err
	}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) != 3 || fields[2] != "kB" {
			continue
		}
		kB, err := strconv.ParseFloat(fields[1], 64)
		if err != nil {
			return 0, 0, err
		}
		switch fields[0] {
		case "Rss:":
			rss = kB / 1024
		case "Pss:":
			pss = kB / 1024
		}
	}
	return rss, pss, nil
}

// machineCPU is the time that all cores together were not idle; what a hypervisor took is in it.
//
// Source: proc(5), /proc/stat.
func machineCPU() (time.Duration, error) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, err
	}
	line, _, _ := strings.Cut(string(text), "\n")
	var total time.Duration
	for i, field := range strings.Fields(line)[1:9] { // user nice system idle iowait irq softirq steal
		ticks, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, err
		}
		if idle := i == 3 || i == 4; !idle {
			total += time.Duration(ticks) * tick
		}
	}
	return total, nil
}

package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/followup-dev/followup-operator/test/bench/ack/traffic"
)

// perSecond is more requests than any peer answers on the machines that this runs on; they are made beforehand.
const perSecond = 8_000

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

func run() error {
	address := flag.String("address", "", "where the peer listens, host:port")
	connections := flag.Int("connections", 16, "how many requests are under way at any time, each on a connection of its own")
	tenants := flag.Int("tenants", 1000, "of how many workspaces the requests are")
	warmup := flag.Duration("warmup", time.Second, "how long to send before the measurement")
	measure := flag.Duration("measure", 4*time.Second, "how long to measure")
	seed := flag.Uint64("seed", 1, "another for each run: requests of the same seed are repetitions")
	flag.Parse()

	total := int((*warmup + *measure).Seconds() * perSecond)
	source := traffic.New(*address, *tenants, *seed, time.Now())
	lanes, err := makeLanes(*address, *connections, source, total)
	if err != nil {
		return err
	}
	debug.FreeOSMemory()   // what making the requests left behind
	debug.SetGCPercent(-1) // collecting would take time from the peer
	if _, err := drive(lanes, *warmup); err != nil {
		return err
	}
	warm := summarise(lanes)
	for _, l := range lanes {
		l.took, l.wrong = l.took[:0], 0
	}
	// The parent reads the clocks of the processes now, then says go.
	fmt.Fprintln(os.Stdout, "ready")
	if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil {
		return fmt.Errorf("wait for the word to go: %w", err)
	}
	before := cpu()
	elapsed, err := drive(lanes, *measure)
	if err != nil {
		return err
	}
	used := cpu() - before
	seen := summarise(lanes)
	seen.Seconds, seen.CPU = elapsed.Seconds(), used
	seen.Sent = warm.Requests + warm.Errors + seen.Requests + seen.Errors
	seen.Acknowledged = warm.Requests + seen.Requests
	return json.NewEncoder(os.Stdout).Encode(seen)
}

// cpu is the time that this process has used.
func cpu() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err) // it takes nothing that could be wrong
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

var errSpent = errors.New("all requests made beforehand are spent: the peer is quicker than perSecond")

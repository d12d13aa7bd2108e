package jobs

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/riverqueue/river"

	"github.com/followup-dev/followup-operator/internal/store"
	"github.com/followup-dev/followup-operator/internal/telemetry"
)

// crashDSN makes the test binary a worker that never finishes its job; see TestJobOfAKilledProcessRunsAgain.
const crashDSN = "JOBS_TEST_CRASH_DSN"

func TestMain(m *testing.M) {
	if dsn := os.Getenv(crashDSN); dsn != "" {
		fmt.Fprintln(os.Stderr, workForever(dsn))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func workForever(dsn string) error {
	ctx := context.Background()
	db, err := store.Open(ctx, dsn, store.Options{})
	if err != nil {
		return err
	}
	options := patient
	options.Log, options.Metrics = slog.New(slog.DiscardHandler), telemetry.NewWebhook(prometheus.NewRegistry())
	known := river.NewWorkers()
	river.AddWorker(known, river.WorkFunc(func(_ context.Context, job *river.Job[ListMeetings]) error {
		fmt.Println("working", job.Args.RequestKey)
		select {}
	}))
	client, err := NewClient(db, appID, known, options)
	if err != nil {
		return err
	}
	if err := client.Start(ctx); err != nil {
		return err
	}
	select {}
}

// A process is killed in the middle of a job. Another runs the job again, once, with the same arguments.
func TestJobOfAKilledProcessRunsAgain(t *testing.T) {
	b := newTestbed(t)
	b.admit(t, "1")
	b.killWorking(t)
	// The dead leader's term runs out in 15 s. End it now.
	if _, err := b.admin.Exec(t.Context(), `DELETE FROM river.river_leader`); err != nil {
		t.Fatal(err)
	}
	options := Options{Workers: 1, JobTimeout: 50 * time.Millisecond, RescueAfter: 100 * time.Millisecond, SoftStop: time.Minute}
	runs := make(chan *river.Job[ListMeetings], 10)
	client, _ := b.startClient(t, options, func(_ context.Context, job *river.Job[ListMeetings]) error {
		runs <- job
		return nil
	})
	again := await(t, runs)
	if err := client.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if again.Attempt != 2 || again.Args.RequestKey != RequestKey("1") || len(runs) != 0 {
		t.Errorf("attempt %d of request %s, %d more runs; want the second attempt of the same request, once",
			again.Attempt, again.Args.RequestKey, len(runs))
	}
	var state string
	if err := b.admin.QueryRow(t.Context(), `SELECT state FROM river.river_job`).Scan(&state); err != nil || state != "completed" {
		t.Errorf("state %s, %v; want completed", state, err)
	}
}

// killWorking kills a process with SIGKILL when it is at work on a job.
func (b *testbed) killWorking(t *testing.T) {
	t.Helper()
	command := exec.CommandContext(t.Context(), os.Args[0])
	command.Env = append(os.Environ(), crashDSN+"="+b.database.Worker)
	command.Stderr = os.Stderr
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(output).ReadString('\n')
	if err != nil || line != "working "+RequestKey("1")+"\n" {
		t.Fatalf("%q, %v; want it at work", line, err)
	}
	if err := command.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = command.Wait() // "signal: killed"
}

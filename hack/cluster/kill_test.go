package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// These make the test binary a program that brings a cluster up, to be killed.
const (
	victimName  = "FOLLOWUP_TEST_VICTIM_NAME"
	victimState = "FOLLOWUP_TEST_VICTIM_STATE"
)

func TestMain(m *testing.M) {
	if name := os.Getenv(victimName); name != "" {
		os.Exit(victim(Options{Name: name, StateDir: os.Getenv(victimState)}))
	}
	os.Exit(m.Run())
}

func victim(options Options) int {
	c, err := Up(context.Background(), options)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if err := os.WriteFile(filepath.Join(options.StateDir, "log", "up"), nil, 0o600); err != nil {
		return 1
	}
	<-c.Gone()
	return 0
}

// TestKilledAtAnyMomentLeavesNothing kills, by SIGKILL, whom and when the names of the cases say.
func TestKilledAtAnyMomentLeavesNothing(t *testing.T) {
	requireRoot(t)
	tests := map[string]struct {
		appears string // in the state folder: the moment
		victim  func(t *testing.T, options Options, caller int) (pid int)
	}{
		"caller, when the keeper starts":  {appears: "keeper.pid", victim: theCaller},
		"caller, when containerd starts":  {appears: "log/containerd.log", victim: theCaller},
		"caller, when the kubelet starts": {appears: "log/kubelet.log", victim: theCaller},
		"caller, when all is up":          {appears: "log/up", victim: theCaller},
		"keeper, when all is up":          {appears: "log/up", victim: theKeeper},
		"pid 1, when all is up":           {appears: "log/up", victim: pid1},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			options := newOptions(t, "victim")
			caller := startVictim(t, options)
			await(t, tc.appears, func() bool { return there(filepath.Join(options.StateDir, tc.appears)) })
			inside := namespaces(t, options.Name)
			if err := syscall.Kill(tc.victim(t, options, caller.Process.Pid), syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			_ = caller.Wait()
			await(t, "end of the node", func() bool {
				up, _, err := Status(options)
				return err == nil && !up
			})
			// A killed keeper's pid 1 falls to the machine's init, which collects it in its own time.
			await(t, "end of pid 1", func() bool { return len(processesIn(t, inside)) == 0 })
			requireNothingLeft(t, options, inside)
		})
	}
}

func startVictim(t *testing.T, options Options) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe")
	cmd.Env = append(os.Environ(), victimName+"="+options.Name, victimState+"="+options.StateDir)
	cmd.Stderr = t.Output()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd
}

func await(t *testing.T, what string, reached func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !reached(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for: %s", what)
		}
	}
}

func there(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func theCaller(_ *testing.T, _ Options, caller int) int { return caller }

func theKeeper(t *testing.T, options Options, _ int) int {
	t.Helper()
	return pidOf(t, "followup-node-keeper\x00"+options.StateDir+"\x00")
}

func pid1(t *testing.T, options Options, _ int) int {
	t.Helper()
	return pidOf(t, "followup-node\x00"+options.Name+"\x00")
}

func pidOf(t *testing.T, wanted string) (pid int) {
	t.Helper()
	eachProcess(t, func(dir, command string) {
		if strings.HasPrefix(command, wanted) {
			if _, err := fmt.Sscanf(dir, "/proc/%d", &pid); err != nil {
				t.Fatal(err)
			}
		}
	})
	if pid == 0 {
		t.Fatal(errors.New("no process " + wanted))
	}
	return pid
}

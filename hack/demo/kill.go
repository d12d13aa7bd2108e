package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// killWebhooks ends every webhook process by SIGKILL, as a node's failure or the kernel's memory killer would: no drain, no
// last word. It picks the processes by the UID of their pods, so it can't hit another's.
func (s *stack) killWebhooks(ctx context.Context) (int, error) {
	uids, err := s.livePods(ctx, "{{.metadata.uid}} ")
	if err != nil {
		return 0, err
	}
	killed := 0
	for _, uid := range uids {
		for _, pid := range processesOfPod(uid) {
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
				return killed, fmt.Errorf("kill the webhook's process %d: %w", pid, err)
			}
			killed++
		}
	}
	return killed, nil
}

// livePods renders a Go template for each pod of the webhook that is not on its way out, and returns its words.
func (s *stack) livePods(ctx context.Context, template string) ([]string, error) {
	words, err := s.kubectl(ctx, "get", "pods", "-n", appNamespace, "-l", webhookSelector, "-o",
		"go-template={{range .items}}{{if not .metadata.deletionTimestamp}}"+template+"{{end}}{{end}}")
	return strings.Fields(words), err
}

// processesOfPod finds the webhook's processes by their cgroup, which the kubelet names after the pod.
func processesOfPod(uid string) []int {
	var pids []int
	files, _ := filepath.Glob("/proc/[0-9]*/cgroup")
	for _, file := range files {
		cgroup, err := os.ReadFile(file)
		if err != nil || !strings.Contains(string(cgroup), "pod"+uid) {
			continue
		}
		dir := filepath.Dir(file)
		command, _ := os.ReadFile(filepath.Join(dir, "cmdline"))
		if !strings.HasPrefix(string(command), "/webhook\x00") {
			continue // the pod's pause
		}
		if pid, err := strconv.Atoi(filepath.Base(dir)); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"time"
)

var cpuModel = regexp.MustCompile(`(?m)^model name\s*: (.*)$`)

// describe says what was measured on, and with which versions.
func (b *bed) describe(ctx context.Context) (string, error) {
	model := "unknown CPU"
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if found := cpuModel.FindSubmatch(text); found != nil {
			model = string(found[1])
		}
	}
	var server string
	if err := b.admin.QueryRow(ctx, "SHOW server_version").Scan(&server); err != nil {
		return "", err
	}
	dir, err := boltDir(ctx)
	if err != nil {
		return "", err
	}
	text, err := os.ReadFile(dir + "/package.json")
	if err != nil {
		return "", err
	}
	var versions struct {
		Dependencies map[string]string `json:"dependencies"`
	}
	if err := json.Unmarshal(text, &versions); err != nil {
		return "", err
	}
	return fmt.Sprintf("%s, %s, %d cores, shared by the peer, Postgres and the load. %s, Postgres %s (synchronous_commit=on, fsync=on), "+
		"@slack/bolt %s on Node %s with pg %s. %d connections to Postgres for each peer.",
		time.Now().UTC().Format(time.DateOnly), model, runtime.NumCPU(), runtime.Version(), server,
		versions.Dependencies["@slack/bolt"], versions.Dependencies["node"], versions.Dependencies["pg"], poolSize), nil
}

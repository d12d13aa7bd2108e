package binaries

import (
	"path/filepath"
	"testing"
)

func TestNewestPostgres(t *testing.T) {
	tests := map[string]struct {
		installed []string
		want      string
	}{
		"none":                    {},
		"one":                     {installed: []string{"15"}, want: "15/bin"},
		"numbers, not characters": {installed: []string{"9.6", "15", "100"}, want: "100/bin"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			for _, version := range tc.installed {
				write(t, filepath.Join(root, version, "bin", "initdb"), "")
			}
			dir, ok := newestPostgres(root)
			if ok != (tc.want != "") {
				t.Fatalf("found: %v", ok)
			}
			if ok && dir != filepath.Join(root, tc.want) {
				t.Errorf("got %s, want %s", dir, tc.want)
			}
		})
	}
}

package debian

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDebianFolders(t *testing.T) {
	tests := map[string]struct {
		installed []string
		want      []string
	}{
		"none":                    {},
		"one":                     {installed: []string{"15"}, want: []string{"15/bin"}},
		"numbers, not characters": {installed: []string{"9.6", "100", "15"}, want: []string{"100/bin", "15/bin", "9.6/bin"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			for _, version := range tc.installed {
				if err := os.MkdirAll(filepath.Join(root, version, "bin"), 0o750); err != nil {
					t.Fatal(err)
				}
			}
			var got []string
			for _, dir := range debianFolders(root) {
				relative, err := filepath.Rel(root, dir)
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, relative)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("folders (-want +got):\n%s", diff)
			}
		})
	}
}

// A client's folder, to which pg_config may lead, is none to start a server from.
func TestIsServer(t *testing.T) {
	dir := t.TempDir()
	for _, program := range []string{"initdb", "postgres"} {
		if isServer(dir) {
			t.Errorf("taken for a server's folder before it has %s", program)
		}
		if err := os.WriteFile(filepath.Join(dir, program), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if !isServer(dir) {
		t.Error("not taken for a server's folder")
	}
}

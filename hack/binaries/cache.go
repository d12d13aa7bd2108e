package binaries

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"

	"github.com/followup-dev/followup-operator/hack/internal/flock"
	"github.com/followup-dev/followup-operator/hack/progress"
)

// Cache holds compiled components, each in a folder <component>-<version>-<hash of its inputs>.
type Cache struct {
	Root   string // see DefaultRoot
	Source string // the folder of the compile modules; see FindSource
	Out    *progress.Printer
}

// DefaultRoot is followup-operator in the user's cache folder.
func DefaultRoot() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the cache folder: %w (set XDG_CACHE_HOME or HOME)", err)
	}
	return filepath.Join(dir, "followup-operator"), nil
}

// FindSource finds hack/cluster, where the compile modules are, from the working directory upwards.
func FindSource() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		source := filepath.Join(dir, "hack", "cluster")
		if _, err := os.Stat(filepath.Join(source, Kubernetes.Name, "go.mod")); err == nil {
			return source, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("no hack/cluster/kubernetes/go.mod here or above: start this inside the repository")
		}
		dir = parent
	}
}

// Open returns the cache at DefaultRoot with the sources of FindSource.
func Open(out *progress.Printer) (*Cache, error) {
	root, err := DefaultRoot()
	if err != nil {
		return nil, err
	}
	source, err := FindSource()
	if err != nil {
		return nil, err
	}
	return &Cache{Root: root, Source: source, Out: out}, nil
}

// Dir returns the folder with the component's programs, compiling them first if they are not there. Runs beside each
// other compile it once; an interrupted one leaves nothing that a later one would take for whole.
func (c *Cache) Dir(ctx context.Context, component Component) (string, error) {
	version, err := component.readVersion(c.Source)
	if err != nil {
		return "", err
	}
	key, err := component.key(c.Source, version)
	if err != nil {
		return "", err
	}
	dir := filepath.Join(c.Root, "bin", fmt.Sprintf("%s-%s-%s", component.Name, version, key))
	if exists(dir) {
		return dir, nil
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return "", err
	}
	lock, err := flock.Wait(ctx, filepath.Join(c.Root, "bin", "."+component.Name+".lock"), func() {
		c.Out.Note(component.Name, "being compiled by another run; waiting for it")
	})
	if err != nil {
		return "", fmt.Errorf("wait for the other compilation of %s: %w", component.Name, err)
	}
	defer lock.Close()
	if exists(dir) {
		return dir, nil
	}
	return dir, c.compile(ctx, component, version, dir)
}

// compile builds beside dir and renames, so that dir is there whole or not at all.
func (c *Cache) compile(ctx context.Context, component Component, version, dir string) error {
	building := filepath.Join(c.Root, "bin", "."+component.Name+".building") // one at a time: the lock is held
	if err := os.RemoveAll(building); err != nil {
		return err
	}
	if err := os.MkdirAll(building, 0o755); err != nil {
		return err
	}
	defer os.RemoveAll(building)
	done := c.Out.Start(component.Name)
	for _, p := range component.programs {
		if err := c.build(ctx, component, p, version, building); err != nil {
			return err
		}
		for _, link := range p.links {
			if err := os.Symlink(p.output, filepath.Join(building, link)); err != nil {
				return err
			}
		}
	}
	done("compiled " + version)
	return os.Rename(building, dir)
}

// readVersion takes the version from the component's go.mod, the only place where it is written down.
func (component Component) readVersion(source string) (string, error) {
	if component.version == "" {
		return "local", nil
	}
	path := filepath.Join(source, component.Name, "go.mod")
	gomod, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	line := regexp.MustCompile(`(?m)^(?:require)?\s*` + regexp.QuoteMeta(component.version) + ` (v\S+)`)
	found := line.FindSubmatch(gomod)
	if found == nil {
		return "", fmt.Errorf("%s requires no %s", path, component.version)
	}
	return string(found[1]), nil
}

// key hashes what decides the programs' bytes: the module's files, the flags, the compiler.
func (component Component) key(source, version string) (string, error) {
	hash := sha256.New()
	fmt.Fprintln(hash, runtime.Version(), runtime.GOARCH)
	for _, p := range component.programs {
		fmt.Fprintf(hash, "%q %q\n", p.arguments(version, ""), p.links)
	}
	module := os.DirFS(filepath.Join(source, component.Name))
	err := fs.WalkDir(module, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(module, path)
		fmt.Fprintf(hash, "%s %d\n%s", path, len(content), content)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("read the compile module of %s: %w", component.Name, err)
	}
	return hex.EncodeToString(hash.Sum(nil))[:12], nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

package node

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"regexp"
)

// Addresses inside the node. They are the same for each: no packet leaves its network namespace.
const (
	IP          = "10.77.0.1"
	gateway     = "10.77.0.254" // nobody answers there; Service addresses only need some route
	podCIDR     = "10.88.0.0/24"
	serviceCIDR = "10.96.0.0/16"
	apiService  = "10.96.0.1"
	DNSService  = "10.96.0.10"
	apiPort     = "6443"
)

// PauseImage is what holds a pod's namespaces; it must be loaded before the first pod.
const PauseImage = "registry.k8s.io/pause:3.10"

// Spec says which node to run, from what, and where it keeps its state.
type Spec struct {
	Name     string // also the host name and the name of the Kubernetes node
	StateDir string // absolute; the node owns what Start creates there
	Programs Programs
}

// Programs are the folders of the compiled components, and runc, which Debian carries.
type Programs struct {
	Kubernetes string
	Containerd string
	CNI        string
	Runc       string
}

var validName = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$`)

func (s Spec) check() error {
	if !validName.MatchString(s.Name) {
		return fmt.Errorf("cluster name %q: use 1 to 40 of a-z, 0-9 and -, beginning and ending with a letter or digit", s.Name)
	}
	if !filepath.IsAbs(s.StateDir) {
		return fmt.Errorf("state folder %q: want an absolute path", s.StateDir)
	}
	return nil
}

// cgroup is the node's control group, unique on the machine: it is derived from the state folder, which one node holds.
func (s Spec) cgroup() string {
	sum := sha256.Sum256([]byte(s.StateDir))
	return "/followup-" + s.Name + "-" + hex.EncodeToString(sum[:4])
}

// The state folder: its parts, all but the logs removed when the node goes.
func (s Spec) pki(file string) string    { return filepath.Join(s.StateDir, "pki", file) }
func (s Spec) config(file string) string { return filepath.Join(s.StateDir, "etc", file) }
func (s Spec) logDir() string            { return filepath.Join(s.StateDir, "log") }
func (s Spec) log(name string) string    { return filepath.Join(s.logDir(), name+".log") }
func (s Spec) varDir() string            { return filepath.Join(s.StateDir, "var") }
func (s Spec) lock() string              { return filepath.Join(s.StateDir, "lock") }
func (s Spec) keeperPID() string         { return filepath.Join(s.StateDir, "keeper.pid") }

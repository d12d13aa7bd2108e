package binaries

import (
	"fmt"
	"strings"
)

// Component is one compile module under hack/cluster and the programs that come out of it.
type Component struct {
	Name     string // the module's folder, and the first word of the cache folder
	version  string // the module path in its go.mod whose version it carries
	programs []program
}

type program struct {
	output  string
	pkg     string // import path, or "." for the module's own main
	tags    string
	ldflags func(version string) string
	links   []string // further names that the program is started under
}

// The node's components. Each has a go.mod of its own, because their requirements conflict.
var (
	Kubernetes = Component{
		Name:    "kubernetes",
		version: "k8s.io/kubernetes",
		programs: []program{
			{
				output: "kubernetes", pkg: ".", tags: grpcTags, ldflags: kubernetesStamp,
				links: []string{"kube-apiserver", "kube-controller-manager", "kube-proxy", "kube-scheduler", "kubectl", "kubelet"},
			},
			{output: "etcd", pkg: "go.etcd.io/etcd/server/v3", tags: grpcTags, ldflags: stripped},
		},
	}
	Containerd = Component{
		Name:    "containerd",
		version: "github.com/containerd/containerd/v2",
		programs: []program{
			{output: "containerd", pkg: "github.com/containerd/containerd/v2/cmd/containerd", tags: containerdTags, ldflags: containerdStamp},
			{output: "containerd-shim-runc-v2", pkg: "github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2", tags: containerdTags, ldflags: containerdStamp},
			{output: "ctr", pkg: "github.com/containerd/containerd/v2/cmd/ctr", tags: containerdTags, ldflags: containerdStamp},
		},
	}
	CNI = Component{
		Name:    "cni",
		version: "github.com/containernetworking/plugins",
		programs: []program{
			{output: "ptp", pkg: "github.com/containernetworking/plugins/plugins/main/ptp", ldflags: stripped},
			{output: "loopback", pkg: "github.com/containernetworking/plugins/plugins/main/loopback", ldflags: stripped},
			{output: "host-local", pkg: "github.com/containernetworking/plugins/plugins/ipam/host-local", ldflags: stripped},
		},
	}
	CoreDNS = Component{
		Name:     "coredns",
		version:  "github.com/coredns/coredns",
		programs: []program{{output: "coredns", pkg: ".", tags: grpcTags, ldflags: stripped}},
	}
	Pause = Component{
		Name:     "pause",
		programs: []program{{output: "pause", pkg: ".", ldflags: stripped}},
	}
	ExternalSecrets = Component{
		Name:     "external-secrets",
		version:  "github.com/external-secrets/external-secrets",
		programs: []program{{output: "external-secrets", pkg: ".", ldflags: stripped}},
	}
)

// All lists the components, those that others wait for first.
var All = []Component{Kubernetes, Containerd, CNI, CoreDNS, Pause, ExternalSecrets}

const (
	grpcTags       = "notest,grpcnotrace" // the same for every main, or gRPC and all above it compile twice
	containerdTags = "no_btrfs,no_devmapper,no_zfs"
)

func stripped(string) string { return "-s -w" }

func containerdStamp(version string) string {
	return "-s -w -X github.com/containerd/containerd/v2/version.Version=" + version
}

// kubernetesStamp gives the programs the version that a release build has; unstamped they say v0.0.0, and the API
// server's compatibility checks fail.
func kubernetesStamp(version string) string {
	number := strings.Split(strings.TrimPrefix(version, "v"), ".")
	flags := "-s -w"
	for _, pkg := range []string{"k8s.io/component-base/version", "k8s.io/client-go/pkg/version"} {
		flags += fmt.Sprintf(" -X %s.gitVersion=%s -X %s.gitMajor=%s -X %s.gitMinor=%s -X %s.gitTreeState=clean -X %s.buildDate=2026-01-01T00:00:00Z",
			pkg, version, pkg, number[0], pkg, number[1], pkg, pkg)
	}
	return flags
}

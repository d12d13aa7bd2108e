package node

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var example = Spec{
	Name:     "demo",
	StateDir: "/state of demo",
	Programs: Programs{Kubernetes: "/bin/k8s", Containerd: "/bin/ctrd", CNI: "/bin/cni", Runc: "/usr/sbin/runc"},
}

func TestSpecIsChecked(t *testing.T) {
	tests := map[string]struct {
		spec Spec
		want string
	}{
		"fine":                    {spec: Spec{Name: "demo-2", StateDir: "/state"}},
		"no name":                 {spec: Spec{StateDir: "/state"}, want: "cluster name"},
		"name no host could have": {spec: Spec{Name: "Demo_2", StateDir: "/state"}, want: "cluster name"},
		"name that leaves":        {spec: Spec{Name: "../demo", StateDir: "/state"}, want: "cluster name"},
		"relative state folder":   {spec: Spec{Name: "demo", StateDir: "state"}, want: "state folder"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			err := tc.spec.check()
			if tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
				t.Errorf("got %v, want an error about %q", err, tc.want)
			}
		})
	}
}

func TestConfigFilesPointIntoTheState(t *testing.T) {
	files, err := configFiles(example)
	if err != nil {
		t.Fatal(err)
	}
	var kubelet struct {
		CgroupRoot               string
		TLSCertFile              string `json:"tlsCertFile"`
		ResolvConf               string
		ContainerRuntimeEndpoint string
		FailCgroupV1             *bool
	}
	if err := json.Unmarshal(files["kubelet.json"], &kubelet); err != nil {
		t.Fatal(err)
	}
	got := []string{kubelet.CgroupRoot, kubelet.TLSCertFile, kubelet.ResolvConf, kubelet.ContainerRuntimeEndpoint}
	want := []string{example.cgroup(), "/state of demo/pki/kubelet-server.crt", "/state of demo/etc/resolv.conf", "unix:///run/containerd/containerd.sock"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if kubelet.FailCgroupV1 == nil || *kubelet.FailCgroupV1 {
		t.Error("the kubelet would refuse machines with hybrid control groups")
	}
	for _, line := range []string{`BinaryName = "/usr/sbin/runc"`, `conf_dir = "/state of demo/etc/cni"`, `sandbox = "` + PauseImage + `"`} {
		if !strings.Contains(string(files["containerd.toml"]), line) {
			t.Errorf("containerd.toml lacks %s:\n%s", line, files["containerd.toml"])
		}
	}
}

func TestEveryKubernetesComponentIsToldWhereToFindTheAPIServer(t *testing.T) {
	for _, component := range laterComponents(example) {
		args := strings.Join(component.Args, " ")
		if !strings.Contains(args, example.config(component.Name+".kubeconfig")) && component.Name != "kube-proxy" {
			t.Errorf("%s has no kubeconfig: %s", component.Name, args)
		}
	}
	files, err := configFiles(example)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(files["kube-proxy.json"]), example.config("kube-proxy.kubeconfig")) {
		t.Errorf("kube-proxy has no kubeconfig: %s", files["kube-proxy.json"])
	}
}

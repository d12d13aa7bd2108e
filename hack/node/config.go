package node

import (
	"bytes"
	"encoding/json"
	"text/template"
)

type object = map[string]any

// configFiles renders the components' configuration, by file name. JSON is used where YAML is read: nothing to quote.
func configFiles(spec Spec) (map[string][]byte, error) {
	containerd, err := containerdConfig(spec)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{
		"containerd.toml": containerd,
		"resolv.conf":     nil, // pods resolve names in the cluster only
	}
	for name, content := range map[string]object{
		"kubelet.json":                   kubeletConfig(spec),
		"kube-proxy.json":                proxyConfig(spec),
		"cni/10-followup-local.conflist": cniConfig(),
	} {
		if files[name], err = json.MarshalIndent(content, "", "  "); err != nil {
			return nil, err
		}
	}
	return files, nil
}

func kubeletConfig(spec Spec) object {
	return object{
		"apiVersion": "kubelet.config.k8s.io/v1beta1",
		"kind":       "KubeletConfiguration",
		"address":    IP,
		"authentication": object{
			"anonymous": object{"enabled": false},
			"webhook":   object{"enabled": true},
			"x509":      object{"clientCAFile": spec.pki("ca.crt")},
		},
		"authorization":            object{"mode": "Webhook"},
		"tlsCertFile":              spec.pki("kubelet-server.crt"),
		"tlsPrivateKeyFile":        spec.pki("kubelet-server.key"),
		"containerRuntimeEndpoint": "unix://" + containerdSocket,
		"cgroupDriver":             "cgroupfs",
		"cgroupRoot":               spec.cgroup(),
		"failCgroupV1":             false, // machines with hybrid control groups serve too
		"failSwapOn":               false,
		"oomScoreAdj":              0, // lowering it needs a capability that containers often lack
		"makeIPTablesUtilChains":   false,
		"clusterDomain":            "cluster.local",
		"clusterDNS":               []string{DNSService},
		"resolvConf":               spec.config("resolv.conf"),
		"volumePluginDir":          "/var/lib/kubelet/volume-plugins",
		// The disk is the developer's: never collect images or evict pods because it is well filled.
		"imageGCHighThresholdPercent": 100,
		"imageGCLowThresholdPercent":  99,
		"evictionHard": object{
			"memory.available": "100Mi", "nodefs.available": "1%", "nodefs.inodesFree": "1%", "imagefs.available": "1%", "imagefs.inodesFree": "1%",
		},
	}
}

func proxyConfig(spec Spec) object {
	return object{
		"apiVersion":         "kubeproxy.config.k8s.io/v1alpha1",
		"kind":               "KubeProxyConfiguration",
		"mode":               "nftables",
		"hostnameOverride":   spec.Name,
		"bindAddress":        IP,
		"clusterCIDR":        podCIDR,
		"oomScoreAdj":        0,
		"clientConnection":   object{"kubeconfig": spec.config("kube-proxy.kubeconfig")},
		"healthzBindAddress": "127.0.0.1:10256",
		"metricsBindAddress": "127.0.0.1:10249",
		// Zero leaves a limit alone: they are read-only in a network namespace.
		"conntrack": object{"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"},
		"nftables":  object{"syncPeriod": "30s", "minSyncPeriod": "100ms"},
	}
}

// cniConfig gives each pod a veth pair and a route of its own. With a bridge, answers between its pods bypass the address
// translation of Services unless br_netfilter is loaded; routed, they never do.
func cniConfig() object {
	return object{
		"cniVersion": "1.0.0",
		"name":       "followup-local",
		"plugins": []object{{
			"type":   "ptp",
			"ipMasq": false,
			"ipam": object{
				"type":    "host-local",
				"dataDir": "/run/cni",
				"ranges":  [][]object{{{"subnet": podCIDR}}},
				"routes":  []object{{"dst": "0.0.0.0/0"}},
			},
		}},
	}
}

const containerdSocket = "/run/containerd/containerd.sock"

var containerdTemplate = template.Must(template.New("containerd.toml").Parse(`version = 3
root = "/var/lib/containerd"
state = "/run/containerd"
oom_score = 0
disabled_plugins = ["io.containerd.nri.v1.nri", "io.containerd.internal.v1.opt", "io.containerd.internal.v1.tracing", "io.containerd.tracing.processor.v1.otlp"]
[grpc]
  address = {{printf "%q" .Socket}}
[plugins.'io.containerd.cri.v1.images']
  snapshotter = "overlayfs"
  [plugins.'io.containerd.cri.v1.images'.pinned_images]
    sandbox = {{printf "%q" .Pause}}
[plugins.'io.containerd.cri.v1.runtime']
  restrict_oom_score_adj = true
  [plugins.'io.containerd.cri.v1.runtime'.cni]
    bin_dirs = [{{printf "%q" .CNI}}]
    conf_dir = {{printf "%q" .CNIConfig}}
  [plugins.'io.containerd.cri.v1.runtime'.containerd]
    default_runtime_name = "runc"
    [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
        BinaryName = {{printf "%q" .Runc}}
        SystemdCgroup = false
`))

func containerdConfig(spec Spec) ([]byte, error) {
	var out bytes.Buffer
	err := containerdTemplate.Execute(&out, map[string]string{
		"Socket": containerdSocket, "Pause": PauseImage, "CNI": spec.Programs.CNI, "CNIConfig": spec.config("cni"), "Runc": spec.Programs.Runc,
	})
	return out.Bytes(), err
}

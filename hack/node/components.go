package node

import "path/filepath"

// The components in the order of their needs: those of the first list start at once, the API server waiting for etcd by
// itself; those of the second want an API server, and exit if there is none.
func firstComponents(spec Spec) []Process {
	const etcd, peer = "http://127.0.0.1:2379", "http://127.0.0.1:2380"
	return []Process{
		{Name: "containerd", Path: filepath.Join(spec.Programs.Containerd, "containerd"), Args: []string{"--config", spec.config("containerd.toml")}},
		{Name: "etcd", Path: filepath.Join(spec.Programs.Kubernetes, "etcd"), Args: []string{
			"--name=local", "--data-dir=/var/lib/etcd", "--log-level=warn",
			"--unsafe-no-fsync", // nothing is to survive the node
			"--listen-client-urls=" + etcd, "--advertise-client-urls=" + etcd,
			"--listen-peer-urls=" + peer, "--initial-advertise-peer-urls=" + peer, "--initial-cluster=local=" + peer,
		}},
		{Name: "kube-apiserver", Path: filepath.Join(spec.Programs.Kubernetes, "kube-apiserver"), Args: []string{
			"--etcd-servers=" + etcd, "--advertise-address=" + IP, "--secure-port=" + apiPort,
			"--service-cluster-ip-range=" + serviceCIDR,
			"--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction", "--allow-privileged=true",
			"--client-ca-file=" + spec.pki("ca.crt"),
			"--tls-cert-file=" + spec.pki("kube-apiserver.crt"), "--tls-private-key-file=" + spec.pki("kube-apiserver.key"),
			"--kubelet-client-certificate=" + spec.pki("kube-apiserver-kubelet-client.crt"),
			"--kubelet-client-key=" + spec.pki("kube-apiserver-kubelet-client.key"),
			"--kubelet-certificate-authority=" + spec.pki("ca.crt"), "--kubelet-preferred-address-types=InternalIP",
			"--service-account-issuer=https://kubernetes.default.svc.cluster.local",
			"--service-account-key-file=" + spec.pki("service-accounts.pub"),
			"--service-account-signing-key-file=" + spec.pki("service-accounts.key"),
		}},
	}
}

func laterComponents(spec Spec) []Process {
	program := func(name string, args ...string) Process {
		return Process{Name: name, Path: filepath.Join(spec.Programs.Kubernetes, name), Args: args}
	}
	return []Process{
		program("kube-controller-manager",
			"--kubeconfig="+spec.config("kube-controller-manager.kubeconfig"), "--bind-address=127.0.0.1", "--leader-elect=false",
			"--kube-api-qps=500", "--kube-api-burst=500", // the default of 20 a second costs 5 s at the start
			"--use-service-account-credentials=true", "--service-cluster-ip-range="+serviceCIDR,
			"--service-account-private-key-file="+spec.pki("service-accounts.key"), "--root-ca-file="+spec.pki("ca.crt"),
			"--cluster-signing-cert-file="+spec.pki("ca.crt"), "--cluster-signing-key-file="+spec.pki("ca.key")),
		program("kube-scheduler",
			"--kubeconfig="+spec.config("kube-scheduler.kubeconfig"), "--bind-address=127.0.0.1", "--leader-elect=false",
			"--kube-api-qps=500", "--kube-api-burst=500"),
		program("kubelet",
			"--config="+spec.config("kubelet.json"), "--kubeconfig="+spec.config("kubelet.kubeconfig"),
			"--root-dir=/var/lib/kubelet", "--hostname-override="+spec.Name, "--node-ip="+IP),
		program("kube-proxy", "--config="+spec.config("kube-proxy.json")),
	}
}

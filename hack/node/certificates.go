package node

import (
	"net"
	"os"

	"github.com/followup-dev/followup-operator/hack/pki"
)

// Credentials are what the caller needs to speak to the API server as an administrator.
type Credentials struct {
	authority *pki.Authority
	admin     pki.Pair
}

// Kubeconfig returns a kubeconfig file of the administrator for the API server at the URL.
func (c Credentials) Kubeconfig(server string) ([]byte, error) {
	return c.authority.Kubeconfig(server, c.admin)
}

// writeCertificates makes all certificates, keys and kubeconfigs of the node anew.
func writeCertificates(spec Spec) (Credentials, error) {
	authority, err := pki.NewAuthority()
	if err != nil {
		return Credentials{}, err
	}
	if err := writePair(spec, "ca", authority.Pair); err != nil {
		return Credentials{}, err
	}
	if err := writeServers(spec, authority); err != nil {
		return Credentials{}, err
	}
	if err := writeClients(spec, authority); err != nil {
		return Credentials{}, err
	}
	private, public, err := pki.NewSigningKey()
	if err != nil {
		return Credentials{}, err
	}
	if err := writeFile(spec.pki("service-accounts.key"), private); err != nil {
		return Credentials{}, err
	}
	if err := writeFile(spec.pki("service-accounts.pub"), public); err != nil {
		return Credentials{}, err
	}
	admin, err := authority.Client(pki.Subject{Name: "admin", Organization: "system:masters"})
	return Credentials{authority: authority, admin: admin}, err
}

func writeServers(spec Spec, authority *pki.Authority) error {
	local, nodeIP := net.IPv4(127, 0, 0, 1), net.ParseIP(IP)
	apiServer, err := authority.Server(pki.Subject{Name: "kube-apiserver"}, []string{
		"localhost", spec.Name, "kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local",
	}, []net.IP{local, nodeIP, net.ParseIP(apiService)})
	if err != nil {
		return err
	}
	if err := writePair(spec, "kube-apiserver", apiServer); err != nil {
		return err
	}
	kubelet, err := authority.Server(pki.Subject{Name: spec.Name}, []string{spec.Name}, []net.IP{local, nodeIP})
	if err != nil {
		return err
	}
	return writePair(spec, "kubelet-server", kubelet)
}

// writeClients writes a kubeconfig for each component that calls the API server, and the certificate with which that
// one calls the kubelet.
func writeClients(spec Spec, authority *pki.Authority) error {
	clients := map[string]pki.Subject{
		"kube-controller-manager": {Name: "system:kube-controller-manager"},
		"kube-scheduler":          {Name: "system:kube-scheduler"},
		"kube-proxy":              {Name: "system:kube-proxy"},
		"kubelet":                 {Name: "system:node:" + spec.Name, Organization: "system:nodes"},
	}
	for name, subject := range clients {
		pair, err := authority.Client(subject)
		if err != nil {
			return err
		}
		kubeconfig, err := authority.Kubeconfig("https://"+IP+":"+apiPort, pair)
		if err != nil {
			return err
		}
		if err := writeFile(spec.config(name+".kubeconfig"), kubeconfig); err != nil {
			return err
		}
	}
	pair, err := authority.Client(pki.Subject{Name: "kube-apiserver-kubelet-client", Organization: "system:masters"})
	if err != nil {
		return err
	}
	return writePair(spec, "kube-apiserver-kubelet-client", pair)
}

func writePair(spec Spec, name string, pair pki.Pair) error {
	if err := writeFile(spec.pki(name+".crt"), pair.Certificate); err != nil {
		return err
	}
	return writeFile(spec.pki(name+".key"), pair.Key)
}

func writeFile(path string, content []byte) error {
	return os.WriteFile(path, content, 0o600)
}

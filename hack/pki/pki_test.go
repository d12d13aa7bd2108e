package pki

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// serve starts an HTTPS server that asks for client certificates of the authority and answers with who called.
func serve(t *testing.T, authority *Authority) (url string) {
	t.Helper()
	pair, err := authority.Server(Subject{Name: "kube-apiserver"}, []string{"kubernetes"}, []net.IP{net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		subject := r.TLS.PeerCertificates[0].Subject
		_, _ = io.WriteString(w, subject.CommonName+" of "+subject.Organization[0])
	}))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{keyPair(t, pair)}, ClientCAs: pool(authority), ClientAuth: tls.RequireAndVerifyClientCert}
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.URL
}

func keyPair(t *testing.T, pair Pair) tls.Certificate {
	t.Helper()
	certificate, err := tls.X509KeyPair(pair.Certificate, pair.Key)
	if err != nil {
		t.Fatal(err)
	}
	return certificate
}

func pool(authority *Authority) *x509.CertPool {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority.Pair.Certificate)
	return roots
}

func client(t *testing.T, trusted *Authority, pair Pair) *http.Client {
	t.Helper()
	return &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: pool(trusted), Certificates: []tls.Certificate{keyPair(t, pair)}},
	}}
}

func newAuthority(t *testing.T) *Authority {
	t.Helper()
	authority, err := NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	return authority
}

func TestClientAndServerOfOneAuthorityTrustEachOther(t *testing.T) {
	authority := newAuthority(t)
	url := serve(t, authority)
	pair, err := authority.Client(Subject{Name: "system:node:node1", Organization: "system:nodes"})
	if err != nil {
		t.Fatal(err)
	}
	answer, err := client(t, authority, pair).Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || string(body) != "system:node:node1 of system:nodes" {
		t.Errorf("server saw %q, %v", body, err)
	}
}

func TestCertificatesOfAnotherAuthorityAreRefused(t *testing.T) {
	ours, theirs := newAuthority(t), newAuthority(t)
	url := serve(t, ours)
	pair, err := theirs.Client(Subject{Name: "admin", Organization: "system:masters"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client(t, ours, pair).Get(url); err == nil {
		t.Error("a client certificate of another authority was accepted")
	}
	if _, err := client(t, theirs, pair).Get(url); err == nil {
		t.Error("a server certificate of another authority was accepted")
	}
}

func TestAServerCertificateIdentifiesNoClient(t *testing.T) {
	authority := newAuthority(t)
	url := serve(t, authority)
	pair, err := authority.Server(Subject{Name: "node1", Organization: "system:masters"}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client(t, authority, pair).Get(url); err == nil {
		t.Error("a server certificate was accepted as a client's")
	}
}

func TestKubeconfigHoldsServerAndCredentials(t *testing.T) {
	authority := newAuthority(t)
	file, err := authority.Kubeconfig("https://127.0.0.1:6443", Pair{Certificate: []byte("cert"), Key: []byte("key")})
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Clusters []struct {
			Cluster struct {
				Server string
				CA     []byte `json:"certificate-authority-data"`
			}
		}
		Users []struct {
			User struct {
				Certificate []byte `json:"client-certificate-data"`
				Key         []byte `json:"client-key-data"`
			}
		}
	}
	if err := json.Unmarshal(file, &got); err != nil {
		t.Fatal(err)
	}
	cluster, user := got.Clusters[0].Cluster, got.Users[0].User
	want := []string{"https://127.0.0.1:6443", string(authority.Pair.Certificate), "cert", "key"}
	if diff := cmp.Diff(want, []string{cluster.Server, string(cluster.CA), string(user.Certificate), string(user.Key)}); diff != "" {
		t.Error(diff)
	}
}

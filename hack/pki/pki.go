package pki

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"time"
)

// lifetime of every certificate: longer than any local cluster stays up.
const lifetime = 365 * 24 * time.Hour

// Authority signs the certificates of one cluster.
type Authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	Pair        Pair
}

// Pair is a certificate and its private key, both PEM.
type Pair struct {
	Certificate []byte
	Key         []byte
}

// Subject is who a certificate speaks for. Kubernetes reads Name as the user and Organization as the group
// (https://kubernetes.io/docs/reference/access-authn-authz/authentication/#x509-client-certificates).
type Subject struct {
	Name         string
	Organization string
}

// NewAuthority makes a cluster's certificate authority.
func NewAuthority() (*Authority, error) {
	key, err := newKey()
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber:          serial(),
		Subject:               pkix.Name{CommonName: "followup-local-cluster"},
		NotBefore:             time.Now().Add(-time.Minute),
		NotAfter:              time.Now().Add(lifetime),
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		BasicConstraintsValid: true,
		IsCA:                  true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("sign the authority: %w", err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	pair, err := encode(der, key)
	return &Authority{certificate: certificate, key: key, Pair: pair}, err
}

// Client makes a certificate with which the subject identifies itself to servers.
func (a *Authority) Client(subject Subject) (Pair, error) {
	return a.sign(subject, x509.ExtKeyUsageClientAuth, nil, nil)
}

// Server makes a certificate with which the subject answers under the names and addresses given.
func (a *Authority) Server(subject Subject, names []string, addresses []net.IP) (Pair, error) {
	return a.sign(subject, x509.ExtKeyUsageServerAuth, names, addresses)
}

func (a *Authority) sign(subject Subject, usage x509.ExtKeyUsage, names []string, addresses []net.IP) (Pair, error) {
	key, err := newKey()
	if err != nil {
		return Pair{}, err
	}
	template := &x509.Certificate{
		SerialNumber:          serial(),
		Subject:               pkix.Name{CommonName: subject.Name},
		NotBefore:             a.certificate.NotBefore,
		NotAfter:              a.certificate.NotAfter,
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{usage},
		BasicConstraintsValid: true,
		DNSNames:              names,
		IPAddresses:           addresses,
	}
	if subject.Organization != "" {
		template.Subject.Organization = []string{subject.Organization}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, key.Public(), a.key)
	if err != nil {
		return Pair{}, fmt.Errorf("sign the certificate of %s: %w", subject.Name, err)
	}
	return encode(der, key)
}

// NewSigningKey makes the key pair that service account tokens are signed with and checked by, both PEM.
func NewSigningKey() (private, public []byte, err error) {
	key, err := newKey()
	if err != nil {
		return nil, nil, err
	}
	privateDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, err
	}
	publicDER, err := x509.MarshalPKIXPublicKey(key.Public())
	return block("PRIVATE KEY", privateDER), block("PUBLIC KEY", publicDER), err
}

func encode(der []byte, key *ecdsa.PrivateKey) (Pair, error) {
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	return Pair{Certificate: block("CERTIFICATE", der), Key: block("PRIVATE KEY", keyDER)}, err
}

func block(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func newKey() (*ecdsa.PrivateKey, error) {
	return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
}

func serial() *big.Int {
	bytes := make([]byte, 16)
	_, _ = rand.Read(bytes) // never fails: crypto/rand ends the program instead
	return new(big.Int).SetBytes(bytes)
}

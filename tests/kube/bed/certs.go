package bed

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// writeCertificates makes what the components know each other by: ca, tls (server and client, under the names that KEDA
// and the API server look for), admin, front-proxy with an authority of its own, and the key of service accounts.
func writeCertificates(dir string) error {
	authority, err := newAuthority(dir, "ca")
	if err != nil {
		return err
	}
	proxies, err := newAuthority(dir, "front-proxy-ca")
	if err != nil {
		return err
	}
	if err := authority.issue(dir, "tls", pkix.Name{CommonName: "localhost"}, "localhost", "kubernetes.default.svc",
		"keda-operator.keda.svc", "keda-metrics-apiserver.keda.svc", "metrics-server.kube-system.svc"); err != nil {
		return err
	}
	if err := authority.issue(dir, "admin", pkix.Name{CommonName: "admin", Organization: []string{"system:masters"}}); err != nil {
		return err
	}
	if err := proxies.issue(dir, "front-proxy", pkix.Name{CommonName: "front-proxy-client"}); err != nil {
		return err
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return err
	}
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return err
	}
	if err := writeKey(dir, "sa", key); err != nil {
		return err
	}
	return writePEM(dir, "sa.pub", "PUBLIC KEY", public)
}

// TLS is a certificate for servers on loopback, its key, and the certificate of the authority that signed it, as PEM.
func (b *Bed) TLS() (certificate, key, authority string) {
	b.t.Helper()
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join(b.dir, "certs", name))
		b.must(err)
		return string(text)
	}
	return read("tls.crt"), read("tls.key"), read("ca.crt")
}

type authority struct {
	certificate *x509.Certificate
	key         crypto.Signer
}

func newAuthority(dir, name string) (*authority, error) {
	template := certificate(pkix.Name{CommonName: name})
	template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature
	template.IsCA, template.BasicConstraintsValid = true, true
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return &authority{parsed, key}, writePEM(dir, name+".crt", "CERTIFICATE", der)
}

// issue makes a certificate for clients and, with names, for servers on loopback.
func (a *authority) issue(dir, name string, subject pkix.Name, names ...string) error {
	template := certificate(subject)
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	if len(names) > 0 {
		template.ExtKeyUsage = append(template.ExtKeyUsage, x509.ExtKeyUsageServerAuth)
		template.DNSNames = names
		template.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1), net.IPv4(10, 0, 0, 1)}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, key.Public(), a.key)
	if err != nil {
		return err
	}
	if err := writeKey(dir, name, key); err != nil {
		return err
	}
	return writePEM(dir, name+".crt", "CERTIFICATE", der)
}

func certificate(subject pkix.Name) *x509.Certificate {
	return &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: subject,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour)}
}

func writeKey(dir, name string, key any) error {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	return writePEM(dir, name+".key", "PRIVATE KEY", der)
}

func writePEM(dir, name, kind string, der []byte) error {
	return os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600)
}

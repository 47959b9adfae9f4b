package parts_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/plain"

	"github.com/inflect-dev/inflect/tests/parts"
)

func TestSettingsAskClientsForTLSAndSASLAndWithholdRights(t *testing.T) {
	t.Parallel()
	certificate, key, roots := selfSigned(t)
	cluster := parts.OwnKafka(t, parts.KafkaConfig{Settings: map[string]string{
		"listener.security.protocol.map": "CLIENT:SASL_SSL,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT",

		"listener.name.client.ssl.keystore.type":              "PEM",
		"listener.name.client.ssl.keystore.certificate.chain": certificate,
		"listener.name.client.ssl.keystore.key":               key,

		"listener.name.client.sasl.enabled.mechanisms": "PLAIN",
		"listener.name.client.plain.sasl.jaas.config": "org.apache.kafka.common.security.plain.PlainLoginModule required " +
			`user_engine="secret";`,

		"authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
		"super.users":           "User:ANONYMOUS",
	}})
	topic := cluster.Topic(t, "orders", 1)
	client := cluster.Client(t,
		kgo.DialTLSConfig(&tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}),
		kgo.SASL(plain.Auth{User: "engine", Pass: "secret"}.AsMechanism()),
		kgo.UnknownTopicRetries(0))
	record := &kgo.Record{Topic: topic, Value: []byte("x")}
	err := client.ProduceSync(t.Context(), record).FirstErr()
	if !errors.Is(err, kerr.TopicAuthorizationFailed) {
		t.Fatalf("producing without the right to: got %v", err)
	}

	allow := kadm.NewACLs().Allow("User:engine").AllowHosts("*").Topics(topic).ResourcePatternType(kadm.ACLPatternLiteral).Operations(kadm.OpAll)
	results, err := cluster.Admin(t).CreateACLs(t.Context(), allow)
	if err != nil {
		t.Fatal(err)
	}
	for _, result := range results {
		if result.Err != nil {
			t.Fatal(result.Err)
		}
	}
	deadline := time.Now().Add(time.Minute)
	for err = client.ProduceSync(t.Context(), record).FirstErr(); err != nil; err = client.ProduceSync(t.Context(), record).FirstErr() {
		if time.Now().After(deadline) {
			t.Fatalf("producing with the right to: %v", err)
		}
	}
}

// selfSigned returns a certificate for the loopback interface and its key, as
// PEM, and the roots that trust it.
func selfSigned(t *testing.T) (certificate, key string, roots *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "kafka"},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(time.Hour),
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	certificate = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	key = string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}))
	roots = x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(certificate))
	return certificate, key, roots
}

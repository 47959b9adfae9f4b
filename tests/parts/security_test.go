package parts_test

import (
	"crypto/tls"
	"errors"
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
	certificate, key, roots := parts.Certificate(t)
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
	deadline := time.Now().Add(patience)
	for err = client.ProduceSync(t.Context(), record).FirstErr(); err != nil; err = client.ProduceSync(t.Context(), record).FirstErr() {
		if time.Now().After(deadline) {
			t.Fatalf("producing with the right to: %v", err)
		}
	}
}

package chaos

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/inflect-dev/inflect/tests/parts"
)

// launched is what a process logs before it has reached the brokers.
const launched = "Launching"

// secured is a cluster whose clients come by TLS and a password, PLAIN or SCRAM, and the certificate to trust. Whoever
// has no rights withheld has them all.
func secured(t *testing.T) (k *parts.Cluster, certificate string) {
	t.Helper()
	certificate, key, _ := parts.Certificate(t)
	return parts.OwnKafka(t, parts.KafkaConfig{Settings: map[string]string{
		"broker.session.timeout.ms":      immortal["broker.session.timeout.ms"],
		"listener.security.protocol.map": "CLIENT:SASL_SSL,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT",

		"listener.name.client.ssl.keystore.type":              "PEM",
		"listener.name.client.ssl.keystore.certificate.chain": certificate,
		"listener.name.client.ssl.keystore.key":               key,

		"listener.name.client.sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-512",
		"listener.name.client.plain.sasl.jaas.config": "org.apache.kafka.common.security.plain.PlainLoginModule required " +
			`user_engine="plain-secret";`,
		"listener.name.client.scram-sha-512.sasl.jaas.config": "org.apache.kafka.common.security.scram.ScramLoginModule required;",
		// Connections prove anew who they are, so that a password that is no longer good is noticed.
		"connections.max.reauth.ms": "2000",

		"authorizer.class.name":          "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
		"allow.everyone.if.no.acl.found": "true",
		"super.users":                    "User:ANONYMOUS",
	}}), certificate
}

// securely has the stream's clients trust the certificate, if there is one, and use the password.
func (s *stream) securely(certificate, mechanism, password string) string {
	trust := ""
	if certificate != "" {
		trust = fmt.Sprintf(", root_cas: %q", certificate)
	}
	fields := fmt.Sprintf("tls: {enabled: true%s}, sasl: {mechanism: %s, username: engine, password: %s}", trust, mechanism, password)
	return strings.NewReplacer(
		"\n    pipeline: chaos\n", "\n    pipeline: chaos\n    "+strings.Replace(fields, ", sasl:", "\n    sasl:", 1)+"\n",
		"pipeline: chaos}\n", "pipeline: chaos, "+fields+"}\n").Replace(s.config)
}

// TestRightsAreTakenAndGivenBack denies a running pipeline one thing after the other.
func TestRightsAreTakenAndGivenBack(t *testing.T) {
	t.Parallel()
	k, certificate := secured(t)
	for _, delivery := range []string{exactlyOnce, atLeastOnce} {
		t.Run(delivery, func(t *testing.T) {
			n := events(t, 40_000)
			s := newStream(t, k, delivery)
			s.config = s.securely(certificate, "PLAIN", "plain-secret")
			feeder := newFeeder(k.Client(t, kgo.SeedBrokers(k.DirectAddrs()...)), s.in)
			feeder.to(t, n/6, n/40)
			engine := s.engine(t, "a")
			s.progress(t, k, 0)
			deny := func() *kadm.ACLBuilder {
				return kadm.NewACLs().Deny("User:engine").DenyHosts("*").ResourcePatternType(kadm.ACLPatternLiteral)
			}
			for i, right := range []struct {
				name  string
				acls  *kadm.ACLBuilder
				texts []string
			}{
				{"target", deny().Topics(s.out).Operations(kadm.OpWrite), []string{s.out, "TOPIC_AUTHORIZATION_FAILED"}},
				{"dead-letter topic", deny().Topics(s.dead).Operations(kadm.OpWrite), []string{s.dead, "TOPIC_AUTHORIZATION_FAILED"}},
				{"source", deny().Topics(s.in).Operations(kadm.OpRead), []string{"reading " + s.in}},
				{"group", deny().Groups(s.group).Operations(kadm.OpRead), []string{"GROUP_AUTHORIZATION_FAILED"}},
				{"transactional id", deny().ResourcePatternType(kadm.ACLPatternPrefixed).TransactionalIDs(s.group).Operations(kadm.OpWrite),
					[]string{"TRANSACTIONAL_ID_AUTHORIZATION_FAILED"}},
			} {
				if right.name == "transactional id" && delivery == atLeastOnce {
					continue
				}
				admin := k.Admin(t)
				if created, err := admin.CreateACLs(t.Context(), right.acls); err != nil || created[0].Err != nil {
					t.Fatal(err, created)
				}
				feeder.to(t, n*(i+2)/6, n/40) // so that there is something that it needs the right for
				t.Logf("no %s: %s", right.name, s.state(t, waiting, right.texts...))
				if deleted, err := admin.DeleteACLs(t.Context(), right.acls); err != nil || len(deleted) == 0 || len(deleted[0].Deleted) == 0 {
					t.Fatal(err, deleted)
				}
				given := time.Now()
				s.state(t, running)
				t.Logf("running again after %v", time.Since(given).Round(100*time.Millisecond))
			}
			<-feeder.to(t, n, n/40)
			s.finished(t, k)
			engine.Stop(t)
			audit(t, k, s, n, delivery == exactlyOnce)
		})
	}
}

// TestPasswordsAndCertificates starts with a certificate that nobody trusts and a wrong password, and rotates the right one.
func TestPasswordsAndCertificates(t *testing.T) {
	t.Parallel()
	k, certificate := secured(t)
	const n = 4000
	s := newStream(t, k, exactlyOnce)
	plain := s.config
	with := func(certificate, password string) {
		s.config = plain
		s.config = s.securely(certificate, "SCRAM-SHA-512", password)
	}
	rotate := func(password string) {
		altered, err := k.Admin(t).AlterUserSCRAMs(t.Context(), nil, []kadm.UpsertSCRAM{
			{User: "engine", Mechanism: kadm.ScramSha512, Iterations: 4096, Password: password}})
		if err != nil || altered.Error() != nil {
			t.Fatal(err, altered.Error())
		}
	}
	rotate("first-secret")
	<-feed(t, k.Client(t, kgo.SeedBrokers(k.DirectAddrs()...)), s.in, n, 0)
	var reasons []string
	var engines []*parts.Server

	with("", "first-secret")
	engine := s.launch(t, "a", launched)
	reasons = append(reasons, s.state(t, waiting, "certificate"))
	engines = append(engines, engine)
	engine.Stop(t)

	with(certificate, "wrong-secret")
	engine = s.launch(t, "a", launched)
	engines = append(engines, engine)
	reasons = append(reasons, s.state(t, waiting, "SASL_AUTHENTICATION_FAILED"))
	rotate("wrong-secret")
	s.finished(t, k)
	s.state(t, running)

	rotate("second-secret")
	<-feed(t, k.Client(t, kgo.SeedBrokers(k.DirectAddrs()...)), s.in, n, 0)
	reasons = append(reasons, s.state(t, waiting, "SASL_AUTHENTICATION_FAILED"))
	engine.Stop(t)
	with(certificate, "second-secret")
	engine = s.engine(t, "a")
	engines = append(engines, engine)
	s.finished(t, k)
	engine.Stop(t)

	l := newLedger(n)
	l.unordered = true
	l.read(t, k, s.out, l.delivered)
	for id := range n {
		if out, _ := fate(id); l.out[id] != 2*out {
			t.Fatalf("event %d is %d times in the target, want %d", id, l.out[id], 2*out)
		}
	}
	t.Log(strings.Join(reasons, "\n"))
	said := []byte(strings.Join(reasons, "\n"))
	for _, e := range engines {
		log, err := os.ReadFile(e.Log())
		if err != nil {
			t.Fatal(err)
		}
		said = append(said, log...)
	}
	if bytes.Contains(said, []byte("-secret")) {
		t.Error("a password is in a state's reason or in a log")
	}
}

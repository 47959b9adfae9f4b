package catalog_test

import (
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/plain"

	"github.com/inflect-dev/inflect/api/catalog"
	"github.com/inflect-dev/inflect/pipeline"
	"github.com/inflect-dev/inflect/tests/parts"
)

func TestClusterThatWithholdsRights(t *testing.T) {
	t.Parallel()
	cluster := parts.OwnKafka(t, parts.KafkaConfig{Settings: map[string]string{
		"listener.security.protocol.map":               "CLIENT:SASL_PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT",
		"listener.name.client.sasl.enabled.mechanisms": "PLAIN",
		"listener.name.client.plain.sasl.jaas.config":  `org.apache.kafka.common.security.plain.PlainLoginModule required user_inflect="s3cret";`,
		"authorizer.class.name":                        "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
		"super.users":                                  "User:ANONYMOUS",
		"allow.everyone.if.no.acl.found":               "false",
	}})
	cluster.CreateTopic(t, "readable", 1)
	cluster.CreateTopic(t, "hidden", 1)
	allow := kadm.NewACLs().Allow("User:inflect").AllowHosts("*").Topics("readable").ResourcePatternType(kadm.ACLPatternLiteral).
		Operations(kadm.OpRead, kadm.OpDescribe)
	results, err := cluster.Admin(t).CreateACLs(t.Context(), allow)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		if r.Err != nil {
			t.Fatal(r.Err)
		}
	}
	open := func(password string) *catalog.Kafka {
		k, err := catalog.OpenKafka(catalog.KafkaOptions{Brokers: cluster.Addrs(), Timeout: patience, Remember: time.Nanosecond,
			Client: []kgo.Opt{kgo.SASL(plain.Auth{User: "inflect", Pass: password}.AsMechanism())}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(k.Close)
		return k
	}
	k := open("s3cret")
	// Rights take a moment to reach the brokers.
	topics, err := k.Topics(t.Context())
	for tick, deadline := time.Tick(50*time.Millisecond), time.Now().Add(patience); len(topics) == 0 && time.Now().Before(deadline); <-tick {
		topics, err = k.Topics(t.Context())
	}
	if err != nil || len(topics) != 1 || topics[0].Name != "readable" {
		t.Fatalf("topics %v, %v", topics, err)
	}
	topic, err := k.Topic(t.Context(), "readable")
	if err != nil || len(topic.Partitions) != 1 || len(topic.Configs) != 0 {
		t.Errorf("a topic whose configs may not be read: %+v, %v", topic, err)
	}
	if _, err := k.Records(t.Context(), "readable", pipeline.RecordQuery{}); err != nil {
		t.Error(err)
	}
	for what, err := range map[string]error{
		"looking at a hidden topic": second(k.Topic(t.Context(), "hidden")),
		"writing":                   second(k.Produce(t.Context(), "readable", []pipeline.Record{{Value: []byte("v")}})),
		"creating":                  k.CreateTopic(t.Context(), "new", 1, 1),
	} {
		if pipeline.CodeOf(err) != pipeline.CodeForbidden || !strings.Contains(err.Error(), "ACL") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := open("wrong-secret").Topics(t.Context()); pipeline.CodeOf(err) != pipeline.CodeForbidden || strings.Contains(err.Error(), "wrong-secret") {
		t.Errorf("a wrong password: %v", err)
	}
}

func second[T any](_ T, err error) error { return err }

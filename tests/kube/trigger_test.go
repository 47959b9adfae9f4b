package kube

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	autoscaling "k8s.io/api/autoscaling/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/inflect-dev/inflect/pipeline"
	"github.com/inflect-dev/inflect/tests/kube/bed"
	"github.com/inflect-dev/inflect/tests/parts"
)

var (
	scaledObjects = schema.GroupVersionResource{Group: "keda.sh", Version: "v1alpha1", Resource: "scaledobjects"}
	triggerAuths  = schema.GroupVersionResource{Group: "keda.sh", Version: "v1alpha1", Resource: "triggerauthentications"}
)

// TestKEDAReachesGuardedBrokers has brokers that speak TLS and ask for SCRAM. KEDA gets what it needs out of a Secret, by
// a TriggerAuthentication, as an account of its own that may only look; what is secret is in no other object.
func TestKEDAReachesGuardedBrokers(t *testing.T) {
	t.Parallel()
	const password, lookers = "password-of-the-engines", "password-of-keda"
	ca := filepath.Join(t.TempDir(), "kafka-ca")
	var authority string
	secrets := map[string]map[string]string{
		"inflect-env":  {"INFLECT_KAFKA_PASSWORD": password},
		"inflect-keda": {"username": "keda", "password": lookers},
	}
	s := install(t, bed.Options{KEDA: true}, installation{
		kafka: func(b *bed.Bed) *parts.Cluster {
			var certificate, key string
			certificate, key, authority = b.TLS()
			secrets["inflect-keda"]["ca"] = authority
			if err := os.WriteFile(ca, []byte(authority), 0o600); err != nil {
				t.Fatal(err)
			}
			return guardedKafka(t, certificate, key, map[string]string{"inflect": password, "keda": lookers})
		},
		secrets: secrets,
		settings: "env_secret: inflect-env\n" +
			"trigger: {secret: inflect-keda, keys: [username, password, ca], metadata: {sasl: scram_sha512, tls: enable}}\n",
		args: []string{"--kafka-tls", "--kafka-ca", ca, "--kafka-sasl", "SCRAM-SHA-512", "--kafka-username", "inflect"},
		env:  []string{"INFLECT_KAFKA_PASSWORD=" + password},
	})
	spec := s.spec("guarded", 3)
	spec.Scaling = pipeline.Scaling{Max: 3, LagThreshold: 500, Poll: pipeline.Duration(time.Second), Cooldown: pipeline.Duration(3 * time.Second)}
	const events = 60_000
	spec.Limits.Rate = 300
	s.produce(spec.Source.Topic, 0, events)
	began := time.Now()
	s.create(spec)
	s.replicas("guarded", 3, patience)
	t.Logf("%d records behind TLS and SCRAM: none to three pods %s after the row", events, time.Since(began).Round(100*time.Millisecond))
	s.unleash("guarded")
	s.caughtUp("guarded", spec.Source.Topic, patience)
	t.Logf("and none again %s after the last record", s.replicas("guarded", 0, patience).Round(100*time.Millisecond))
	once(t, s.count(spec.Target.Topic, events, patience))

	for _, r := range []schema.GroupVersionResource{scaledObjects, triggerAuths, {Group: "apps", Version: "v1", Resource: "deployments"},
		{Version: "v1", Resource: "configmaps"}, {Version: "v1", Resource: "pods"}, {Version: "v1", Resource: "events"}} {
		list, err := s.Dynamic.Resource(r).Namespace(namespace).List(t.Context(), metav1.ListOptions{})
		s.must(err)
		text, err := list.MarshalJSON()
		s.must(err)
		for _, secret := range []string{password, lookers, streamsPassword} {
			if strings.Contains(string(text), secret) {
				t.Errorf("%s hold the password %q", r.Resource, secret)
			}
		}
	}

	// With a wrong password KEDA says that it cannot look, and pods stay as many as they are.
	_, err := s.Client.CoreV1().Secrets(namespace).Patch(t.Context(), "inflect-keda", "application/merge-patch+json",
		[]byte(`{"stringData":{"password":"wrong"}}`), metav1.PatchOptions{})
	s.must(err)
	s.Operator.Kill(t) // it keeps its connections
	s.produce(spec.Source.Topic, events, 10)
	s.Operator.Start(t)
	s.Until("KEDA says that the brokers refuse it", func(ctx context.Context) error {
		u, err := s.Dynamic.Resource(scaledObjects).Namespace(namespace).Get(ctx, "inflect-guarded", metav1.GetOptions{})
		if err != nil {
			return err
		}
		if is := condition(u, "Ready"); !strings.HasPrefix(is, "False") {
			return errors.New("ready: " + is)
		}
		return nil
	})
	if d, err := s.deployment("guarded"); err != nil {
		t.Error(err)
	} else if *d.Spec.Replicas != 0 {
		t.Errorf("with brokers that refuse KEDA there are %d pods, want none as before", *d.Spec.Replicas)
	}
	_, err = s.Client.CoreV1().Secrets(namespace).Patch(t.Context(), "inflect-keda", "application/merge-patch+json",
		[]byte(`{"stringData":{"password":"`+lookers+`"}}`), metav1.PatchOptions{})
	s.must(err)
	once(t, s.count(spec.Target.Topic, events+10, patience))
}

// guardedKafka is a broker whose clients speak TLS, are known by SCRAM, and may do what they need: KEDA's account looks.
func guardedKafka(t *testing.T, certificate, key string, users map[string]string) *parts.Cluster {
	t.Helper()
	c := parts.OwnKafka(t, parts.KafkaConfig{Settings: map[string]string{
		"listener.security.protocol.map":                      "CLIENT:SASL_SSL,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT",
		"listener.name.client.ssl.keystore.type":              "PEM",
		"listener.name.client.ssl.keystore.certificate.chain": certificate,
		"listener.name.client.ssl.keystore.key":               key,
		"listener.name.client.sasl.enabled.mechanisms":        "SCRAM-SHA-512",
		"listener.name.client.scram-sha-512.sasl.jaas.config": "org.apache.kafka.common.security.scram.ScramLoginModule required;",
		"authorizer.class.name":                               "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
		"super.users":                                         "User:ANONYMOUS;User:inflect",
	}})
	admin := c.Admin(t)
	for name, password := range users {
		results, err := admin.AlterUserSCRAMs(t.Context(), nil, []kadm.UpsertSCRAM{{User: name, Mechanism: kadm.ScramSha512, Iterations: 4096, Password: password}})
		if err == nil {
			err = results.Error()
		}
		if err != nil {
			t.Fatalf("making the user %s: %v", name, err)
		}
	}
	look := kadm.NewACLs().Allow("User:keda").AllowHosts("*").Topics("*").Groups("*").ResourcePatternType(kadm.ACLPatternLiteral).Operations(kadm.OpDescribe)
	results, err := admin.CreateACLs(t.Context(), look)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		if r.Err != nil {
			t.Fatalf("giving rights: %v", r.Err)
		}
	}
	return c
}

// condition is what an object says of itself under a type: status and message.
func condition(u *unstructured.Unstructured, kind string) string {
	list, _, _ := unstructured.NestedSlice(u.Object, "status", "conditions")
	for _, c := range list {
		if m, ok := c.(map[string]any); ok && m["type"] == kind {
			return fmt.Sprintf("%v %v", m["status"], m["message"])
		}
	}
	return "unknown"
}

// TestPodsFollowTheProcessor has steps that take processor time, and events that come slowly enough for hardly any lag: it
// is the second trigger that asks for pods. What they use is measured on their processes.
func TestPodsFollowTheProcessor(t *testing.T) {
	t.Parallel()
	s := start(t, bed.Options{KEDA: true, Metrics: true})
	spec := s.spec("heavy", 6)
	spec.Steps[0].Code = "(e) => { let x = 0; for (let i = 0; i < 20000; i++) x = (x + i * i) % 9973; return { ...e, x } }"
	spec.Scaling = pipeline.Scaling{Min: 1, Max: 3, LagThreshold: 1_000_000, CPU: 50, Poll: pipeline.Duration(time.Second), Cooldown: pipeline.Duration(5 * time.Second)}
	s.create(spec)
	s.runs("heavy")
	s.replicas("heavy", 1, patience)
	load := s.load(spec.Source.Topic)
	began := time.Now()
	var said string
	highest := int32(0)
	s.Until("there are more pods", func(ctx context.Context) error {
		hpa, err := s.Client.AutoscalingV2().HorizontalPodAutoscalers(namespace).Get(ctx, "keda-hpa-inflect-heavy", metav1.GetOptions{})
		if err != nil {
			return err
		}
		said = asked(hpa)
		if highest = hpa.Status.DesiredReplicas; highest < 2 {
			return errors.New(said)
		}
		return nil
	})
	t.Logf("%d pods wanted after %s: %s", highest, time.Since(began).Round(100*time.Millisecond), said)
	total := load.stop()
	s.caughtUp("heavy", spec.Source.Topic, patience)
	t.Logf("one pod again %s after the last event", s.replicas("heavy", 1, patience).Round(100*time.Millisecond))
	once(t, s.count(spec.Target.Topic, total, patience))
}

// asked is what an autoscaler has measured.
func asked(hpa *autoscaling.HorizontalPodAutoscaler) string {
	var out []string
	for _, m := range hpa.Status.CurrentMetrics {
		switch {
		case m.Resource != nil && m.Resource.Current.AverageUtilization != nil:
			out = append(out, fmt.Sprintf("%s at %d %% of what was asked for", m.Resource.Name, *m.Resource.Current.AverageUtilization))
		case m.External != nil && m.External.Current.AverageValue != nil:
			out = append(out, "a lag of "+m.External.Current.AverageValue.String()+" a pod")
		}
	}
	if len(out) == 0 {
		return "nothing is measured yet"
	}
	return strings.Join(out, ", ")
}

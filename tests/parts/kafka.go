package parts

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/inflect-dev/inflect/tests/setup/cache"
)

// KafkaConfig describes a cluster of a test's own. The zero value is one broker
// as [Kafka] has it.
type KafkaConfig struct {
	// Brokers is their number, each a controller as well; 0 means 1.
	Brokers int
	// Settings are broker settings (server.properties) that every broker gets
	// on top of the package's own. Clients of [Cluster.Addrs] come in by the
	// listener CLIENT, so a listener.security.protocol.map that gives CLIENT
	// another protocol, and settings with the prefix listener.name.client., ask
	// them for TLS or SASL. The brokers among themselves and [Cluster.Admin] use
	// INTERNAL, in the clear, where everybody is User:ANONYMOUS.
	Settings map[string]string
	// BrokerSettings are settings for single brokers, by their id from 1.
	BrokerSettings map[int]map[string]string
	// Proxied puts a [Link] in front of every broker: clients of [Cluster.Addrs]
	// pass it, the brokers among themselves and clients of [Cluster.DirectAddrs]
	// do not.
	Proxied bool
	// Heap is the JVM's -Xmx of each broker; empty means 512m.
	Heap string
}

// Cluster is a real Apache Kafka in KRaft mode. Topics are not created by
// themselves, a new consumer group does not wait before its first rebalance, and
// the internal topics have few partitions, so that tests do not wait for them.
type Cluster struct {
	brokers []*Broker
}

// Broker is one broker of a [Cluster].
type Broker struct {
	Server

	id       int
	client   int // ports of the listeners
	internal int
	control  int
	link     *Link
	release  []func() error
}

// Kafka returns the one-broker cluster that this test binary shares. A test
// works with topics and groups of its own: see [Cluster.Topic].
func Kafka(t testing.TB) *Cluster {
	t.Helper()
	cluster, err := shared.kafka.get(func() (*Cluster, error) {
		// Nobody kills this one: it is alive however seldom a busy machine lets it say so.
		settings := map[string]string{"broker.session.timeout.ms": "600000"}
		cluster, err := newCluster(KafkaConfig{Settings: settings}, false)
		if err != nil {
			return nil, err
		}
		atExit(cluster.close)
		return cluster, cluster.start()
	})
	if err != nil {
		t.Fatal(err)
	}
	cluster.brokers[0].showWhenFailed(t)
	return cluster
}

// OwnKafka starts a cluster for this test alone and ends it with the test.
func OwnKafka(t testing.TB, config KafkaConfig) *Cluster {
	t.Helper()
	cluster, err := newCluster(config, true)
	if err != nil {
		t.Fatal(err)
	}
	closeWith(t, cluster.close)
	for _, broker := range cluster.brokers {
		broker.showWhenFailed(t)
	}
	if err := cluster.start(); err != nil {
		t.Fatal(err)
	}
	return cluster
}

// Addrs are the brokers' addresses for clients.
func (c *Cluster) Addrs() []string {
	addrs := make([]string, len(c.brokers))
	for i, broker := range c.brokers {
		addrs[i] = broker.Addr()
	}
	return addrs
}

// DirectAddrs are the brokers' addresses that pass no [Link].
func (c *Cluster) DirectAddrs() []string {
	addrs := make([]string, len(c.brokers))
	for i, broker := range c.brokers {
		addrs[i] = loopback(broker.internal)
	}
	return addrs
}

// Broker returns a broker by its id, which counts from 1.
func (c *Cluster) Broker(id int) *Broker { return c.brokers[id-1] }

// ID is the broker's node id.
func (b *Broker) ID() int { return b.id }

// Addr is the broker's address for clients.
func (b *Broker) Addr() string {
	if b.link != nil {
		return b.link.Addr()
	}
	return loopback(b.client)
}

// Link is what stands between clients and a broker of a proxied cluster, else
// nil.
func (b *Broker) Link() *Link { return b.link }

func newCluster(config KafkaConfig, owned bool) (*Cluster, error) {
	kafka, err := cache.Kafka()
	if err != nil {
		return nil, err
	}
	count := max(config.Brokers, 1)
	cluster := &Cluster{}
	for id := 1; id <= count; id++ {
		broker, err := newBroker(id, config.Proxied, owned)
		if err != nil {
			return nil, errors.Join(err, cluster.close())
		}
		cluster.brokers = append(cluster.brokers, broker)
	}
	for _, broker := range cluster.brokers {
		if err := broker.prepare(kafka, config, cluster.voters()); err != nil {
			return nil, errors.Join(fmt.Errorf("preparing %s: %w", broker.name, err), cluster.close())
		}
	}
	return cluster, nil
}

func newBroker(id int, proxied, owned bool) (*Broker, error) {
	b := &Broker{id: id}
	b.name, b.owned = "kafka broker "+strconv.Itoa(id), owned
	b.ready, b.graceful = "Kafka Server started", syscall.SIGTERM
	for _, port := range []*int{&b.client, &b.internal, &b.control} {
		free, release, err := reservePort()
		if err != nil {
			return nil, errors.Join(err, b.close())
		}
		*port = free
		b.release = append(b.release, release)
	}
	if proxied {
		link, err := newLink(loopback(b.client))
		if err != nil {
			return nil, errors.Join(err, b.close())
		}
		b.link = link
	}
	return b, nil
}

// voters is the setting that names the controllers.
func (c *Cluster) voters() string {
	voters := make([]string, len(c.brokers))
	for i, broker := range c.brokers {
		voters[i] = fmt.Sprintf("%d@%s", broker.id, loopback(broker.control))
	}
	return strings.Join(voters, ",")
}

// prepare writes the broker's configuration and its formatted log folder.
func (b *Broker) prepare(kafka cache.KafkaBinaries, config KafkaConfig, voters string) error {
	dir, err := scratchDir("kafka")
	if err != nil {
		return err
	}
	data, properties := filepath.Join(dir, "data"), filepath.Join(dir, "server.properties")
	if err := os.CopyFS(data, os.DirFS(kafka.Template)); err != nil {
		return fmt.Errorf("copying the formatted log folder: %w", err)
	}
	if err := b.writeMeta(data); err != nil {
		return err
	}

	settings := b.settings(data, voters, max(config.Brokers, 1))
	maps.Copy(settings, config.Settings)
	maps.Copy(settings, config.BrokerSettings[b.id])
	if err := writeProperties(properties, settings); err != nil {
		return err
	}

	heap := config.Heap
	if heap == "" {
		heap = "512m"
	}
	b.log = filepath.Join(dir, "server.log")
	b.command = func() (*exec.Cmd, error) {
		cmd := exec.Command("java", "-Xmx"+heap, "-XX:SharedArchiveFile="+kafka.Archive,
			"-Djava.net.preferIPv4Stack=true", "-cp", kafka.ClassPath, "kafka.Kafka", properties)
		cmd.Dir = dir
		return cmd, nil
	}
	return nil
}

// writeProperties writes a Java properties file, in which values may have
// several lines (a PEM certificate has).
func writeProperties(path string, settings map[string]string) error {
	escape := strings.NewReplacer(`\`, `\\`, "\n", `\n`)
	var text strings.Builder
	for _, key := range slices.Sorted(maps.Keys(settings)) {
		fmt.Fprintf(&text, "%s=%s\n", key, escape.Replace(settings[key]))
	}
	return os.WriteFile(path, []byte(text.String()), 0o644)
}

// writeMeta makes the formatted log folder this broker's own: the directory id
// is 16 bytes in URL-safe base64, as Kafka's Uuid writes itself.
func (b *Broker) writeMeta(data string) error {
	var directory [16]byte
	_, _ = rand.Read(directory[:])
	meta := fmt.Sprintf("version=1\ncluster.id=%s\nnode.id=%d\ndirectory.id=%s\n",
		cache.KafkaClusterID, b.id, base64.RawURLEncoding.EncodeToString(directory[:]))
	return os.WriteFile(filepath.Join(data, "meta.properties"), []byte(meta), 0o644)
}

func (b *Broker) settings(data, voters string, brokers int) map[string]string {
	copies := strconv.Itoa(min(brokers, 3))
	quorum := strconv.Itoa(max(min(brokers, 3)-1, 1))
	return map[string]string{
		"process.roles":                  "broker,controller",
		"node.id":                        strconv.Itoa(b.id),
		"controller.quorum.voters":       voters,
		"controller.listener.names":      "CONTROLLER",
		"inter.broker.listener.name":     "INTERNAL",
		"listeners":                      fmt.Sprintf("CLIENT://%s,INTERNAL://%s,CONTROLLER://%s", loopback(b.client), loopback(b.internal), loopback(b.control)),
		"advertised.listeners":           fmt.Sprintf("CLIENT://%s,INTERNAL://%s", b.Addr(), loopback(b.internal)),
		"listener.security.protocol.map": "CLIENT:PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT",
		"log.dirs":                       data,

		// A broker that crashed may come back once its session is over.
		"broker.session.timeout.ms":    "3000",
		"broker.heartbeat.interval.ms": "500",

		"auto.create.topics.enable":                "false",
		"default.replication.factor":               copies,
		"group.initial.rebalance.delay.ms":         "0",
		"group.min.session.timeout.ms":             "1000",
		"min.insync.replicas":                      quorum,
		"num.network.threads":                      "2",
		"num.io.threads":                           "4",
		"offsets.topic.num.partitions":             "4",
		"offsets.topic.replication.factor":         copies,
		"transaction.state.log.num.partitions":     "4",
		"transaction.state.log.replication.factor": copies,
		"transaction.state.log.min.isr":            quorum,
	}
}

// start launches every broker, then waits for all: none of them serves before a
// majority of the controllers is there.
func (c *Cluster) start() error {
	for _, broker := range c.brokers {
		if err := broker.launch(); err != nil {
			return err
		}
	}
	for _, broker := range c.brokers {
		if err := broker.await(); err != nil {
			return err
		}
	}
	return nil
}

func (c *Cluster) close() error {
	var problems []error
	for _, broker := range c.brokers {
		problems = append(problems, broker.close())
	}
	return errors.Join(problems...)
}

// close ends the broker for good. Its data are thrown away, so a crash is as
// good as a stop and quicker.
func (b *Broker) close() error {
	problems := []error{b.end(syscall.SIGKILL)}
	if b.link != nil {
		problems = append(problems, b.link.close())
	}
	for _, release := range b.release {
		problems = append(problems, release())
	}
	b.release = nil
	return errors.Join(problems...)
}

func loopback(port int) string { return "127.0.0.1:" + strconv.Itoa(port) }

package kafka

import (
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"
)

const (
	fieldBrokers        = "brokers"
	fieldClientID       = "client_id"
	fieldTLS            = "tls"
	fieldDialTimeout    = "dial_timeout"
	fieldMetadataMaxAge = "metadata_max_age"
)

// connection is how to reach a cluster.
type connection struct {
	brokers        []string
	clientID       string
	tls            *tls.Config
	sasl           sasl.Mechanism
	dialTimeout    time.Duration
	metadataMaxAge time.Duration
}

func connectionFields() []*service.ConfigField {
	return []*service.ConfigField{
		service.NewStringListField(fieldBrokers).
			Description("Addresses of some of the cluster's brokers, each `host:port`. One string may hold several, with commas between them.").
			Example([]string{"localhost:9092"}).Example([]string{"${INFLECT_BROKERS}"}),
		service.NewStringField(fieldClientID).
			Description("The name under which brokers log this client and apply quotas to it.").
			Default("inflect").Advanced(),
		service.NewTLSToggledField(fieldTLS),
		saslField(),
		service.NewDurationField(fieldDialTimeout).
			Description("How long opening one connection may take.").
			Default("10s").Advanced(),
		service.NewDurationField(fieldMetadataMaxAge).
			Description("How old the client's knowledge of topics and partitions may grow. New partitions are noticed after this time at the latest.").
			Default("1m").Advanced(),
	}
}

func parseConnection(conf *service.ParsedConfig) (c connection, err error) {
	lists, err := conf.FieldStringList(fieldBrokers)
	if err != nil {
		return c, err
	}
	if c.brokers = splitAddresses(lists); len(c.brokers) == 0 {
		return c, errors.New("brokers is empty: name at least one broker as host:port")
	}
	if c.clientID, err = conf.FieldString(fieldClientID); err != nil {
		return c, err
	}
	tlsConf, enabled, err := conf.FieldTLSToggled(fieldTLS)
	if err != nil {
		return c, fmt.Errorf("reading tls: %w", err)
	}
	if enabled {
		c.tls = tlsConf
	}
	if c.sasl, err = parseSASL(conf.Namespace(fieldSASL)); err != nil {
		return c, err
	}
	if c.dialTimeout, err = conf.FieldDuration(fieldDialTimeout); err != nil {
		return c, err
	}
	c.metadataMaxAge, err = conf.FieldDuration(fieldMetadataMaxAge)
	return c, err
}

// options are the client options of the connection, the same for consumers and producers.
func (c *connection) options(logger *clientLogger) []kgo.Opt {
	opts := []kgo.Opt{
		kgo.SeedBrokers(c.brokers...),
		kgo.ClientID(c.clientID),
		kgo.WithLogger(logger),
		kgo.WithHooks(logger),
		kgo.MetadataMaxAge(c.metadataMaxAge),
		kgo.MetadataMinAge(min(c.metadataMaxAge, metadataMinAge)),
		kgo.DialTimeout(c.dialTimeout),
	}
	if c.tls != nil {
		opts = append(opts, kgo.DialTLSConfig(c.tls.Clone()))
	}
	if c.sasl != nil {
		opts = append(opts, kgo.SASL(c.sasl))
	}
	return opts
}

// metadataMinAge bounds how often a client asks again while something is missing: it is what a pipeline needs at most to
// notice that its target exists now, or has a new leader.
const metadataMinAge = 500 * time.Millisecond

// splitAddresses is a list of broker addresses out of strings that may hold several each.
func splitAddresses(lists []string) []string {
	var out []string
	for _, list := range lists {
		for _, a := range strings.Split(list, ",") {
			if a = strings.TrimSpace(a); a != "" {
				out = append(out, a)
			}
		}
	}
	return out
}

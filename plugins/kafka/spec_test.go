package kafka

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/plain"
)

func TestInputConfigsThatCannotWorkAreRefused(t *testing.T) {
	t.Parallel()
	const base = "brokers: [localhost:9092]\ntopics: [in]\ngroup: g\n"
	for _, c := range []struct{ name, config, want string }{
		{"no brokers", "brokers: [\" , \"]\ntopics: [in]\ngroup: g\n", "brokers is empty"},
		{"no topics", "brokers: [a:1]\ntopics: []\ngroup: g\n", "topics is empty"},
		{"no group", "brokers: [a:1]\ntopics: [in]\ngroup: ''\n", "group is empty"},
		{"no records in a batch", base + "batch: {max_records: 0}\n", "batch.max_records"},
		{"no lanes", base + "lanes: 0\n", "lanes"},
		{"negative rate", base + "rate: -1\n", "rate"},
		{"linger longer than transactions", base + "batch: {linger: 1m}\n", "batch.linger"},
		{"rare heartbeats", base + "heartbeat_interval: 20s\n", "heartbeat_interval"},
		{"a size that is none", base + "fetch: {max_bytes: lots}\n", "fetch.max_bytes"},
		{"a size beyond 31 bits", base + "fetch: {max_bytes: 3GiB}\n", "fetch.max_bytes"},
		{"a password that is missing", base + "sasl: {mechanism: PLAIN, username: u}\n", "needs username and password"},
		{"no token", base + "sasl: {mechanism: OAUTHBEARER}\n", "needs token"},
		{"a token address that is none", base + "sasl: {mechanism: OAUTHBEARER, oauth2: {token_url: nowhere}}\n", "token_url"},
		{"an unknown compression", base + "producer: {compression: brotli}\n", "compression"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			conf, err := inputSpec().ParseYAML(c.config, nil)
			if err == nil {
				_, err = newInput(conf, service.MockResources())
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got error %v, want one with %q", err, c.want)
			}
		})
	}
}

func TestConstructorsReachForNothing(t *testing.T) {
	t.Parallel()
	conf, err := inputSpec().ParseYAML("brokers: ['nowhere.invalid:1']\ntopics: [in]\ngroup: g\n", nil)
	if err != nil {
		t.Fatal(err)
	}
	in, err := newInput(conf, service.MockResources())
	if err != nil {
		t.Fatal(err)
	}
	if err := in.Close(t.Context()); err != nil {
		t.Error(err)
	}
	conf, err = outputSpec().ParseYAML("brokers: ['nowhere.invalid:1']\ntopic: out\n", nil)
	if err != nil {
		t.Fatal(err)
	}
	out, err := newOutput(conf, service.MockResources())
	if err != nil {
		t.Fatal(err)
	}
	if err := out.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestClientsProveWhoTheyAre(t *testing.T) {
	t.Parallel()
	for _, mechanism := range []string{mechanismPlain, mechanism256, mechanism512} {
		t.Run(mechanism, func(t *testing.T) {
			t.Parallel()
			c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "in", "out"), kfake.EnableSASL(),
				kfake.Superuser("PLAIN", "admin", "admin"), kfake.Superuser(mechanism, "user", "secret"))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(c.Close)
			admin := kgo.SASL(plain.Auth{User: "admin", Pass: "admin"}.AsMechanism())
			cl := client(t, c, admin)
			if err := cl.ProduceSync(t.Context(), &kgo.Record{Topic: "in", Value: []byte("v")}).FirstErr(); err != nil {
				t.Fatal(err)
			}
			sasl := fmt.Sprintf("sasl: {mechanism: %s, username: user, password: secret}", mechanism)
			config := strings.Replace(copyStream, "delivery: DELIVERY", "delivery: exactly_once\n    "+sasl, 1)
			start(t, c, strings.Replace(config, "topic: out", "topic: out, "+sasl, 1))
			eventually(t, func() string {
				ends, err := kadm.NewClient(cl).ListCommittedOffsets(t.Context(), "out")
				if err != nil {
					return err.Error()
				}
				if end, _ := ends.Lookup("out", 0); end.Offset == 0 {
					return "nothing was written"
				}
				return ""
			})
		})
	}
}

func TestTokensAreFetchedAndKept(t *testing.T) {
	t.Parallel()
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		id, secret, _ := r.BasicAuth()
		if id != "me" || secret != "s" || r.FormValue("grant_type") != "client_credentials" || r.FormValue("scope") != "kafka read" {
			http.Error(w, "no", http.StatusUnauthorized)
			return
		}
		fmt.Fprintf(w, `{"access_token":"t%d","expires_in":3600}`, asked)
	}))
	defer server.Close()
	s := &tokenSource{url: server.URL, id: "me", secret: "s", scopes: []string{"kafka", "read"}, client: server.Client()}
	for range 2 {
		if got, err := s.Token(t.Context()); err != nil || got != "t1" {
			t.Fatalf("got %q, %v", got, err)
		}
	}
	s.secret, s.token = "wrong", ""
	_, err := s.Token(t.Context())
	if err == nil || !strings.Contains(err.Error(), "401") || strings.Contains(err.Error(), "wrong") {
		t.Errorf("got error %v, want one with the status and without the secret", err)
	}
}

func TestSlotsAreNeverSharedAndStayTheSame(t *testing.T) {
	t.Parallel()
	c := &claims{used: map[slotKey]bool{}}
	first := c.claim("g", "a")
	second := c.claim("g", "a")
	other := c.claim("h", "a")
	if first.name() != "g-a" || second.name() != "g-a.1" || other.name() != "h-a" {
		t.Errorf("got %s, %s and %s", first.name(), second.name(), other.name())
	}
	first.release()
	first.release()
	if again := c.claim("g", "a"); again.name() != "g-a" {
		t.Errorf("after a release the slot is %s", again.name())
	}
	second.fenced()
	second.release()
	if next := c.claim("g", "a"); next.name() != "g-a.2" {
		t.Errorf("a slot that another process has was taken again: %s", next.name())
	}
	if x, y := c.claim("g", ""), c.claim("g", ""); x.name() == y.name() {
		t.Errorf("two instances without a name share %s", x.name())
	}
}

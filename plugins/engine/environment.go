package engine

import (
	"crypto/x509"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// ours is what the names of variables begin with that streams may refer to.
const ours = "INFLECT_"

// hidden is what begins so, but is nobody's business.
const hidden = EnvPassword

// visible reports whether a posted stream may read a variable. Benthos expands ${NAME} in what its streams API gets out of
// the process' environment and asks nobody.
func visible(name string) bool {
	return strings.HasPrefix(name, ours) && !strings.HasPrefix(name, hidden)
}

// scrub takes everything out of the process' environment that posted streams may not read, and returns what it was, for
// the files that the operator names on the command line.
func scrub() (before map[string]string, err error) {
	settle()
	before = map[string]string{}
	for _, v := range os.Environ() {
		name, value, _ := strings.Cut(v, "=")
		if !strings.HasPrefix(name, hidden) {
			before[name] = value
		}
		if visible(name) {
			continue
		}
		if err := os.Unsetenv(name); err != nil {
			return nil, fmt.Errorf("taking %s out of the environment: %w", name, err)
		}
	}
	return before, nil
}

// settle makes the standard library read now what it takes from the environment when it is first needed: proxies,
// certificate authorities and the time zone.
func settle() {
	_, _ = http.ProxyFromEnvironment(&http.Request{URL: &url.URL{Scheme: "https", Host: "example.org"}})
	_, _ = x509.SystemCertPool()
	_ = time.Now().Local().String()
}

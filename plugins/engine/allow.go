package engine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/redpanda-data/benthos/v4/public/bloblang"
	"github.com/redpanda-data/benthos/v4/public/service"
)

// allowed are the components that a posted stream may use beside inflect_*: those that compute, combine others, or speak
// to the process' own stdin and stdout. Left out although Benthos calls them pure: crash (ends the process), grok and
// json_schema (read files or URLs that a config names).
var allowed = []string{
	// inputs
	"batched", "broker", "generate", "inproc", "read_until", "resource", "sequence", "stdin",
	// outputs
	"drop", "drop_on", "fallback", "reject", "reject_errored", "retry", "stdout", "switch", "sync_response",
	// processors
	"archive", "benchmark", "bloblang", "bounds_check", "branch", "cache", "cached", "catch", "compress", "decompress",
	"dedupe", "for_each", "group_by", "group_by_value", "insert_part", "jmespath", "jq", "log", "mapping", "metric",
	"mutation", "noop", "parallel", "parse_log", "processors", "rate_limit", "select_parts", "sleep", "split", "try",
	"try_catch", "unarchive", "while", "workflow",
	// buffers, caches, rate limits
	"memory", "none", "system_window", "lru", "multilevel", "ttlru", "local",
	// scanners
	"chunker", "csv", "json_array", "json_documents", "lines", "re_match", "skip_bom", "tar", "to_the_end",
	// metrics, which only the root config can name
	"logger",
}

// reachingOut are the Bloblang functions and methods that read the process' environment, files or URLs.
var (
	functionsReachingOut = []string{"env", "file", "file_rel", "hostname"}
	methodsReachingOut   = []string{"json_schema", "bloblang"}
)

// restricted is an environment with only the allowed components and those that the operator adds. A name that no
// component has is an error: it is more likely a misspelling than a wish.
func restricted(extra []string) (*service.Environment, error) {
	known := map[string]bool{}
	global := service.GlobalEnvironment()
	names := slices.Clone(allowed)
	for kind, list := range global.GenerateSchema("", "").XFlattened() {
		if strings.HasPrefix(kind, "bloblang") {
			continue
		}
		for _, name := range list {
			known[name] = true
			if strings.HasPrefix(name, "inflect_") {
				names = append(names, name)
			}
		}
	}
	for _, name := range extra {
		if !known[name] {
			return nil, fmt.Errorf("--allow-components: there is no component %q: see `inflect list`", name)
		}
		names = append(names, name)
	}
	env := global.With(names...)
	env.UseBloblangEnvironment(bloblang.GlobalEnvironment().
		WithoutFunctions(functionsReachingOut...).
		WithoutMethods(methodsReachingOut...).
		WithDisabledImports())
	return env, nil
}

package engine

import (
	"os"
	"runtime/debug"
	"strconv"
	"strings"
)

// gcPercent lets the heap grow to three times what is live before it is collected: a streaming process holds little and
// throws whole batches away.
const gcPercent = 200

// tuneGC trades memory for CPU, but never beyond what the container has, unless the operator already decided.
func tuneGC() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	if os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	if limit, ok := containerMemory("/sys/fs/cgroup/memory.max"); ok {
		debug.SetMemoryLimit(limit / 10 * 9)
	}
}

// containerMemory is the limit in bytes that a cgroup's memory.max file states; ok is false when there is none.
func containerMemory(file string) (limit int64, ok bool) {
	b, err := os.ReadFile(file)
	if err != nil {
		return 0, false
	}
	limit, err = strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64)
	return limit, err == nil && limit > 0
}

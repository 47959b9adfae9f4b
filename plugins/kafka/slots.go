package kafka

import (
	"crypto/rand"
	"fmt"
	"strings"
	"sync"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// claims is which transactional ids and places in groups this process uses. Producers with the same id fence one another, so a stream that
// replaces another one while that still finishes (a PUT, a rolling update within a process) must not take its ids; but
// ids should stay the same from one start of the process to the next, because only the same id aborts at once what a
// crash left open. So an instance has numbered slots, and a generation takes the lowest free one.
type claims struct {
	mu   sync.Mutex
	used map[slotKey]bool
	seen map[slotKey]bool // instances that have started once, by their first slot
}

type slotKey struct {
	group, instance string
	number          int
}

type claimsKey struct{}

// claimsOf is the process' claims.
func claimsOf(r *service.Resources) *claims {
	v, _ := r.GetOrSetGeneric(claimsKey{}, &claims{used: map[slotKey]bool{}})
	return v.(*claims)
}

// slot is a claimed prefix of transactional ids.
type slot struct {
	claims *claims
	key    slotKey
	once   sync.Once
}

// claim takes the lowest free slot of an instance. Without an instance's name the slot is a random one.
func (c *claims) claim(group, instance string) *slot {
	if instance == "" {
		instance = strings.ToLower(rand.Text())
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	key := slotKey{group: group, instance: instance}
	for c.used[key] {
		key.number++
	}
	c.used[key] = true
	return &slot{claims: c, key: key}
}

// first reports whether this process has not run the instance of the group before.
func (c *claims) first(group, instance string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seen == nil {
		c.seen = map[slotKey]bool{}
	}
	key := slotKey{group: group, instance: instance}
	seen := c.seen[key]
	c.seen[key] = true
	return !seen
}

// member is the name of one of the slot's lanes within the group.
func (s *slot) member(lane int) string { return memberName(s.key.instance, s.key.number, lane) }

// name is the prefix of the slot's transactional ids.
func (s *slot) name() string {
	if s.key.number == 0 {
		return s.key.group + "-" + s.key.instance
	}
	return fmt.Sprintf("%s-%s.%d", s.key.group, s.key.instance, s.key.number)
}

// release gives the slot back.
func (s *slot) release() {
	s.once.Do(func() {
		s.claims.mu.Lock()
		defer s.claims.mu.Unlock()
		delete(s.claims.used, s.key)
	})
}

// fenced keeps the slot taken for as long as the process lives. Another process with the same instance name uses it, and
// taking it again would only fence that one in its turn.
func (s *slot) fenced() { s.once.Do(func() {}) }

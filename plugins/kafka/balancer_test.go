package kafka

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// fakeGroup is a consumer group without a broker: its members by instance id, and what each has.
type fakeGroup struct {
	t          *testing.T
	partitions int32
	members    map[string][]int32
	// behind are generations of members that missed rebalances.
	behind map[string]int32
}

func newFakeGroup(t *testing.T, partitions int32, processes ...string) *fakeGroup {
	t.Helper()
	g := &fakeGroup{t: t, partitions: partitions, members: map[string][]int32{}, behind: map[string]int32{}}
	g.join(processes...)
	return g
}

func (g *fakeGroup) join(processes ...string) {
	for _, p := range processes {
		for lane := range 2 {
			g.members[memberName(p, 0, lane)] = nil
		}
	}
}

func (g *fakeGroup) leave(process string) {
	for lane := range 2 {
		delete(g.members, memberName(process, 0, lane))
	}
}

// round is one rebalance; it reports whether anything changed.
func (g *fakeGroup) round() bool {
	g.t.Helper()
	b := newBalancer(nil)
	var joined []kmsg.JoinGroupResponseMember
	for name, owned := range g.members {
		m := kmsg.NewJoinGroupResponseMember()
		m.MemberID, m.InstanceID = "id of "+name, &name
		generation := int32(7)
		if old, ok := g.behind[name]; ok {
			generation = old
		}
		m.ProtocolMetadata = b.JoinGroupMetadata([]string{"in"}, map[string][]int32{"in": owned}, generation)
		joined = append(joined, m)
	}
	clear(g.behind)
	members, topics, err := b.MemberBalancer(joined)
	if err != nil || len(topics) != 1 {
		g.t.Fatalf("got topics %v, error %v", topics, err)
	}
	// A partition may go to somebody only when nobody else still has it.
	before := maps.Clone(g.members)
	changed := false
	for name := range g.members {
		g.members[name] = nil
	}
	for _, a := range planOf(g.t, members, map[string]int32{"in": g.partitions}) {
		name := strings.TrimPrefix(a.MemberID, "id of ")
		got, err := kgo.ParseConsumerSyncAssignment(a.MemberAssignment)
		if err != nil {
			g.t.Fatal(err)
		}
		g.members[name] = slices.Sorted(slices.Values(got["in"]))
		for other, owned := range before {
			for _, p := range g.members[name] {
				if other != name && slices.Contains(owned, p) && !slices.Contains(before[name], p) {
					g.t.Errorf("%s is given partition %d, which %s still has", name, p, other)
				}
			}
		}
		changed = changed || !slices.Equal(g.members[name], before[name])
	}
	return changed
}

// planOf is what the leader of a group tells its members.
func planOf(t *testing.T, members kgo.GroupMemberBalancer, topics map[string]int32) []kmsg.SyncGroupRequestGroupAssignment {
	t.Helper()
	plan, err := members.(kgo.GroupMemberBalancerOrError).BalanceOrError(topics)
	if err != nil {
		t.Fatal(err)
	}
	return plan.IntoSyncAssignment()
}

// settle rebalances until nothing changes, checks that everything is shared out fairly, and returns how many partitions
// each process has and how many have moved.
func (g *fakeGroup) settle() (shares map[string]int, moved int) {
	g.t.Helper()
	before := map[int32]string{}
	for name, owned := range g.members {
		for _, p := range owned {
			before[p] = name
		}
	}
	for rounds := 0; g.round(); rounds++ {
		if rounds == 3 {
			g.t.Fatalf("it does not come to rest: %v", g.members)
		}
	}
	shares = map[string]int{}
	lanes := map[string][]int{}
	seen := 0
	for name, owned := range g.members {
		process := name[:strings.LastIndexByte(name, '-')]
		shares[process] += len(owned)
		lanes[process] = append(lanes[process], len(owned))
		seen += len(owned)
		for _, p := range owned {
			if was, ok := before[p]; ok && was != name {
				moved++
			}
		}
	}
	if seen != int(g.partitions) {
		g.t.Errorf("%d of %d partitions are with somebody: %v", seen, g.partitions, g.members)
	}
	level := func(what string, counts []int) {
		if len(counts) > 0 && slices.Max(counts)-slices.Min(counts) > 1 {
			g.t.Errorf("%s have %v partitions", what, counts)
		}
	}
	level("processes", slices.Collect(maps.Values(shares)))
	for process, counts := range lanes {
		level("the lanes of "+process, counts)
	}
	return shares, moved
}

func TestEveryProcessGetsItsShare(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		partitions int32
		processes  int
	}{{6, 1}, {6, 2}, {6, 3}, {6, 4}, {6, 6}, {3, 3}, {4, 3}, {1, 2}, {100, 7}} {
		t.Run(fmt.Sprintf("%d partitions over %d", c.partitions, c.processes), func(t *testing.T) {
			t.Parallel()
			g := newFakeGroup(t, c.partitions)
			for i := range c.processes {
				g.join(fmt.Sprintf("inflect-orders-7d9f-%d", i))
				g.settle()
			}
		})
	}
}

func TestOnlyWhatHasToMoves(t *testing.T) {
	t.Parallel()
	g := newFakeGroup(t, 6, "a")
	g.settle()
	g.join("b")
	if shares, moved := g.settle(); moved != 3 || shares["b"] != 3 {
		t.Errorf("a second process: %d partitions moved, and it has %d, want 3 of 6", moved, shares["b"])
	}
	g.join("c")
	if shares, moved := g.settle(); moved != 2 || shares["c"] != 2 {
		t.Errorf("a third process: %d partitions moved, and it has %d, want 2 of 6", moved, shares["c"])
	}
	if _, moved := g.settle(); moved != 0 {
		t.Errorf("%d partitions moved for nothing", moved)
	}
	g.leave("b")
	if _, moved := g.settle(); moved != 0 {
		t.Errorf("a process left: %d partitions of others moved", moved)
	}
}

func TestAClaimFromBeforeIsNoClaim(t *testing.T) {
	t.Parallel()
	g := newFakeGroup(t, 2, "a", "b")
	g.settle()
	var has []string
	for name, owned := range g.members {
		if len(owned) > 0 {
			has = append(has, name)
		}
	}
	// One comes back that missed it all, and claims everything.
	g.join("late")
	late := memberName("late", 0, 0)
	g.members[late], g.behind[late] = []int32{0, 1}, 3
	g.settle()
	for _, name := range has {
		if len(g.members[name]) != 1 {
			t.Errorf("%s has %v, want what it had", name, g.members[name])
		}
	}
}

// TestMembersThatReadOtherTopicsAreLeftToTheClient holds that no topic goes to who does not read it.
func TestMembersThatReadOtherTopicsAreLeftToTheClient(t *testing.T) {
	t.Parallel()
	b := newBalancer(nil)
	var joined []kmsg.JoinGroupResponseMember
	for name, topics := range map[string][]string{"a": {"old"}, "b": {"old", "new"}} {
		m := kmsg.NewJoinGroupResponseMember()
		m.MemberID = name
		m.ProtocolMetadata = b.JoinGroupMetadata(topics, nil, 1)
		joined = append(joined, m)
	}
	members, _, err := b.MemberBalancer(joined)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range planOf(t, members, map[string]int32{"old": 2, "new": 4}) {
		got, err := kgo.ParseConsumerSyncAssignment(a.MemberAssignment)
		if err != nil {
			t.Fatal(err)
		}
		if want := map[string]int{"a": 0, "b": 4}[a.MemberID]; len(got["new"]) != want {
			t.Errorf("%s has %v", a.MemberID, got)
		}
	}
}

func TestProcessesThatComeAndGoAreServedFairly(t *testing.T) {
	t.Parallel()
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 1))
		g := newFakeGroup(t, int32(1+r.IntN(20)), "0")
		there := []string{"0"}
		for i := range 30 {
			if len(there) > 1 && r.IntN(2) == 0 {
				at := r.IntN(len(there))
				g.leave(there[at])
				there = slices.Delete(there, at, at+1)
			} else {
				name := fmt.Sprint(i + 1)
				there = append(there, name)
				g.join(name)
			}
			g.settle()
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

package kafka

import (
	"cmp"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// balancer spreads partitions over processes first and over the lanes of each process then, and leaves them where they
// are as far as both allow. To the client's own balancer all members are alike: with as many partitions as processes of two
// lanes each it would give two partitions to half of the processes and none to the others, which scaling out would not
// help.
//
// It speaks the protocol cooperative-sticky, so that groups may have members with either balancer. Racks are not looked
// at: which replica is read from does not depend on who reads.
type balancer struct {
	kgo.GroupBalancer // cooperative and sticky, for everything but the plan

	// given is told all that a member has from now on, before the client does anything about it.
	given func(map[string][]int32)
}

func newBalancer(given func(map[string][]int32)) kgo.GroupBalancer {
	return balancer{kgo.CooperativeStickyBalancer(), given}
}

// ParseSyncAssignment implements kgo.GroupBalancer.
func (b balancer) ParseSyncAssignment(assignment []byte) (map[string][]int32, error) {
	given, err := b.GroupBalancer.ParseSyncAssignment(assignment)
	if err == nil {
		b.given(given)
	}
	return given, err
}

// MemberBalancer implements kgo.GroupBalancer.
func (b balancer) MemberBalancer(members []kmsg.JoinGroupResponseMember) (kgo.GroupMemberBalancer, map[string]struct{}, error) {
	c, err := kgo.NewConsumerBalancer(b, members)
	if err != nil {
		return nil, nil, err
	}
	return c, c.MemberTopics(), nil
}

// seat is a partition and the member that has it.
type seat struct {
	topic     string
	partition int32
	process   int // -1 when nobody has it
	lane      int // within its process
	rank      int // among those of its member
}

// process is what has one or more members in the group.
type process struct {
	name  string
	lanes []*kmsg.JoinGroupResponseMember
}

// Balance implements kgo.ConsumerBalancerBalance.
func (b balancer) Balance(c *kgo.ConsumerBalancer, topics map[string]int32) kgo.IntoSyncAssignment {
	if !alike(c) {
		// Members read other topics than their fellows while a pipeline's source is being changed.
		if s, ok := b.GroupBalancer.(kgo.ConsumerBalancerBalance); ok {
			return s.Balance(c, topics)
		}
	}
	processes := processesOf(c)
	plan := c.NewPlan()
	all := seats(c, processes, topics)
	for i, share := range spread(all, len(processes), func(p seat) int { return p.process }) {
		lanes := processes[i].lanes
		lane := func(p seat) int {
			if p.process != i {
				return -1
			}
			return p.lane
		}
		for j, own := range spread(share, len(lanes), lane) {
			for _, p := range own {
				plan.AddPartition(lanes[j], p.topic, p.partition)
			}
		}
	}
	plan.AdjustCooperative(c)
	return plan
}

// alike is whether all members read the same topics.
func alike(c *kgo.ConsumerBalancer) bool {
	var first []string
	same := true
	c.EachMember(func(_ *kmsg.JoinGroupResponseMember, meta *kmsg.ConsumerMemberMetadata) {
		topics := slices.Sorted(slices.Values(meta.Topics))
		if first == nil {
			first = topics
		}
		same = same && slices.Equal(first, topics)
	})
	return same
}

// processesOf are the members by process, in the order of their names, which is that of the members.
func processesOf(c *kgo.ConsumerBalancer) []process {
	var out []process
	c.EachMember(func(m *kmsg.JoinGroupResponseMember, _ *kmsg.ConsumerMemberMetadata) {
		name := processOf(m)
		i := slices.IndexFunc(out, func(p process) bool { return p.name == name })
		if i < 0 {
			i = len(out)
			out = append(out, process{name: name})
		}
		out[i].lanes = append(out[i].lanes, m)
	})
	return out
}

// processOf is what memberName made a member's name of, without the lane. A member without a name is taken for a process
// of its own.
func processOf(m *kmsg.JoinGroupResponseMember) string {
	if m.InstanceID == nil {
		return m.MemberID
	}
	if i := strings.LastIndexByte(*m.InstanceID, '-'); i > 0 {
		return (*m.InstanceID)[:i]
	}
	return *m.InstanceID
}

// seats are all partitions, those first that are first in their lane: what a process gives up is taken from the end,
// and so from all its lanes alike.
func seats(c *kgo.ConsumerBalancer, processes []process, topics map[string]int32) []seat {
	type key struct {
		topic     string
		partition int32
	}
	type claim struct {
		process, lane, rank int
		generation          int32
	}
	claims := map[key]claim{}
	c.EachMember(func(m *kmsg.JoinGroupResponseMember, meta *kmsg.ConsumerMemberMetadata) {
		i := slices.IndexFunc(processes, func(p process) bool { return p.name == processOf(m) })
		lane := slices.Index(processes[i].lanes, m)
		rank := 0
		for _, owned := range meta.OwnedPartitions {
			for _, partition := range slices.Sorted(slices.Values(owned.Partitions)) {
				k := key{owned.Topic, partition}
				// Who has missed a rebalance may claim what others have been given (KIP-792).
				if before, ok := claims[k]; !ok || meta.Generation > before.generation {
					claims[k] = claim{i, lane, rank, meta.Generation}
				}
				rank++
			}
		}
	})
	var out []seat
	for topic, partitions := range topics {
		for partition := range partitions {
			p := seat{topic: topic, partition: partition, process: -1}
			if owner, ok := claims[key{topic, partition}]; ok {
				p.process, p.lane, p.rank = owner.process, owner.lane, owner.rank
			}
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b seat) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), strings.Compare(a.topic, b.topic), cmp.Compare(a.partition, b.partition))
	})
	return out
}

// spread gives each of n holders as many as any other, or one more, and moves as few as that takes. Holder is who has one
// now, -1 for nobody.
func spread(all []seat, n int, holder func(seat) int) [][]seat {
	out := make([][]seat, n)
	if n == 0 {
		return out
	}
	var free []seat
	for _, p := range all {
		if h := holder(p); h >= 0 {
			out[h] = append(out[h], p)
		} else {
			free = append(free, p)
		}
	}
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	// Who has most gets the one more.
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(len(out[b]), len(out[a])) })
	quota := func(i int) int {
		if i < len(all)%n {
			return len(all)/n + 1
		}
		return len(all) / n
	}
	for i, h := range order {
		if q := quota(i); len(out[h]) > q {
			free = append(free, out[h][q:]...)
			out[h] = out[h][:q:q]
		}
	}
	for i, h := range order {
		missing := quota(i) - len(out[h])
		out[h] = append(out[h], free[:missing]...)
		free = free[missing:]
	}
	return out
}

package kafka

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

const (
	// leaveTimeout bounds leaving the group, which brokers that are away must not hold up.
	leaveTimeout = 10 * time.Second
	// settleTime is how long an heir reads before it has the group look at its assignment.
	settleTime = 2 * time.Second
)

// errTaken says that the group knows another process by our name.
var errTaken = errors.New("another process has joined the group under this instance's name: going on under a numbered one; give each instance a name of its own")

// member is how one client takes part in the group. With a name it is a static member (KIP-345): when the process is
// killed and started again, it takes the dead one's place at once, where a nameless one waits for session_timeout.
//
// Static membership as such is neither quick to shrink nor safe, so three things are added to it. A member that is
// closed leaves the group, which the client does not do by itself. A member whose name somebody else takes does not
// take it back but changes its slot, so that two processes with one name come to rest. And an heir has the group
// rebalance once: the dead one may have given up a partition that it did not live to hand over, and a group that is
// stable does not notice.
type member struct {
	in       *input
	slot     *slot
	instance string          // group.instance.id, empty without a name
	heir     bool            // the group still has the dead one
	die      func(error)     // ends the generation
	died     <-chan struct{} // it has ended

	given atomic.Pointer[map[place]bool] // all that the group last gave this member
}

func newMember(in *input, s *slot, lane int, m *mortal) *member {
	out := &member{in: in, slot: s, die: m.die, died: m.died}
	if in.conf.instance != "" {
		out.instance = s.member(lane)
		out.heir = in.heirs[out.instance]
		delete(in.heirs, out.instance)
	}
	return out
}

// options are what a client needs for the membership.
func (m *member) options() []kgo.Opt {
	opts := []kgo.Opt{kgo.Balancers(newBalancer(func(given map[string][]int32) {
		all := places(given)
		m.given.Store(&all)
	}))}
	if m.instance == "" {
		return opts
	}
	return append(opts, kgo.InstanceID(m.instance), kgo.WithHooks(m))
}

// assigned is called after every rebalance with what is new. It gives up what is gone, too: a transaction's session tells
// of one revocation only until the transaction after it has ended, and members that have nothing to do begin none.
func (m *member) assigned(h *hold) func(context.Context, *kgo.Client, map[string][]int32) {
	return func(_ context.Context, client *kgo.Client, added map[string][]int32) {
		m.in.health.joined()
		given := *m.given.Load()
		h.keep(given)
		m.in.lag.assigned(client, places(added), given)
	}
}

// OnGroupManageError implements kgo.HookGroupManageError.
func (m *member) OnGroupManageError(err error) {
	if errors.Is(err, kerr.FencedInstanceID) {
		m.slot.fenced()
		m.die(errTaken)
	}
}

// settle has the group rebalance once an heir has begun to read. Doing it at once would keep the heir from reading until
// all others have noticed.
func (m *member) settle(client *kgo.Client) {
	if !m.heir {
		return
	}
	t := time.NewTimer(settleTime)
	defer t.Stop()
	select {
	case <-t.C:
		client.ForceRebalance()
	case <-m.died:
	}
}

// leave closes the client, a static member's with a word to the group. The member's own id goes with it, so that nobody
// is removed who has taken the name meanwhile.
func (m *member) leave(client *kgo.Client) {
	client.AllowRebalance()
	defer m.in.lag.left(client)
	defer client.CloseAllowingRebalance()
	if m.instance == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), leaveTimeout)
	defer cancel()
	if err := client.LeaveGroupContext(ctx); err != nil {
		return
	}
	id, _ := client.GroupMetadata()
	if id == "" {
		return
	}
	req := kmsg.NewPtrLeaveGroupRequest()
	req.Group, req.MemberID = m.in.conf.group, id
	mine := kmsg.NewLeaveGroupRequestMember()
	mine.MemberID, mine.InstanceID, mine.Reason = id, &m.instance, kmsg.StringPtr("the pipeline stops")
	req.Members = append(req.Members, mine)
	if _, err := req.RequestWith(ctx, client); err != nil {
		m.in.log.Debugf("leaving the group as %s: %v", m.instance, err)
	}
}

// leaving waits until a generation's members have left the group. It reports whether they have when ctx ends.
func (in *input) leaving(ctx context.Context, gone <-chan struct{}) bool {
	select {
	case <-gone:
		return true
	case <-ctx.Done():
		in.log.Warnf("leaving the group took longer than %v: it goes on in the background, and open transactions are aborted", in.conf.shutdownTimeout)
		return false
	}
}

// inherit finds what a killed process of the same name has left in the group, at this process' first start of it. The
// places that are wanted again are noted, the others freed: of slots that are not in use, of more lanes than there are
// now. It is a matter of seconds only, so that a group that may not be described is no error.
func (in *input) inherit(ctx context.Context, admin *kadm.Client) {
	if in.conf.instance == "" || !in.claims.first(in.conf.group, in.conf.instance) {
		return
	}
	groups, err := admin.DescribeGroups(ctx, in.conf.group)
	if err == nil {
		err = groups.Error()
	}
	if err != nil {
		in.log.Debugf("looking for what a crash has left in group %s: %v", in.conf.group, err)
		return
	}
	lanes := 1
	if in.conf.exactly {
		lanes = in.conf.lanes
	}
	in.heirs = map[string]bool{}
	var superfluous []string
	for _, m := range groups[in.conf.group].Members {
		if m.InstanceID == nil {
			continue
		}
		number, lane, ok := placeOf(*m.InstanceID, in.conf.instance)
		switch {
		case !ok:
		case number == 0 && lane < lanes:
			in.heirs[*m.InstanceID] = true
		default:
			superfluous = append(superfluous, *m.InstanceID)
		}
	}
	if len(superfluous) == 0 {
		return
	}
	leave := kadm.LeaveGroup(in.conf.group).InstanceIDs(superfluous...).Reason("its process was killed and started again")
	if _, err := admin.LeaveGroup(ctx, leave); err != nil {
		in.log.Debugf("removing %v from group %s: %v", superfluous, in.conf.group, err)
	}
}

// memberName is the name of a lane of an instance's numbered slot within its group.
func memberName(instance string, number, lane int) string {
	if number > 0 {
		instance += "." + strconv.Itoa(number)
	}
	return fmt.Sprintf("%s-%d", instance, lane)
}

// placeOf undoes memberName; ok is false for a name that is not the instance's.
func placeOf(name, instance string) (number, lane int, ok bool) {
	rest, ok := strings.CutPrefix(name, instance)
	if !ok {
		return 0, 0, false
	}
	at, laneText, ok := strings.Cut(rest, "-")
	if !ok {
		return 0, 0, false
	}
	var err error
	if at != "" {
		if number, err = strconv.Atoi(strings.TrimPrefix(at, ".")); err != nil {
			return 0, 0, false
		}
	}
	if lane, err = strconv.Atoi(laneText); err != nil {
		return 0, 0, false
	}
	return number, lane, memberName(instance, number, lane) == name
}

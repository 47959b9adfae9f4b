package kafka

import "github.com/twmb/franz-go/pkg/kgo"

const (
	// leastAppetite is what is asked of a partition at least, and at first, when nobody knows how long its records take.
	leastAppetite = 128 << 10
	// usualAppetite is what is asked of a partition when a batch's share is less and the steps are quick. Producers' batches
	// come whole, and are no larger as a rule.
	usualAppetite = 1 << 20
)

// appetite is how much of each partition a client asks for at once. What is fetched is handed out partition by partition. So
// with slow steps it must not be more than is done soon, or some partitions wait for their turn, and whoever scales on lag
// takes them for stuck; with quick ones not less than a batch's share, or a batch waits for several answers in a row.
type appetite struct {
	client      *kgo.Client
	total, most int // as configured: of an answer, and of one partition in it
	now         int
}

func (c *inputConfig) appetite(client *kgo.Client) *appetite {
	return &appetite{client: client, total: c.fetchMaxBytes, most: min(c.fetchPartition, c.fetchMaxBytes), now: c.firstAppetite()}
}

func (c *inputConfig) firstAppetite() int { return min(c.fetchPartition, leastAppetite) }

// ate is called with what was read, the most records that a batch may have, how many are done soon (0 when that is not
// known), and how many partitions have more to read.
func (a *appetite) ate(h haul, limit, soon, partitions int) {
	if len(h.records) == 0 || soon == 0 {
		return
	}
	share := func(records int) int { return records * (h.bytes / len(h.records)) / max(1, partitions) }
	want := min(max(share(limit), usualAppetite), share(soon))
	n := min(max(want, leastAppetite), a.most)
	if d := n - a.now; d > a.now/8 || -d > a.now/8 { // not with every batch
		a.now = n
		a.client.UpdateFetchMaxBytes(int32(a.total), int32(n))
	}
}

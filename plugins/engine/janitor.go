package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// janitor removes the metrics of streams that were deleted. It asks the streams API, because Benthos tells nobody.
type janitor struct {
	url      string
	password string
	forget   func(stream string)

	seen map[string]time.Time // when each stream was last there
}

func (j *janitor) run(ctx context.Context) {
	tick := time.NewTicker(forgetAfter / 3)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			if streams, err := j.streams(ctx); err == nil {
				j.sweep(now, streams)
			}
		}
	}
}

// sweep forgets what was there and has been gone for forgetAfter. A pipeline that was never a stream of that name, as in
// hand-written configs, is left alone.
func (j *janitor) sweep(now time.Time, streams []string) {
	if j.seen == nil {
		j.seen = map[string]time.Time{}
	}
	for _, name := range streams {
		j.seen[name] = now
	}
	for name, last := range j.seen {
		if now.Sub(last) >= forgetAfter {
			j.forget(name)
			delete(j.seen, name)
		}
	}
}

func (j *janitor) streams(ctx context.Context) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, forgetAfter/6)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, j.url, nil)
	if err != nil {
		return nil, err
	}
	req.SetBasicAuth(User, j.password)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("listing streams: %s", resp.Status)
	}
	var byID map[string]struct{}
	if err := json.NewDecoder(resp.Body).Decode(&byID); err != nil {
		return nil, fmt.Errorf("listing streams: %w", err)
	}
	names := make([]string, 0, len(byID))
	for id := range byID {
		names = append(names, id)
	}
	return names, nil
}

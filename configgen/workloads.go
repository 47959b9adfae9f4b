package configgen

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/inflect-dev/inflect/configgen/kube"
	"github.com/inflect-dev/inflect/configgen/streams"
	"github.com/inflect-dev/inflect/pipeline"
)

// Workloads is the target of an installation on Kubernetes: each pipeline has pods of its own. A change goes to the pods
// that run first, and then into the ConfigMap for those that start later, so that a config that pods refuse never gets
// there.
type Workloads struct {
	cluster  *kube.Cluster
	topics   Topics
	opts     streams.Options
	user     string
	password string
	pace     pace

	mu sync.Mutex
	// partitions are those of the source topics as they were when a workload was made what it is, by pipeline.
	partitions map[string]int
}

// NewWorkloads makes the target. Topics may be nil: then the number of pods is not bounded by that of partitions. User
// and password are those of the pods' streams APIs.
func NewWorkloads(cluster *kube.Cluster, topics Topics, user, password string, o streams.Options) *Workloads {
	if o.Transport == nil {
		o.Transport = &http.Transport{MaxIdleConnsPerHost: 2, IdleConnTimeout: 30 * time.Second}
	}
	return &Workloads{cluster: cluster, topics: topics, opts: o, user: user, password: password,
		pace: pace{pods: map[string]podPace{}, rates: map[string]rate{}}, partitions: map[string]int{}}
}

// client speaks to a pipeline's pods that run.
func (w *Workloads) client(pods []kube.Instance) *streams.Client {
	var list []streams.Engine
	for _, p := range pods {
		if p.Running {
			list = append(list, streams.Engine{Streams: p.Streams(), Metrics: p.Status(), User: w.user, Password: w.password})
		}
	}
	return streams.New(list, w.opts)
}

// Apply gives the config to the pods and makes the workload what the pipeline says.
func (w *Workloads) Apply(ctx context.Context, p pipeline.Pipeline, config []byte) error {
	pushed := w.client(w.cluster.Pods(p.Name)).Apply(ctx, p.Name, config)
	var refused *streams.Refused
	if errors.As(pushed, &refused) {
		return pushed
	}
	err := w.cluster.Apply(ctx, p, config, w.demand(ctx, p))
	if err != nil && pipeline.CodeOf(err) == pipeline.CodeInvalid {
		return &streams.Refused{Engine: "Kubernetes", Reason: err.Error()}
	}
	return errors.Join(err, pushed)
}

// Stop has a paused pipeline's workload without pods, and removes that of any other. Pods finish what they have read at
// once, without waiting to be told by their node; one that cannot be reached is told by it all the same.
func (w *Workloads) Stop(ctx context.Context, p pipeline.Pipeline) error {
	_ = w.client(w.cluster.Pods(p.Name)).Remove(ctx, p.Name)
	if p.State != pipeline.Paused {
		w.pace.forget(p.Name)
		w.mu.Lock()
		delete(w.partitions, p.Name)
		w.mu.Unlock()
		return w.cluster.Remove(ctx, p.Name)
	}
	return w.cluster.Apply(ctx, p, nil, w.demand(ctx, p))
}

// Restart stops and starts the stream in every pod.
func (w *Workloads) Restart(ctx context.Context, name string, config []byte) error {
	return w.client(w.cluster.Pods(name)).Restart(ctx, name, config)
}

// Observe asks every pod.
func (w *Workloads) Observe(ctx context.Context) []streams.Sight {
	only := map[string]string{}
	var running []kube.Instance
	var out []streams.Sight
	for _, p := range w.cluster.Pods("") {
		switch {
		case p.Running:
			only[p.Streams()] = p.Pipeline
			running = append(running, p)
		case p.Why != "":
			code := pipeline.CodeUnavailable
			if p.Crashed {
				code = pipeline.CodeRejected
			}
			err := pipeline.Errorf(code, "", "pod %s does not run: %s", p.Name, p.Why)
			out = append(out, streams.Sight{Engine: p.Name, Instance: p.Name, Only: p.Pipeline, Err: err, Time: time.Now()})
		}
	}
	w.pace.keep(running)
	for _, s := range w.client(running).Observe(ctx) {
		s.Only = only[s.Engine]
		w.pace.seen(s)
		out = append(out, s)
	}
	return out
}

// names are the pipelines that have a workload.
func (w *Workloads) names() []string {
	names, err := w.cluster.Names()
	if err != nil {
		return nil
	}
	return names
}

// demand is what decides how the pipeline is scaled, as far as it can be known.
func (w *Workloads) demand(ctx context.Context, p pipeline.Pipeline) kube.Demand {
	if w.topics != nil {
		if t, err := w.topics.Topic(ctx, p.Source.Topic); err == nil {
			w.mu.Lock()
			w.partitions[p.Name] = len(t.Partitions)
			w.mu.Unlock()
		}
	}
	return w.known(p.Name)
}

// known is the demand by what was seen last.
func (w *Workloads) known(name string) kube.Demand {
	d := kube.Demand{Rate: w.pace.of(name)}
	if d.Rate == 0 {
		d.Rate = w.cluster.MeasuredRate(name)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	d.Partitions = w.partitions[name]
	return d
}

// Close closes idle connections to pods. It may be called twice.
func (w *Workloads) Close() {
	if t, ok := w.opts.Transport.(*http.Transport); ok {
		t.CloseIdleConnections()
	}
}

const (
	// paceSpan is the least time over which a pod's rate is measured.
	paceSpan = 5 * time.Second
	// paceChange is by how much a rate has to differ from the one in use before it takes its place.
	paceChange = 1.25
	// paceWeight is what one slower measurement counts. A pod that was held up for a moment, as by a rebalance, has not
	// become slower, and a threshold that fell with it would ask for every pod there may be.
	paceWeight = 0.2
)

// pace measures how many records one pod gets through while it has more to do than it can: what a threshold in seconds
// is turned into records with.
type pace struct {
	mu    sync.Mutex
	pods  map[string]podPace
	rates map[string]rate
}

// rate is the one in use, and what the last ones come to.
type rate struct{ used, recent float64 }

type podPace struct {
	at   time.Time
	done int64
}

// seen takes what one pod showed. A pod that is not behind is not at its limit, so its rate says nothing.
func (p *pace) seen(s streams.Sight) {
	b, ok := s.Boards[s.Only]
	if !ok || s.Err != nil {
		return
	}
	key := paceKey(s.Only, s.Instance)
	done := b.Delivered + b.Filtered + b.DeadLettered + b.Dropped
	p.mu.Lock()
	defer p.mu.Unlock()
	before, known := p.pods[key]
	span := s.Time.Sub(before.at)
	busy := b.Lag > b.InFlight && b.State == "running"
	switch {
	case !busy:
		delete(p.pods, key)
		return
	case !known || done < before.done:
		p.pods[key] = podPace{s.Time, done}
		return
	case span < paceSpan, done == before.done:
		return // large transactions are done in lumps, with nothing in between
	}
	p.pods[key] = podPace{s.Time, done}
	now, r := float64(done-before.done)/span.Seconds(), p.rates[s.Only]
	if now > r.used*paceChange {
		r.recent = now
	} else {
		r.recent += (now - r.recent) * paceWeight
	}
	if r.recent > r.used*paceChange || r.recent < r.used/paceChange {
		r.used = r.recent
	}
	p.rates[s.Only] = r
}

// keep forgets pods that are none of these.
func (p *pace) keep(pods []kube.Instance) {
	p.mu.Lock()
	defer p.mu.Unlock()
	here := map[string]bool{}
	for _, pod := range pods {
		here[paceKey(pod.Pipeline, pod.Name)] = true
	}
	maps.DeleteFunc(p.pods, func(key string, _ podPace) bool { return !here[key] })
}

func paceKey(pipeline, pod string) string { return pipeline + " " + pod }

func (p *pace) of(name string) float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.rates[name].used
}

func (p *pace) forget(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.rates, name)
	for key := range p.pods {
		if strings.HasPrefix(key, paceKey(name, "")) {
			delete(p.pods, key)
		}
	}
}

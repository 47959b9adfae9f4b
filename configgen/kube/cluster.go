package kube

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"

	"github.com/inflect-dev/inflect/pipeline"
)

const (
	// requestTimeout bounds one request that is no watch.
	requestTimeout = 10 * time.Second
	// The client's own throttling is far above what a change needs and below what would hurt a shared API server.
	requestsPerSecond = 100
	requestBurst      = 200
	// pods stands among the kinds for what is only looked at.
	pods = "pods"
)

// Cluster is the place where workloads run. Run has to run; the other methods may be called from any goroutine.
type Cluster struct {
	settings  Settings
	log       *slog.Logger
	discovery discovery.DiscoveryInterface
	dynamic   dynamic.Interface
	metadata  metadata.Interface
	pods      cache.SharedIndexInformer
	// typed and metadata watch.
	typed kubernetes.Interface

	mu     sync.Mutex
	served Served
	caches map[string]cache.SharedIndexInformer // by kind; those of kinds that are served
	// autoscalers are only looked at, and nothing waits for them; nil without KEDA.
	autoscalers cache.SharedIndexInformer
	blind       map[string]error // why a kind could not be seen, when that was last so
	applied     map[objectKey]mark
}

type objectKey struct{ kind, name string }

// mark is an object as it was when it was applied last: what was sent, and the state that it had after that.
type mark struct{ body, state string }

// Connect makes a Cluster; it reaches nothing yet.
func Connect(config *rest.Config, s Settings, log *slog.Logger) (*Cluster, error) {
	if s.Resync <= 0 {
		s.Resync = 30 * time.Second
	}
	config = rest.CopyConfig(config)
	config.QPS, config.Burst = requestsPerSecond, requestBurst
	rest.AddUserAgent(config, manager)
	// The timeout of a config would end watches as well: every one of them after that time, and anew.
	watching := rest.CopyConfig(config)
	watching.Timeout, config.Timeout = 0, requestTimeout
	c := &Cluster{settings: s, log: log, caches: map[string]cache.SharedIndexInformer{}, blind: map[string]error{}, applied: map[objectKey]mark{}}
	typed, err := kubernetes.NewForConfig(watching)
	if err == nil {
		c.metadata, err = metadata.NewForConfig(watching)
	}
	if err == nil {
		c.dynamic, err = dynamic.NewForConfig(config)
	}
	if err == nil {
		c.discovery, err = discovery.NewDiscoveryClientForConfig(config)
	}
	if err != nil {
		return nil, fmt.Errorf("preparing the connection to the API server: %w", err)
	}
	c.typed = typed
	c.pods, err = podInformer(typed, s.Namespace)
	if err == nil {
		err = c.heed(pods, c.pods)
	}
	if err != nil {
		return nil, fmt.Errorf("preparing the watch of pods: %w", err)
	}
	return c, nil
}

// Run watches the cluster until ctx ends.
func (c *Cluster) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	wg.Go(func() { c.pods.Run(ctx.Done()) })
	for {
		served, err := c.discover()
		if err != nil {
			c.log.Warn("the API server does not say what it serves", "error", err)
		} else {
			c.watch(ctx, &wg, served)
		}
		pause := c.settings.Resync
		if err != nil {
			pause = time.Second
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
	}
}

// discover asks which of the optional APIs there are.
func (c *Cluster) discover() (Served, error) {
	has := func(k Kind) (bool, error) {
		list, err := c.discovery.ServerResourcesForGroupVersion(k.GroupVersion().String())
		if apierrors.IsNotFound(err) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		return slices.ContainsFunc(list.APIResources, func(r metav1.APIResource) bool { return r.Name == k.Resource }), nil
	}
	var s Served
	var err error
	if s.KEDA, err = has(scaledObjects); err != nil {
		return s, err
	}
	s.Monitors, err = has(monitors)
	return s, err
}

// watch starts the caches of the kinds that are served and were not so far.
func (c *Cluster) watch(ctx context.Context, wg *sync.WaitGroup, served Served) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.served = served
	for _, k := range Kinds() {
		if c.caches[k.Name] != nil || !served.has(k) {
			continue
		}
		informer, err := c.informer(k)
		if err == nil {
			err = c.heed(k.Name, informer)
		}
		if err != nil {
			c.log.Error("preparing a watch", "kind", k.Name, "error", err)
			continue
		}
		c.caches[k.Name] = informer
		wg.Go(func() { informer.Run(ctx.Done()) })
	}
	if served.KEDA && c.autoscalers == nil {
		informer, err := autoscalerInformer(c.typed, c.settings.Namespace)
		if err != nil {
			c.log.Error("preparing the watch of autoscalers", "error", err)
			return
		}
		c.autoscalers = informer
		wg.Go(func() { informer.Run(ctx.Done()) })
	}
}

// informer sees of most kinds no more than whose objects they are and how often they changed.
func (c *Cluster) informer(k Kind) (cache.SharedIndexInformer, error) {
	if k == deployments {
		return deploymentInformer(c.typed, c.settings.Namespace)
	}
	return metadataInformer(c.metadata, k, c.settings.Namespace), nil
}

func (s Served) has(k Kind) bool {
	switch k.Group {
	case scaledObjects.Group:
		return s.KEDA
	case monitors.Group:
		return s.Monitors
	}
	return true
}

// ready is nil once everything has been seen that decides what is to be done.
func (c *Cluster) ready() (Served, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	informers := maps.Clone(c.caches)
	informers[pods] = c.pods
	synced := len(c.caches) > 0
	for kind, informer := range informers {
		if informer.HasSynced() {
			continue
		}
		if synced = false; c.blind[kind] != nil {
			return c.served, pipeline.Errorf(pipeline.CodeUnavailable, "", "the API server does not show what runs in namespace %s: %v", c.settings.Namespace, c.blind[kind])
		}
	}
	if !synced {
		return c.served, pipeline.Errorf(pipeline.CodeUnavailable, "", "the API server has not shown yet what runs in namespace %s", c.settings.Namespace)
	}
	return c.served, nil
}

// heed remembers why a kind cannot be seen, for all that wait for it: they may lack a right.
func (c *Cluster) heed(kind string, informer cache.SharedIndexInformer) error {
	return informer.SetWatchErrorHandlerWithContext(func(ctx context.Context, r *cache.Reflector, err error) {
		c.mu.Lock()
		c.blind[kind] = err
		c.mu.Unlock()
		cache.DefaultWatchErrorHandler(ctx, r, err)
	})
}

// Apply makes a pipeline's objects what they should be and removes those that it should not have. Without a config the
// ConfigMaps stay as they are.
func (c *Cluster) Apply(ctx context.Context, p pipeline.Pipeline, config []byte, d Demand) error {
	served, err := c.ready()
	if err != nil {
		return err
	}
	objects, err := Render(p, config, c.settings, served, d)
	if err != nil {
		return err
	}
	wanted := map[objectKey]bool{}
	for _, o := range objects {
		if o.Kind == deployments && served.KEDA && p.State != pipeline.Paused {
			if err := c.keepReplicas(ctx, p.Name, o.Name); err != nil {
				return err
			}
		}
		if err := c.apply(ctx, o); err != nil {
			return err
		}
		wanted[objectKey{o.Kind.Name, o.Name}] = true
	}
	return c.prune(ctx, p.Name, func(k objectKey) bool { return wanted[k] || k.kind == configMaps.Name && len(config) == 0 })
}

// Remove leaves nothing of a pipeline.
func (c *Cluster) Remove(ctx context.Context, name string) error {
	if _, err := c.ready(); err != nil {
		return err
	}
	return c.prune(ctx, name, func(objectKey) bool { return false })
}

// Names are the pipelines that have any object.
func (c *Cluster) Names() ([]string, error) {
	if _, err := c.ready(); err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, k := range Kinds() {
		for _, m := range c.list(k, "") {
			seen[m.Labels[labelPipeline]] = true
		}
	}
	var names []string
	for name := range seen {
		names = append(names, name)
	}
	slices.Sort(names)
	return names, nil
}

// MeasuredRate is what was noted of a pipeline's pods before this process started, 0 when nothing was.
func (c *Cluster) MeasuredRate(name string) float64 {
	for _, m := range c.list(scaledObjects, name) {
		if v, err := strconv.ParseFloat(m.Annotations[annotationRate], 64); err == nil {
			return v
		}
	}
	return 0
}

// apply sends one object unless it is as it was left.
func (c *Cluster) apply(ctx context.Context, o Object) error {
	key := objectKey{o.Kind.Name, o.Name}
	c.mu.Lock()
	last, known := c.applied[key]
	c.mu.Unlock()
	now := c.state(o.Kind, o.Name)
	if known && last.body == string(o.Body) && last.state == now {
		return nil
	}
	if !known && now == "" {
		if err := c.free(ctx, o); err != nil {
			return err
		}
	}
	force := true
	got, err := c.resource(o.Kind).Patch(ctx, o.Name, types.ApplyPatchType, o.Body, metav1.PatchOptions{FieldManager: manager, Force: &force})
	if err != nil {
		return problem("applying", o.Kind, o.Name, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if got.GetDeletionTimestamp() != nil {
		// Somebody holds on to what was deleted. What was applied goes with it, and none has the same state as one to go.
		delete(c.applied, key)
		return nil
	}
	c.applied[key] = mark{body: string(o.Body), state: state(got)}
	return nil
}

// keepReplicas has a number of pods that we have applied outlast that we do. KEDA has come: what nobody applies any more goes
// with whom it belonged to, and the default is one pod.
func (c *Cluster) keepReplicas(ctx context.Context, pipelineName, name string) error {
	c.mu.Lock()
	informer := c.caches[deployments.Name]
	c.mu.Unlock()
	for _, o := range indexed(informer, pipelineName) {
		d := o.(*deployment)
		if !d.applied || d.replicas < 2 {
			continue
		}
		// The number is that of the cache: with a version, one that has been changed since is a conflict, and seen the next time.
		body := fmt.Appendf(nil, `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":%q,"uid":%q,"resourceVersion":%q},"spec":{"replicas":%d}}`,
			name, d.UID, d.ResourceVersion, d.replicas)
		force := true
		_, err := c.resource(deployments).Patch(ctx, name, types.ApplyPatchType, body, metav1.PatchOptions{FieldManager: keeper, Force: &force})
		if err != nil {
			return pipeline.Errorf(pipeline.CodeUnavailable, "", "keeping the replicas of Deployment %s: %v", name, err)
		}
	}
	return nil
}

// free reports an object of that name that is somebody else's, the control plane's own ConfigMap for one. To apply would be
// to take it over, and the end of the pipeline would be its end.
func (c *Cluster) free(ctx context.Context, o Object) error {
	found, err := c.resource(o.Kind).List(ctx, metav1.ListOptions{FieldSelector: "metadata.name=" + o.Name})
	if err != nil {
		return problem("looking for", o.Kind, o.Name, err)
	}
	for _, u := range found.Items {
		// One that has lost our labels is known by who applied it.
		applied := slices.ContainsFunc(u.GetManagedFields(), func(f metav1.ManagedFieldsEntry) bool {
			return f.Manager == manager && f.Operation == metav1.ManagedFieldsOperationApply
		})
		if !applied && (u.GetLabels()[labelManagedBy] != managedBy || u.GetLabels()[labelPipeline] == "") {
			return pipeline.Errorf(pipeline.CodeInvalid, "name", "namespace %s has a %s %s that is no pipeline's: choose another name", c.settings.Namespace, o.Kind.Name, o.Name)
		}
	}
	return nil
}

func (c *Cluster) resource(k Kind) dynamic.ResourceInterface {
	return c.dynamic.Resource(k.GroupVersionResource).Namespace(c.settings.Namespace)
}

// prune deletes what a pipeline has and what is not to be kept, the other way round than it was made.
func (c *Cluster) prune(ctx context.Context, name string, keep func(objectKey) bool) error {
	kinds := Kinds()
	slices.Reverse(kinds)
	for _, k := range kinds {
		for _, m := range c.inventory(k, name) {
			key := objectKey{k.Name, m}
			if keep(key) {
				continue
			}
			background := metav1.DeletePropagationBackground
			err := c.resource(k).Delete(ctx, m, metav1.DeleteOptions{PropagationPolicy: &background})
			if err != nil && !apierrors.IsNotFound(err) {
				return problem("deleting", k, m, err)
			}
			c.mu.Lock()
			delete(c.applied, key)
			c.mu.Unlock()
		}
	}
	return nil
}

// inventory are the names of a pipeline's objects of a kind: those that the cache shows, and those that were applied a
// moment ago and are not in the cache yet.
func (c *Cluster) inventory(k Kind, name string) []string {
	var out []string
	for _, m := range c.list(k, name) {
		if m.DeletionTimestamp == nil {
			out = append(out, m.Name)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	of := ObjectName(name)
	for key := range c.applied {
		if key.kind != k.Name || slices.Contains(out, key.name) {
			continue
		}
		for i := range maxParts {
			if key.name == configMapName(of, i) {
				out = append(out, key.name)
			}
		}
	}
	return out
}

// list is what the cache of a kind shows of a pipeline, or of all.
func (c *Cluster) list(k Kind, name string) []*metav1.PartialObjectMetadata {
	c.mu.Lock()
	informer := c.caches[k.Name]
	c.mu.Unlock()
	if informer == nil {
		return nil
	}
	var found []any
	if name == "" {
		found = informer.GetStore().List()
	} else {
		found, _ = informer.GetIndexer().ByIndex(byPipeline, name)
	}
	out := make([]*metav1.PartialObjectMetadata, 0, len(found))
	for _, o := range found {
		out = append(out, metadataOf(o))
	}
	return out
}

// metadataOf is what every cache has of an object.
func metadataOf(o any) *metav1.PartialObjectMetadata {
	if d, ok := o.(*deployment); ok {
		return &d.PartialObjectMetadata
	}
	return o.(*metav1.PartialObjectMetadata)
}

// state is what the cache shows an object to be, comparable with a mark's.
func (c *Cluster) state(k Kind, name string) string {
	c.mu.Lock()
	informer := c.caches[k.Name]
	c.mu.Unlock()
	if informer == nil {
		return ""
	}
	o, ok, err := informer.GetStore().GetByKey(c.settings.Namespace + "/" + name)
	if err != nil || !ok {
		return ""
	}
	return stateOf(metadataOf(o))
}

func state(u *unstructured.Unstructured) string {
	m, err := meta.Accessor(u)
	if err != nil {
		return ""
	}
	return stateOf(m)
}

// stateOf tells two states of what people and controllers want of an object apart. Kinds with a generation count it up
// with each such change, but not with those of their status; the others have only versions.
func stateOf(m metav1.Object) string {
	if m.GetDeletionTimestamp() != nil {
		return ""
	}
	if g := m.GetGeneration(); g > 0 {
		return string(m.GetUID()) + "/" + strconv.FormatInt(g, 10)
	}
	return string(m.GetUID()) + "@" + m.GetResourceVersion()
}

// problem says in our words what the API server said. What it would say again is of CodeInvalid.
func problem(doing string, k Kind, name string, err error) error {
	var status apierrors.APIStatus
	if !errors.As(err, &status) {
		return pipeline.Errorf(pipeline.CodeUnavailable, "", "%s %s %s: the API server cannot be reached: %v", doing, k.Name, name, err)
	}
	if apierrors.IsInvalid(err) || apierrors.IsBadRequest(err) {
		return pipeline.Errorf(pipeline.CodeInvalid, "kubernetes", "the API server refuses %s %s: %v", k.Name, name, err)
	}
	return pipeline.Errorf(pipeline.CodeUnavailable, "", "%s %s %s: %v", doing, k.Name, name, err)
}

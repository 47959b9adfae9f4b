package bed

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	authentication "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	yamlutil "k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/inflect-dev/inflect/tests/parts"
	"github.com/inflect-dev/inflect/tests/setup/cache"
)

// Patience is how long anything may take on a busy machine. A wait that succeeds costs nothing for being allowed to be long.
const Patience = 5 * time.Minute

// Bed is a cluster of a test's own.
type Bed struct {
	// Client and Dynamic have every right.
	Client  kubernetes.Interface
	Dynamic dynamic.Interface
	// Kubeconfig is the file that gives them.
	Kubeconfig string

	Etcd, API, Controllers *parts.Server
	// Operator and Adapter are KEDA's, nil without it.
	Operator, Adapter *parts.Server
	// Nodes run the pods. Node is the first of them.
	Nodes []*Node
	Node  *Node

	t        testing.TB
	binaries cache.KubeBinaries
	dir      string
	url      string
	config   *rest.Config
	mapper   meta.ResettableRESTMapper
}

// Options are what a test wants of its cluster.
type Options struct {
	// KEDA starts KEDA; without it its API is not there either.
	KEDA bool
	// Definitions has KEDA's API alone, without anybody who acts on it.
	Definitions bool
	// Pending leaves pods without a node.
	Pending bool
	// Nodes is how many there are, one by default.
	Nodes int
	// Grace is how long nothing may be heard of a node until it counts as lost: Kubernetes' own 50 s by default.
	Grace time.Duration
	// Metrics serves what pods use, as a metrics server does.
	Metrics bool
	// Audit has the API server write down what is asked of it.
	Audit bool
	// Images are the programs that containers run, by image.
	Images map[string]string
}

// Start starts a cluster and ends it with the test.
func Start(t testing.TB, o Options) *Bed {
	t.Helper()
	binaries, err := cache.Kube()
	if err != nil {
		t.Fatal(err)
	}
	b := &Bed{t: t, binaries: binaries, dir: t.TempDir()}
	certs := filepath.Join(b.dir, "certs")
	b.must(os.Mkdir(certs, 0o700))
	b.must(writeCertificates(certs))
	b.startAPI(certs, o)
	// The garbage collector looks for new kinds every half minute only, so these are there before it.
	if o.KEDA || o.Definitions {
		b.DefineKEDA()
	}
	b.startControllers(certs, o)
	if o.KEDA {
		b.startKEDA(certs)
	}
	if o.Pending {
		return b
	}
	b.startNodes(o.Nodes, o.Images)
	if o.Metrics {
		b.serveMetrics(certs)
	}
	return b
}

func (b *Bed) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *Bed) startAPI(certs string, o Options) {
	b.t.Helper()
	var audited []string
	if o.Audit {
		policy := filepath.Join(b.dir, "audit.yaml")
		b.must(os.WriteFile(policy, []byte("apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived]\nrules: [{level: Metadata}]\n"), 0o600))
		audited = []string{"--audit-policy-file=" + policy, "--audit-log-path=" + b.auditLog()}
	}
	in := func(name string) string { return filepath.Join(certs, name) }
	etcd, peer, api := parts.Port(b.t), parts.Port(b.t), parts.Port(b.t)
	store, peers := fmt.Sprintf("http://127.0.0.1:%d", etcd), fmt.Sprintf("http://127.0.0.1:%d", peer)
	b.Etcd = b.start("etcd", b.binaries.Kube, "ready to serve client requests", nil, "etcd", "--name=e", "--data-dir="+filepath.Join(b.dir, "etcd"),
		"--unsafe-no-fsync", "--listen-client-urls="+store, "--advertise-client-urls="+store,
		"--listen-peer-urls="+peers, "--initial-advertise-peer-urls="+peers, "--initial-cluster=e="+peers)
	b.API = b.start("apiserver", b.binaries.Kube, "Serving securely", nil, append([]string{"apiserver", "--etcd-servers=" + store,
		"--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", "--secure-port=" + strconv.Itoa(api), "--endpoint-reconciler-type=none",
		"--cert-dir=" + b.dir, "--tls-cert-file=" + in("tls.crt"), "--tls-private-key-file=" + in("tls.key"), "--client-ca-file=" + in("ca.crt"),
		"--authorization-mode=RBAC", "--service-cluster-ip-range=10.0.0.0/24",
		"--service-account-issuer=https://kubernetes.default.svc", "--service-account-key-file=" + in("sa.pub"), "--service-account-signing-key-file=" + in("sa.key"),
		"--requestheader-client-ca-file=" + in("front-proxy-ca.crt"), "--requestheader-allowed-names=front-proxy-client",
		"--requestheader-username-headers=X-Remote-User", "--requestheader-group-headers=X-Remote-Group", "--requestheader-extra-headers-prefix=X-Remote-Extra-",
		"--proxy-client-cert-file=" + in("front-proxy.crt"), "--proxy-client-key-file=" + in("front-proxy.key")}, audited...)...)

	b.url = fmt.Sprintf("https://127.0.0.1:%d", api)
	certificate, err := os.ReadFile(in("admin.crt"))
	b.must(err)
	key, err := os.ReadFile(in("admin.key"))
	b.must(err)
	// Their content, since a client watches files for as long as the process lives.
	b.config = &rest.Config{Host: b.url, QPS: 500, Burst: 1000, Timeout: Patience,
		TLSClientConfig: rest.TLSClientConfig{CAFile: in("ca.crt"), CertData: certificate, KeyData: key}}
	b.Kubeconfig = b.writeKubeconfig("admin", &clientcmdapi.AuthInfo{ClientCertificate: in("admin.crt"), ClientKey: in("admin.key")})
	if b.Client, err = kubernetes.NewForConfig(b.config); err != nil {
		b.t.Fatal(err)
	}
	if b.Dynamic, err = dynamic.NewForConfig(b.config); err != nil {
		b.t.Fatal(err)
	}
	b.mapper = restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(b.Client.Discovery()))
	b.Until("the API server is ready", func(ctx context.Context) error {
		return b.Client.Discovery().RESTClient().Get().AbsPath("/readyz").Do(ctx).Error()
	})
}

func (b *Bed) startControllers(certs string, o Options) {
	b.t.Helper()
	grace := o.Grace
	if grace == 0 {
		grace = 50 * time.Second
	}
	b.Controllers = b.start("controller-manager", b.binaries.Kube, "", nil, "controller-manager", "--node-monitor-grace-period="+grace.String(), "--node-monitor-period=1s",
		"--kubeconfig="+b.Kubeconfig, "--authentication-kubeconfig="+b.Kubeconfig, "--authorization-kubeconfig="+b.Kubeconfig,
		"--bind-address=127.0.0.1", "--secure-port="+strconv.Itoa(parts.Port(b.t)), "--cert-dir="+filepath.Join(b.dir, "controllers"), "--leader-elect=false",
		"--service-account-private-key-file="+filepath.Join(certs, "sa.key"), "--root-ca-file="+filepath.Join(certs, "ca.crt"), "--horizontal-pod-autoscaler-sync-period=2s",
		"--controllers=deployment-controller,replicaset-controller,horizontal-pod-autoscaler-controller,garbage-collector-controller,"+
			"namespace-controller,serviceaccount-controller,disruption-controller,node-lifecycle-controller,taint-eviction-controller")
}

// DefineKEDA has KEDA's API served.
func (b *Bed) DefineKEDA() {
	b.t.Helper()
	files, err := filepath.Glob(filepath.Join(b.binaries.CRDs, "*.yaml"))
	b.must(err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		b.must(err)
		b.Apply(string(text))
	}
	b.Until("KEDA's API is served", func(ctx context.Context) error {
		_, err := b.Client.Discovery().RESTClient().Get().AbsPath("/apis/keda.sh/v1alpha1/scaledobjects").DoRaw(ctx)
		return err
	})
}

// aggregate makes an API of another server part of the API server's, which finds it through a Service that stands for
// localhost.
func (b *Bed) aggregate(group, version, namespace, service string, port int, certs string) {
	b.t.Helper()
	ca, err := os.ReadFile(filepath.Join(certs, "ca.crt"))
	b.must(err)
	bundle, err := json.Marshal(ca)
	b.must(err)
	b.Apply(fmt.Sprintf(`
apiVersion: v1
kind: Service
metadata: {name: %[4]s, namespace: %[3]s}
spec: {type: ExternalName, externalName: localhost}
---
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: %[2]s.%[1]s}
spec:
  service: {name: %[4]s, namespace: %[3]s, port: %[5]d}
  group: %[1]s
  version: %[2]s
  groupPriorityMinimum: 100
  versionPriority: 100
  caBundle: %[6]s
`, group, version, namespace, service, port, bundle))
}

// startKEDA starts KEDA's operator and metrics adapter with the test's own certificates.
func (b *Bed) startKEDA(certs string) {
	b.t.Helper()
	grpc, probe, metrics, adapter := parts.Port(b.t), parts.Port(b.t), parts.Port(b.t), parts.Port(b.t)
	b.Namespace("keda")
	b.aggregate("external.metrics.k8s.io", "v1beta1", "keda", "keda-metrics-apiserver", adapter, certs)
	env := []string{"POD_NAMESPACE=keda", "KEDA_CLUSTER_OBJECT_NAMESPACE=keda", "WATCH_NAMESPACE=", "KUBECONFIG=" + b.Kubeconfig}
	local := func(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }
	b.Operator = b.start("keda-operator", b.binaries.Operator, "", env, "--metrics-bind-address="+local(metrics), "--health-probe-bind-address="+local(probe),
		"--metrics-service-bind-address="+local(grpc), "--cert-dir="+certs, "--zap-log-level=info", "--zap-encoder=console")
	b.Adapter = b.start("keda-adapter", b.binaries.Adapter, "", env, "--secure-port="+strconv.Itoa(adapter), "--bind-address=127.0.0.1", "--port=0",
		"--metrics-service-address="+local(grpc), "--cert-dir="+certs, "--tls-cert-file="+filepath.Join(certs, "tls.crt"),
		"--tls-private-key-file="+filepath.Join(certs, "tls.key"), "--client-ca-file="+filepath.Join(certs, "ca.crt"),
		"--lister-kubeconfig="+b.Kubeconfig, "--authentication-kubeconfig="+b.Kubeconfig, "--authorization-kubeconfig="+b.Kubeconfig, "--zap-log-level=info")
	b.Until("KEDA's metrics are served", func(ctx context.Context) error {
		_, err := b.Client.Discovery().RESTClient().Get().AbsPath("/apis/external.metrics.k8s.io/v1beta1").DoRaw(ctx)
		return err
	})
}

func (b *Bed) start(name, path, ready string, env []string, args ...string) *parts.Server {
	b.t.Helper()
	return parts.Start(b.t, name, parts.Program{Path: path, Args: args, Env: env, Ready: ready})
}

// Until waits until f succeeds.
func (b *Bed) Until(what string, f func(context.Context) error) time.Duration {
	b.t.Helper()
	return Until(b.t, what, Patience, f)
}

// Until waits until f succeeds, within the limit, and returns how long it took.
func Until(t testing.TB, what string, limit time.Duration, f func(context.Context) error) time.Duration {
	t.Helper()
	began := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	var why error
	for {
		err := f(ctx)
		if err == nil {
			return time.Since(began)
		}
		if ctx.Err() == nil || why == nil {
			why = err // the last one may only say that the time is over
		}
		select {
		case <-ctx.Done():
			t.Fatalf("waited %s until %s: %v", limit, what, why)
		case <-tick.C:
		}
	}
}

// Apply applies manifests as an administrator does.
func (b *Bed) Apply(manifests string) {
	b.t.Helper()
	b.each(manifests, func(r dynamic.ResourceInterface, u *unstructured.Unstructured) error {
		body, err := u.MarshalJSON()
		if err != nil {
			return err
		}
		force := true
		_, err = r.Patch(b.t.Context(), u.GetName(), types.ApplyPatchType, body, metav1.PatchOptions{FieldManager: "tests", Force: &force})
		return err
	})
}

// DryRun has the API server look at manifests as it does before it stores them.
func (b *Bed) DryRun(manifests string) {
	b.t.Helper()
	b.each(manifests, func(r dynamic.ResourceInterface, u *unstructured.Unstructured) error {
		_, err := r.Create(b.t.Context(), u, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}, FieldValidation: metav1.FieldValidationStrict})
		if apierrors.IsAlreadyExists(err) {
			err = nil
		}
		return err
	})
}

func (b *Bed) each(manifests string, do func(dynamic.ResourceInterface, *unstructured.Unstructured) error) {
	b.t.Helper()
	for _, u := range Decode(b.t, manifests) {
		var mapping *meta.RESTMapping
		b.Until(u.GetKind()+" is a kind", func(context.Context) (err error) {
			mapping, err = b.mapper.RESTMapping(u.GroupVersionKind().GroupKind(), u.GroupVersionKind().Version)
			if err != nil {
				b.mapper.Reset() // one that was defined a moment ago is not known everywhere yet
			}
			return err
		})
		var r dynamic.ResourceInterface = b.Dynamic.Resource(mapping.Resource)
		if mapping.Scope.Name() == meta.RESTScopeNameNamespace {
			r = b.Dynamic.Resource(mapping.Resource).Namespace(u.GetNamespace())
		}
		if err := do(r, u); err != nil {
			b.t.Errorf("%s %s: %v", u.GetKind(), u.GetName(), err)
		}
	}
}

// Decode is the objects of a YAML text.
func Decode(t testing.TB, manifests string) []*unstructured.Unstructured {
	t.Helper()
	var out []*unstructured.Unstructured
	for d := yamlutil.NewYAMLOrJSONDecoder(bytes.NewReader([]byte(manifests)), 4096); ; {
		u := &unstructured.Unstructured{}
		if err := d.Decode(&u.Object); err != nil {
			if err.Error() != "EOF" {
				t.Fatalf("reading manifests: %v", err)
			}
			return out
		}
		if len(u.Object) > 0 {
			out = append(out, u)
		}
	}
}

// Namespace makes a namespace.
func (b *Bed) Namespace(name string) {
	b.t.Helper()
	_, err := b.Client.CoreV1().Namespaces().Create(b.t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{})
	b.must(err)
}

// AccountKubeconfig is a kubeconfig with the rights of a service account and no others.
func (b *Bed) AccountKubeconfig(namespace, account string) string {
	b.t.Helper()
	hours := int64(3 * 3600)
	token, err := b.Client.CoreV1().ServiceAccounts(namespace).CreateToken(b.t.Context(), account,
		&authentication.TokenRequest{Spec: authentication.TokenRequestSpec{ExpirationSeconds: &hours}}, metav1.CreateOptions{})
	b.must(err)
	return b.writeKubeconfig(account, &clientcmdapi.AuthInfo{Token: token.Status.Token})
}

func (b *Bed) writeKubeconfig(user string, auth *clientcmdapi.AuthInfo) string {
	b.t.Helper()
	c := clientcmdapi.NewConfig()
	c.Clusters["bed"] = &clientcmdapi.Cluster{Server: b.url, CertificateAuthority: b.config.CAFile}
	c.AuthInfos[user] = auth
	c.Contexts["bed"] = &clientcmdapi.Context{Cluster: "bed", AuthInfo: user}
	c.CurrentContext = "bed"
	file := filepath.Join(b.dir, "kubeconfig-"+user)
	b.must(clientcmd.WriteToFile(*c, file))
	return file
}

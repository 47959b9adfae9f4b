package bed

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// crashPause is how long a container rests before it is started again; a kubelet begins with ten seconds.
const crashPause = time.Second

// pod is one pod on a node. It has one container: ours have no more.
type pod struct {
	node    *Node
	object  *corev1.Pod
	name    string
	ip      string
	leaving atomic.Bool
	began   metav1.Time
	ended   chan struct{} // closed when its process has ended and none follows
	quit    context.CancelFunc
	ctx     context.Context

	mu      sync.Mutex
	process *os.Process
	state   corev1.ContainerStatus
	turned  metav1.Time // when it became ready, or ceased to be
}

func newPod(n *Node, p *corev1.Pod, ip string) *pod {
	ctx, quit := context.WithCancel(context.Background())
	return &pod{node: n, object: p, name: p.Name, ip: ip, began: metav1.Now(), ended: make(chan struct{}), ctx: ctx, quit: quit,
		state: corev1.ContainerStatus{Name: p.Spec.Containers[0].Name, Image: p.Spec.Containers[0].Image}}
}

// run starts the container, and again whenever it ends, until the pod is to go.
func (p *pod) run(ctx context.Context) {
	defer close(p.ended)
	defer p.quit()
	for restarts := int32(0); ; restarts++ {
		began := time.Now()
		err := p.once(ctx, restarts)
		if p.ctx.Err() != nil || p.leaving.Load() {
			return
		}
		reason := "CrashLoopBackOff"
		if p.startedNothing() {
			reason = "CreateContainerConfigError"
		}
		text := "it ended"
		if err != nil {
			text = err.Error()
		}
		p.set(ctx, func(s *corev1.ContainerStatus) {
			no := false
			s.Ready, s.Started, s.RestartCount = false, &no, restarts+1
			s.LastTerminationState = corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: 1, Reason: "Error", Message: text,
				StartedAt: metav1.NewTime(began), FinishedAt: metav1.Now()}}
			s.State = corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason, Message: text}}
		})
		select {
		case <-p.ctx.Done():
			return
		case <-time.After(crashPause):
		}
	}
}

func (p *pod) startedNothing() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state.ContainerID == ""
}

// once is one life of the container.
func (p *pod) once(ctx context.Context, restarts int32) error {
	cmd, err := p.command(ctx)
	if err != nil {
		return err
	}
	log, err := os.OpenFile(p.node.Log(p.name), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	ended := make(chan error, 1)
	started := make(chan error)
	go func() {
		// The kernel ends the process with the thread that started it.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			ended <- cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		return err
	}
	p.mu.Lock()
	p.process = cmd.Process
	dying := p.ctx.Err() != nil
	p.mu.Unlock()
	if dying {
		_ = cmd.Process.Kill()
	}
	p.node.mu.Lock()
	p.node.starts[p.name]++
	p.node.mu.Unlock()
	p.set(ctx, func(s *corev1.ContainerStatus) {
		no := p.container().StartupProbe == nil && p.container().ReadinessProbe == nil
		s.Started, s.Ready, s.RestartCount = &no, no, restarts
		s.ContainerID = "process://" + strconv.Itoa(cmd.Process.Pid)
		s.State = corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: metav1.Now()}}
	})
	life, end := context.WithCancel(p.ctx)
	var probes sync.WaitGroup
	probes.Go(func() { p.probe(ctx, life, cmd.Process) })
	err = <-ended
	p.mu.Lock()
	p.process = nil
	p.mu.Unlock()
	end()
	probes.Wait()
	return err
}

func (p *pod) container() *corev1.Container { return &p.object.Spec.Containers[0] }

// probe asks the container how it is for as long as life lasts: whether it has started, then whether it is ready and alive.
func (p *pod) probe(ctx, life context.Context, process *os.Process) {
	c := p.container()
	if c.StartupProbe != nil && !p.await(life, c.StartupProbe) {
		if life.Err() == nil {
			_ = process.Kill()
		}
		return
	}
	yes := true
	p.set(ctx, func(s *corev1.ContainerStatus) { s.Started, s.Ready = &yes, c.ReadinessProbe == nil })
	var wg sync.WaitGroup
	defer wg.Wait()
	if c.ReadinessProbe != nil {
		wg.Go(func() {
			p.watch(life, c.ReadinessProbe, func(ok bool) { p.set(ctx, func(s *corev1.ContainerStatus) { s.Ready = ok }) })
		})
	}
	if c.LivenessProbe != nil {
		wg.Go(func() {
			p.watch(life, c.LivenessProbe, func(ok bool) {
				if !ok {
					p.node.fail("pod %s is not alive: it is killed", p.name)
					_ = process.Kill()
				}
			})
		})
	}
}

// eagerness is how much more often than a kubelet a container that starts is asked, so that tests wait less.
const eagerness = 4

// await asks until the answer is good, or was bad for as long as the probe allows.
func (p *pod) await(life context.Context, probe *corev1.Probe) bool {
	for range eagerness * probe.FailureThreshold {
		if p.ask(life, probe) == nil {
			return true
		}
		if !pause(life, time.Duration(probe.PeriodSeconds)*time.Second/eagerness) {
			return false
		}
	}
	return false
}

// watch calls on with each change of the answer, a bad one only after the threshold.
func (p *pod) watch(life context.Context, probe *corev1.Probe, on func(bool)) {
	good, bad := false, int32(0)
	for {
		err := p.ask(life, probe)
		switch {
		case life.Err() != nil:
			return
		case err == nil:
			bad = 0
			if !good {
				good = true
				on(true)
			}
		default:
			bad++
			if bad == probe.FailureThreshold {
				good = false
				on(false)
			}
		}
		if !pause(life, time.Duration(probe.PeriodSeconds)*time.Second) {
			return
		}
	}
}

func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

func (p *pod) ask(ctx context.Context, probe *corev1.Probe) error {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(max(1, probe.TimeoutSeconds))*time.Second)
	defer cancel()
	port := probe.HTTPGet.Port.IntValue()
	for _, named := range p.container().Ports {
		if named.Name == probe.HTTPGet.Port.StrVal {
			port = int(named.ContainerPort)
		}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://%s:%d%s", p.ip, port, probe.HTTPGet.Path), nil)
	if err != nil {
		return err
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	_ = resp.Body.Close()
	if resp.StatusCode >= 400 {
		return errors.New(resp.Status)
	}
	return nil
}

// stop ends the pod as a kubelet does: preStop, SIGTERM, and SIGKILL when the grace period is over.
func (p *pod) stop(ctx context.Context) {
	grace := 30 * time.Second
	if s := p.object.Spec.TerminationGracePeriodSeconds; s != nil {
		grace = time.Duration(*s) * time.Second
	}
	over := time.NewTimer(grace)
	defer over.Stop()
	if l := p.container().Lifecycle; l != nil && l.PreStop != nil && l.PreStop.Sleep != nil {
		select {
		case <-time.After(time.Duration(l.PreStop.Sleep.Seconds) * time.Second):
		case <-p.ended:
		case <-ctx.Done():
		}
	}
	p.signal(syscall.SIGTERM)
	select {
	case <-p.ended:
		return
	case <-over.C:
		p.node.fail("pod %s did not end within its grace period of %s", p.name, grace)
	case <-ctx.Done():
	}
	p.kill()
	<-p.ended
}

// kill ends the pod at once and for good.
func (p *pod) kill() {
	p.quit()
	p.signal(syscall.SIGKILL)
}

func (p *pod) over() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// tick is the unit in which the kernel counts processor time for programs: a hundredth of a second on every architecture
// that Go runs on.
const tick = 10 * time.Millisecond

// cpu is the processor time that the process has taken so far; there may be none.
func (p *pod) cpu() (time.Duration, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.process == nil {
		return 0, false
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.process.Pid))
	if err != nil {
		return 0, false
	}
	// The name, in parentheses, may hold anything; utime and stime are the 14th and 15th field, the name the second.
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if len(fields) < 13 {
		return 0, false
	}
	user, err1 := strconv.ParseInt(fields[11], 10, 64)
	system, err2 := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * tick, err1 == nil && err2 == nil
}

func (p *pod) crash() bool { return p.signal(syscall.SIGKILL) }

func (p *pod) signal(s syscall.Signal) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.process == nil {
		return false
	}
	return p.process.Signal(s) == nil
}

// set changes the container's status and reports it.
func (p *pod) set(ctx context.Context, change func(*corev1.ContainerStatus)) {
	p.mu.Lock()
	before := p.state.Ready
	change(&p.state)
	s := p.state
	if s.Ready != before || p.turned.IsZero() {
		p.turned = metav1.Now()
	}
	turned := p.turned
	p.mu.Unlock()
	condition := func(kind corev1.PodConditionType, ok bool, since metav1.Time) corev1.PodCondition {
		v := corev1.ConditionFalse
		if ok {
			v = corev1.ConditionTrue
		}
		return corev1.PodCondition{Type: kind, Status: v, LastTransitionTime: since}
	}
	p.node.report(ctx, p.object, corev1.PodStatus{Phase: corev1.PodRunning, HostIP: "127.0.0.1", PodIP: p.ip, PodIPs: []corev1.PodIP{{IP: p.ip}},
		StartTime: &p.began, ContainerStatuses: []corev1.ContainerStatus{s},
		Conditions: []corev1.PodCondition{condition(corev1.PodScheduled, true, p.began), condition(corev1.PodInitialized, true, p.began),
			condition(corev1.ContainersReady, s.Ready, turned), condition(corev1.PodReady, s.Ready, turned)}})
}

// command is the container's process: its program, and arguments and environment with the pod's own folders and address.
func (p *pod) command(ctx context.Context) (*exec.Cmd, error) {
	c := p.container()
	mounts, err := p.mount(ctx)
	if err != nil {
		return nil, err
	}
	env, err := p.environment(ctx)
	if err != nil {
		return nil, err
	}
	program := p.node.images[c.Image]
	if program == "" {
		return nil, fmt.Errorf("there is no image %s", c.Image)
	}
	args := append([]string(nil), c.Args...)
	for i := range args {
		args[i] = p.local(args[i], mounts)
	}
	for i := range env {
		env[i] = p.local(env[i], mounts)
	}
	// It is ended by stop and kill, which know the grace period, and not by a context.
	cmd := exec.CommandContext(context.WithoutCancel(ctx), program, args...)
	cmd.Dir = p.folder()
	cmd.Env = append([]string{"HOSTNAME=" + p.name, "HOME=/", "TMPDIR=" + mounts["/tmp"]}, env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	return cmd, nil
}

package supervisor

import (
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

const (
	firstBackoff = 200 * time.Millisecond
	lastBackoff  = 5 * time.Second
	// A program that ends sooner than this has failed to start, even if it had opened its port.
	startedAfter = 2 * time.Second
	// A program that has run for this long is healthy: its next end is a new matter.
	healthyAfter = 20 * time.Second
)

// service is one program of the cluster that is to run for as long as the cluster does.
type service struct {
	name    string
	command func() (*exec.Cmd, error)
	// ready returns when the program serves; nil for nodes, which the API server reports.
	ready func(ended <-chan struct{}) bool
	// failed is told how often in a row the program failed to start; it may repair what the program needs.
	failed func(times int) (detail string)
}

// running is a started service.
type running struct {
	service *service
	mu      sync.Mutex
	process *os.Process
	stopped bool
	done    chan struct{}
}

func (s *service) start(c *cluster) *running {
	r := &running{service: s, done: make(chan struct{})}
	c.step(s.name, "starting", "")
	go r.keep(c)
	return r
}

// keep starts the program again whenever it ends, after a pause that grows while it does not stay up.
func (r *running) keep(c *cluster) {
	defer close(r.done)
	backoff, failures := firstBackoff, 0
	for restarts := 0; ; restarts++ {
		began := time.Now()
		err := r.once(c, restarts)
		if r.isStopped() {
			return
		}
		ran := time.Since(began)
		fmt.Fprintf(os.Stderr, "%s ended after %s: %v\n", r.service.name, ran.Round(time.Millisecond), err)
		if failures++; ran > startedAfter {
			failures = 0
		}
		if ran > healthyAfter {
			backoff = firstBackoff
		}
		detail := ""
		if r.service.failed != nil {
			detail = r.service.failed(failures)
		}
		time.Sleep(backoff)
		backoff = min(backoff*2, lastBackoff)
		c.step(r.service.name, "restarted", detail)
	}
}

// once runs the program from its start to its end.
func (r *running) once(c *cluster, restarts int) error {
	command, err := r.service.command()
	if err != nil {
		return err
	}
	output, err := openLog(c.spec.Options.State, r.service.name)
	if err != nil {
		return err
	}
	defer output.Close()
	command.Stdout, command.Stderr = output, output
	command.WaitDelay = 200 * time.Millisecond
	if err := r.launch(command); err != nil {
		return err
	}
	info := processInfo{Name: r.service.name, PID: command.Process.Pid, Restarts: restarts, Since: float64(time.Now().UnixMilli()) / 1000}
	c.tell(message{Process: &info})
	ended := make(chan struct{})
	defer close(ended)
	if r.service.ready != nil {
		go func() {
			if r.service.ready(ended) {
				c.step(r.service.name, "ready", "")
			}
		}()
	}
	return command.Wait()
}

func (r *running) launch(command *exec.Cmd) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped {
		return os.ErrProcessDone
	}
	err := command.Start()
	r.process = command.Process
	return err
}

func (r *running) isStopped() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stopped
}

// end asks services to stop, all at once, and makes them stop when patience is over.
func end(patience time.Duration, all ...*running) {
	for _, one := range all {
		one.signal(syscall.SIGTERM)
	}
	deadline := time.After(patience)
	for _, one := range all {
		select {
		case <-one.done:
		case <-deadline:
			one.signal(syscall.SIGKILL)
			deadline = time.After(0)
		}
	}
}

// kill ends the program; it is started again.
func (r *running) kill() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.process != nil {
		_ = r.process.Kill()
	}
}

// signal passes a signal on; the program is not started again.
func (r *running) signal(number syscall.Signal) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stopped = true
	if r.process != nil {
		_ = r.process.Signal(number)
	}
}

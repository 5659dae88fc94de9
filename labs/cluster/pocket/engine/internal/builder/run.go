package builder

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"labs/engine/internal/container"
	"labs/engine/internal/dockerfile"
)

const (
	lastLines = 12
	manyIDs   = 65536
)

// runError is a RUN that failed, with the last lines of what its command said.
type runError struct {
	line    int
	text    string
	code    int
	output  string
	refused bool
}

func (e *runError) Error() string {
	if e.refused {
		return fmt.Sprintf("Line %d of the Dockerfile could not be run: %s", e.line, e.text)
	}
	return fmt.Sprintf("Line %d of the Dockerfile failed with exit code %d: %s", e.line, e.code, e.text)
}

var networkWords = []string{
	"Temporary failure in name resolution", "Failed to establish a new connection", "No matching distribution found", "Network is unreachable",
	"Connection refused", "ConnectTimeoutError", "ReadTimeoutError", "Could not resolve",
}

func (e *runError) next() string {
	if slices.ContainsFunc(networkWords, func(words string) bool { return strings.Contains(e.output, words) }) {
		return "This step needs the network: check that pip can reach its package index from this machine (its own settings are used), then build again; it goes on from here"
	}
	if e.refused {
		return "Run `labs doctor`"
	}
	return "Change that line, or what it runs, and build again; the steps before it are not repeated"
}

// run runs a command in the files of the stage, on the machine's network.
func (b *build) run(number string, one dockerfile.Instruction) error {
	now := b.now()
	env := slices.Clone(now.image.Env)
	for _, name := range sorted(now.arguments) {
		env = append(env, name+"="+now.arguments[name])
	}
	parts := append([]string{"RUN", now.image.Snapshot, now.image.Dir, now.image.User}, env...)
	next := key(append(append(parts, ""), one.Command()...)...)
	return b.change(next, false, func(root string) error {
		spec, err := b.spec(one, root, env)
		if err != nil {
			return err
		}
		return b.execute(number, one, spec)
	})
}

func (b *build) spec(one dockerfile.Instruction, root string, env []string) (container.Spec, error) {
	now := b.now()
	uid, gid, err := container.LookupUser(root, now.image.User)
	if err != nil {
		return container.Spec{}, one.Errorf("%v", err)
	}
	if most := ids(); uid >= most || gid >= most {
		return container.Spec{}, one.Errorf("user %q cannot be had by this account, which has one id: put this RUN before the USER", now.image.User)
	}
	capabilities, err := container.Capabilities(nil, nil)
	if err != nil {
		return container.Spec{}, err
	}
	if b.pip == nil {
		if b.pip, err = findPip(b.PipPython, b.scratch); err != nil {
			return container.Spec{}, err
		}
	}
	mounts := b.pip.mounts
	if now.image.Machine {
		mounts = slices.Concat(mounts, b.pip.tools)
	}
	return container.Spec{
		Process: container.Process{
			Args: one.Command(), Env: b.pip.environment(env, uid, now.image.Machine), Dir: now.image.Dir, UID: uid, GID: gid, Capabilities: capabilities,
		},
		Mounts: mounts, Hostname: "build",
		Root: container.Root{Snapshot: root, Machine: now.image.Machine, Build: true, Python: b.Python},
	}, nil
}

// ids is how many user ids a RUN can have: root has all, others their own as root's.
func ids() int {
	if os.Geteuid() == 0 {
		return manyIDs
	}
	return 1
}

func isolated() *syscall.SysProcAttr {
	user, group := os.Geteuid(), os.Getegid()
	size := ids()
	if size > 1 {
		user, group = 0, 0
	}
	return &syscall.SysProcAttr{
		Cloneflags:                 unix.CLONE_NEWUSER | unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWIPC | unix.CLONE_NEWUTS,
		UidMappings:                []syscall.SysProcIDMap{{ContainerID: 0, HostID: user, Size: size}},
		GidMappings:                []syscall.SysProcIDMap{{ContainerID: 0, HostID: group, Size: size}},
		GidMappingsEnableSetgroups: size > 1,
	}
}

func (b *build) execute(number string, one dockerfile.Instruction, spec container.Spec) error {
	command := exec.Command("/proc/self/exe", "container-init")
	command.Args[0] = "pocket"
	command.Env = []string{"GOMAXPROCS=2"}
	command.SysProcAttr = isolated()
	settings, told, err := os.Pipe()
	if err != nil {
		return err
	}
	status, report, err := os.Pipe()
	if err != nil {
		return err
	}
	output, said, err := os.Pipe()
	if err != nil {
		return err
	}
	command.ExtraFiles = []*os.File{settings, report}
	command.Stdout, command.Stderr = said, said
	if err := command.Start(); err != nil {
		return &runError{line: one.Line, text: one.Text, output: "namespaces: " + err.Error(), refused: true}
	}
	defer endWith(command.Process)()
	for _, file := range []*os.File{settings, report, said} {
		file.Close()
	}
	if err := json.NewEncoder(told).Encode(spec); err != nil {
		return err
	}
	told.Close()
	reason, err := io.ReadAll(status)
	if err != nil {
		return err
	}
	last := b.listen(number, one, output)
	err = command.Wait()
	if len(reason) > 0 {
		return &runError{line: one.Line, text: one.Text, output: string(reason), refused: true}
	}
	var ended *exec.ExitError
	if errors.As(err, &ended) {
		return &runError{line: one.Line, text: one.Text, code: ended.ExitCode(), output: strings.Join(last, "\n")}
	}
	return err
}

// listen passes on what the command says, and returns its last lines.
func (b *build) listen(number string, one dockerfile.Instruction, output io.Reader) []string {
	var last []string
	lines := bufio.NewReader(output)
	for {
		line, err := lines.ReadString('\n')
		if line = strings.TrimRight(line, "\r\n"); line != "" {
			b.say(Step{"step", number, "running", line, 0})
			if last = append(last, line); len(last) > lastLines {
				last = last[1:]
			}
		}
		if err != nil {
			return last
		}
	}
}

// endWith ends the command when this program is told to end.
func endWith(process *os.Process) (release func()) {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	go func() {
		if _, told := <-signals; told {
			_ = process.Kill()
		}
	}()
	return func() {
		signal.Stop(signals)
		close(signals)
	}
}

package supervisor

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"labs/engine/internal/pki"
)

// status is what status.json says; its readers are other programs.
type status struct {
	Schema    int           `json:"schema"`
	PID       int           `json:"pid"`
	Started   uint64        `json:"started"`
	Server    string        `json:"server"`
	Version   string        `json:"version"`
	Phase     string        `json:"phase"`
	Nodes     []nodeInfo    `json:"nodes"`
	Processes []processInfo `json:"processes"`
}

// board keeps status.json and writes the lines of progress.
type board struct {
	mu     sync.Mutex
	file   string
	inner  int
	status status
	output io.Writer
}

func newBoard(folder, server string, nodes int, output io.Writer) *board {
	b := &board{file: filepath.Join(folder, "status.json"), output: output}
	b.status = status{Schema: schema, PID: os.Getpid(), Started: startTime(os.Getpid()), Server: server, Version: version, Phase: "starting"}
	b.status.Processes = []processInfo{}
	for _, name := range nodeNames(nodes) {
		b.status.Nodes = append(b.status.Nodes, nodeInfo{Name: name})
	}
	return b
}

func (b *board) say(line any) {
	data, err := json.Marshal(line)
	if err == nil {
		// The reader may have gone: it only waits for the start.
		_, _ = b.output.Write(append(data, '\n'))
	}
}

func (b *board) fail(err error) {
	failure := failureOf(err)
	fmt.Fprintln(os.Stderr, failure.Error())
	b.say(struct {
		Event string `json:"event"`
		*Failure
	}{"error", failure})
}

func (b *board) phase(name string) {
	b.change(func(s *status) { s.Phase = name })
}

func (b *board) process(info processInfo) {
	info.PID = hostPID(b.inner, info.PID)
	b.change(func(s *status) {
		for i := range s.Processes {
			if s.Processes[i].Name == info.Name {
				s.Processes[i] = info
				return
			}
		}
		s.Processes = append(s.Processes, info)
	})
}

func (b *board) change(by func(*status)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	by(&b.status)
	data, err := json.Marshal(b.status)
	if err == nil {
		err = pki.WriteFile(b.file, append(data, '\n'))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "write status.json:", err)
	}
}

// startTime is field 22 of /proc/PID/stat: clock ticks after boot, which with the pid identifies a process.
func startTime(pid int) uint64 {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(data[strings.LastIndexByte(string(data), ')')+1:]))
	if len(fields) < 20 {
		return 0
	}
	value, _ := strconv.ParseUint(fields[19], 10, 64)
	return value
}

// hostPID finds the process that the inner supervisor, itself process inner on the host, knows as pid; 0 when it has ended.
func hostPID(inner, pid int) int {
	entries, _ := os.ReadDir("/proc")
	for _, entry := range entries {
		host, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", host))
		if err == nil && childOf(string(data), inner, pid) {
			return host
		}
	}
	return 0
}

// childOf reads a /proc/PID/status: is it a child of parent whose pid one namespace further in is pid?
func childOf(status string, parent, pid int) bool {
	isChild, isPID := false, false
	for line := range strings.Lines(status) {
		name, rest, _ := strings.Cut(line, ":")
		fields := strings.Fields(rest)
		switch name {
		case "PPid":
			isChild = len(fields) == 1 && fields[0] == strconv.Itoa(parent)
		case "NSpid":
			isPID = len(fields) > 1 && fields[1] == strconv.Itoa(pid)
		}
	}
	return isChild && isPID
}

func nodeNames(count int) []string {
	names := make([]string, count)
	for i := range names {
		names[i] = fmt.Sprintf("node-%d", i+1)
	}
	return names
}

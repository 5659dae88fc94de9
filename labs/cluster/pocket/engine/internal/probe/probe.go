package probe

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"labs/engine/internal/supervisor"
)

const (
	neededMemory = 1500 << 20
	neededDisk   = 1 << 30
	patience     = 5 * time.Second
)

// Result is one thing that was tried. Why and Next are empty where it is well.
type Result struct {
	Name     string `json:"name"`
	OK       bool   `json:"ok"`
	Required bool   `json:"required"`
	Found    string `json:"found"`
	Why      string `json:"why"`
	Next     string `json:"next"`
}

// Main prints every Result, as JSON with --json, and returns 0 when all that is required is well. --state says on which disk
// the cluster will live.
func Main(args []string) int {
	asJSON, state := false, os.TempDir()
	for i, arg := range args {
		asJSON = asJSON || arg == "--json"
		if arg == "--state" && i+1 < len(args) {
			state = args[i+1]
		}
	}
	results := Run(state)
	if asJSON {
		_ = json.NewEncoder(os.Stdout).Encode(results)
	} else {
		printResults(results)
	}
	for _, result := range results {
		if result.Required && !result.OK {
			return 1
		}
	}
	return 0
}

func printResults(results []Result) {
	for _, result := range results {
		fmt.Printf("%-16s %-5t %s\n", result.Name, result.OK, result.Found)
		if !result.OK {
			fmt.Printf("%-16s       %s. %s\n", "", result.Why, result.Next)
		}
	}
}

// Run tries everything.
func Run(state string) []Result {
	return append(namespaces(), newuidmap(), cgroup(), memory(), disk(state))
}

// namespaces starts this program in namespaces like the cluster's, where it reports what it may do.
func namespaces() []Result {
	command := exec.Command("/proc/self/exe", "probe-inside")
	command.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  unix.CLONE_NEWUSER | unix.CLONE_NEWNS | unix.CLONE_NEWNET | unix.CLONE_NEWPID | unix.CLONE_NEWIPC | unix.CLONE_NEWUTS,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Geteuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{HostID: os.Getegid(), Size: 1}},
	}
	timer := time.AfterFunc(patience, func() {
		if command.Process != nil {
			_ = command.Process.Kill()
		}
	})
	defer timer.Stop()
	output, err := command.Output()
	var inside []Result
	if err == nil {
		err = json.Unmarshal(output, &inside)
	}
	made := Result{Name: "user-namespaces", OK: err == nil, Required: true, Found: limit("/proc/sys/user/max_user_namespaces")}
	if err != nil {
		made.Why, made.Next = refusal(err)
		inside = nil
	}
	return append([]Result{made}, inside...)
}

func refusal(err error) (why, next string) {
	why = "User namespaces are refused here: " + err.Error()
	switch {
	case number("/proc/sys/user/max_user_namespaces") == 0:
		return why, "Ask an administrator for: sudo sysctl -w user.max_user_namespaces=15000"
	case number("/proc/sys/kernel/unprivileged_userns_clone") == 0:
		return why, "Ask an administrator for: sudo sysctl -w kernel.unprivileged_userns_clone=1"
	case inContainer():
		return why, "Start this container with --privileged, or with --security-opt seccomp=unconfined --security-opt apparmor=unconfined"
	}
	return why, appArmorNext()
}

func appArmorNext() string {
	if number("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == 1 {
		return "Run once: sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"
	}
	return "Ask the administrator of this machine to allow unprivileged user namespaces"
}

func inContainer() bool {
	for _, file := range []string{"/.dockerenv", "/run/.containerenv"} {
		if _, err := os.Stat(file); err == nil {
			return true
		}
	}
	return false
}

func newuidmap() Result {
	result := Result{Name: "newuidmap", OK: true, Found: "not needed as root"}
	if os.Geteuid() == 0 {
		return result
	}
	path, err := exec.LookPath("newuidmap")
	switch {
	case err != nil:
		result.lacks("not installed", "sudo apt install uidmap")
	case supervisor.Identities() == 1:
		result.lacks("no range of ids in /etc/subuid and /etc/subgid", `sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 "$USER"`)
	default:
		result.Found = path
	}
	return result
}

// lacks says that only one id can be mapped, and the command that would change it.
func (r *Result) lacks(found, command string) {
	r.OK, r.Found = false, found
	r.Why = "Only one user id is mapped: Pods that ask for another user than root are refused, and no lesson needs them"
	r.Next = "If you want them: " + command
}

func cgroup() Result {
	result := Result{Name: "cgroup", Found: "v1"}
	if _, err := os.Stat("/sys/fs/cgroup/cgroup.controllers"); err == nil {
		result.Found = "v2"
	}
	writable := unix.Access(filepath.Join("/sys/fs/cgroup", ownGroup()), unix.W_OK) == nil
	result.OK = result.Found == "v2" && writable
	if !result.OK {
		result.Why = "Memory and CPU limits of Pods are not enforced on this machine"
		result.Next = "No lesson needs them; they need cgroup v2 delegated to your account"
	}
	return result
}

func ownGroup() string {
	data, _ := os.ReadFile("/proc/self/cgroup")
	for line := range strings.Lines(string(data)) {
		if path, found := strings.CutPrefix(strings.TrimSpace(line), "0::"); found {
			return path
		}
	}
	return ""
}

func memory() Result {
	available := int64(0)
	data, _ := os.ReadFile("/proc/meminfo")
	for line := range strings.Lines(string(data)) {
		var kilobytes int64
		if _, err := fmt.Sscanf(line, "MemAvailable: %d kB", &kilobytes); err == nil {
			available = kilobytes << 10
		}
	}
	result := Result{Name: "memory", OK: available >= neededMemory, Found: fmt.Sprintf("%d MB available", available>>20)}
	if !result.OK {
		result.Why, result.Next = "The cluster and its Pods need about 1500 MB", "Close other programs, or run `labs up --nodes 1`"
	}
	return result
}

func disk(state string) Result {
	folder := state
	for {
		if _, err := os.Stat(folder); err == nil || folder == "/" {
			break
		}
		folder = filepath.Dir(folder)
	}
	var found unix.Statfs_t
	result := Result{Name: "disk", Required: true}
	if err := unix.Statfs(folder, &found); err != nil {
		result.Why, result.Next = err.Error(), "Set LABS_STATE_DIR to a folder that exists"
		return result
	}
	free := found.Bavail * uint64(found.Bsize)
	result.OK, result.Found = free >= neededDisk, fmt.Sprintf("%d MB free at %s", free>>20, folder)
	if !result.OK {
		result.Why, result.Next = "The cluster's state needs up to 1000 MB", "Free some disk space, or set LABS_STATE_DIR to a folder on another disk"
	}
	return result
}

func limit(file string) string { return fmt.Sprintf("%d allowed", number(file)) }

// number reads a setting of the kernel; -1 where it does not exist.
func number(file string) int {
	data, err := os.ReadFile(file)
	value := -1
	if err == nil {
		_, _ = fmt.Sscan(string(data), &value)
	}
	return value
}

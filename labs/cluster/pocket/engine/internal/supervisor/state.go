package supervisor

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"labs/engine/internal/pki"
)

const leastFreeBytes = 200 << 20

// folder is the state folder of one cluster. Only its owner can look into it.
type folder struct {
	path string
	lock *os.File
}

// openFolder makes the state folder if need be and holds its lock until the process ends.
func openFolder(path string) (*folder, error) {
	for _, part := range []string{"", "logs", "nodes", "pki", "images"} {
		if err := os.MkdirAll(filepath.Join(path, part), 0o700); err != nil {
			return nil, fmt.Errorf("make the state folder: %w", err)
		}
	}
	if err := os.Chmod(path, 0o700); err != nil {
		return nil, err
	}
	lock, err := os.OpenFile(filepath.Join(path, "supervisor.lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return nil, &Failure{"already-running", "This cluster is already running", path + " is locked by its supervisor", "Run `labs status`, or `labs down` to end it"}
	}
	opened := &folder{path: path, lock: lock}
	if err := opened.checkSpace(); err != nil {
		return nil, err
	}
	return opened, opened.checkSchema()
}

func (f *folder) checkSpace() error {
	var disk unix.Statfs_t
	if err := unix.Statfs(f.path, &disk); err != nil {
		return err
	}
	if free := disk.Bavail * uint64(disk.Bsize); free < leastFreeBytes {
		return &Failure{
			"disk-full", "There is too little disk space for the cluster",
			fmt.Sprintf("%d MB are free at %s, %d MB are needed", free>>20, f.path, leastFreeBytes>>20),
			"Free some disk space, or set LABS_STATE_DIR to a folder on another disk",
		}
	}
	return nil
}

type engineRecord struct {
	Schema     int    `json:"schema"`
	Kubernetes string `json:"kubernetes"`
}

// checkSchema refuses a folder that a newer engine wrote: its data could not be read, and must not be lost.
func (f *folder) checkSchema() error {
	file := filepath.Join(f.path, "engine.json")
	data, err := os.ReadFile(file)
	var record engineRecord
	if err == nil && json.Unmarshal(data, &record) == nil && record.Schema > schema {
		return &Failure{
			"state-newer", "The cluster's state folder was written by a newer version of this course",
			fmt.Sprintf("%s has format %d with Kubernetes %s; this version knows format %d", f.path, record.Schema, record.Kubernetes, schema),
			"Update the course, or set LABS_STATE_DIR to another folder to start with a new cluster beside it",
		}
	}
	data, err = json.Marshal(engineRecord{Schema: schema, Kubernetes: version})
	if err != nil {
		return err
	}
	return pki.WriteFile(file, append(data, '\n'))
}

// listen opens the port that the learner's programs talk to: the one asked for, else the last one, else a free one.
func (f *folder) listen(asked int) (*net.TCPListener, error) {
	if asked != 0 {
		listener, err := listenOn(asked)
		if errors.Is(err, syscall.EADDRINUSE) {
			return nil, &Failure{"port-taken", fmt.Sprintf("Port %d is in use by another program", asked), err.Error(), "Choose another port, or none to get a free one"}
		}
		return listener, err
	}
	listener, err := listenOn(f.lastPort())
	if err != nil {
		listener, err = listenOn(0)
	}
	return listener, err
}

func listenOn(port int) (*net.TCPListener, error) {
	return net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
}

func (f *folder) lastPort() int {
	data, _ := os.ReadFile(filepath.Join(f.path, "port"))
	port, err := strconv.Atoi(strings.TrimSpace(string(data)))
	if err != nil || port < 1 || port > 65535 {
		return 0
	}
	return port
}

func (f *folder) rememberPort(port int) error {
	return pki.WriteFile(filepath.Join(f.path, "port"), fmt.Appendf(nil, "%d\n", port))
}

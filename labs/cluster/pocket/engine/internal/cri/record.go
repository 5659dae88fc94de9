package cri

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"google.golang.org/protobuf/proto"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// sandboxRecord is what outlives a restart of a pod's sandbox. Config is a PodSandboxConfig in protobuf's own form.
type sandboxRecord struct {
	ID        string `json:"id"`
	Config    []byte `json:"config"`
	CreatedAt int64  `json:"createdAt"`
}

// containerRecord is what outlives a restart of a container. Times are nanoseconds since 1970.
type containerRecord struct {
	ID         string                    `json:"id"`
	Sandbox    string                    `json:"sandbox"`
	Config     []byte                    `json:"config"`
	ImageID    string                    `json:"imageID"`
	State      runtimeapi.ContainerState `json:"state"`
	CreatedAt  int64                     `json:"createdAt"`
	StartedAt  int64                     `json:"startedAt"`
	FinishedAt int64                     `json:"finishedAt"`
	ExitCode   int32                     `json:"exitCode"`
	Reason     string                    `json:"reason"`
	Message    string                    `json:"message"`
}

func newID() string {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw)
	return hex.EncodeToString(raw)
}

func (s *Server) file(kind, id string) string { return filepath.Join(s.folder(kind), id+".json") }

func (s *Server) save(kind, id string, record any) error {
	text, err := json.Marshal(record)
	if err != nil {
		return err
	}
	path := s.file(kind, id)
	if err := os.WriteFile(path+".new", text, 0o600); err != nil {
		return fmt.Errorf("keep the record of %s: %w", id, err)
	}
	return os.Rename(path+".new", path)
}

func (s *Server) forget(kind, id string) error {
	if err := os.Remove(s.file(kind, id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// recall reads all records. Nothing of an earlier run still runs: the kernel ended it with its node.
func (s *Server) recall() error {
	err := records(s.folder("sandboxes"), func(record sandboxRecord) error {
		config := &runtimeapi.PodSandboxConfig{}
		if err := proto.Unmarshal(record.Config, config); err != nil {
			return err
		}
		s.sandboxes[record.ID] = &sandbox{record: record, config: config}
		return nil
	})
	if err != nil {
		return err
	}
	return records(s.folder("containers"), func(record containerRecord) error {
		config := &runtimeapi.ContainerConfig{}
		if err := proto.Unmarshal(record.Config, config); err != nil {
			return err
		}
		owner, known := s.sandboxes[record.Sandbox]
		if !known {
			return s.forget("containers", record.ID)
		}
		one := &task{server: s, record: record, config: config, sandbox: owner}
		s.containers[record.ID] = one
		return one.missed()
	})
}

func records[T any](folder string, use func(T) error) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		path := filepath.Join(folder, entry.Name())
		if !strings.HasSuffix(path, ".json") {
			continue
		}
		var record T
		text, err := os.ReadFile(path)
		if err == nil {
			err = json.Unmarshal(text, &record)
		}
		if err == nil {
			err = use(record)
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", path, err)
		}
	}
	return nil
}

package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"golang.org/x/sys/unix"

	"labs/engine/internal/image"
)

// Socket is the file in the library's folder where the nodes ask.
const Socket = "pull.sock"

// A registry that did not answer is not asked again for this long.
const silence = 30 * time.Second

// Request is what a node asks for, with the login of the Pod's secrets.
type Request struct {
	Reference string           `json:"reference"`
	Login     authn.AuthConfig `json:"login"`
}

type answer struct {
	Error       string `json:"error,omitempty"`
	Unreachable bool   `json:"unreachable,omitempty"`
}

// Service pulls for the nodes.
type Service struct {
	library image.Library
	mu      sync.Mutex
	silent  map[string]time.Time
}

// Serve listens in the library's folder until the process ends.
func Serve(library image.Library) error {
	release, err := library.Lock("pull.lock")
	if err != nil {
		return err
	}
	release()
	folder, err := unix.Open(library.Folder, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(library.Folder, Socket)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	// The name of a socket is short, that of the folder may be long.
	listener, err := net.Listen("unix", fmt.Sprintf("/proc/self/fd/%d/%s", folder, Socket))
	if err != nil {
		return fmt.Errorf("listen for pulls: %w", err)
	}
	s := &Service{library: library, silent: map[string]time.Time{}}
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go s.answer(connection)
		}
	}()
	return nil
}

func (s *Service) answer(connection net.Conn) {
	defer connection.Close()
	var request Request
	if json.NewDecoder(connection).Decode(&request) != nil {
		return
	}
	said := answer{}
	if err := s.pull(request); err != nil {
		var unreachable *UnreachableError
		said = answer{Error: err.Error(), Unreachable: errors.As(err, &unreachable)}
	}
	_ = json.NewEncoder(connection).Encode(said)
}

func (s *Service) pull(request Request) error {
	parsed, err := name.ParseReference(request.Reference)
	if err != nil {
		return err
	}
	host := parsed.Context().RegistryStr()
	s.mu.Lock()
	since, silent := s.silent[host]
	s.mu.Unlock()
	if silent && time.Since(since) < silence {
		return &UnreachableError{host, errors.New("it did not answer a moment ago")}
	}
	_, err = Pull(context.Background(), s.library, request.Reference, authn.FromConfig(request.Login))
	s.mu.Lock()
	defer s.mu.Unlock()
	var unreachable *UnreachableError
	if delete(s.silent, host); errors.As(err, &unreachable) {
		s.silent[host] = time.Now()
	}
	return err
}

// Ask has the host pull an image into the library. Its error is image.ErrUnreachable where no registry answered.
func Ask(ctx context.Context, library image.Library, request Request) error {
	var dialer net.Dialer
	connection, err := dialer.DialContext(ctx, "unix", filepath.Join(library.Folder, Socket))
	if err != nil {
		return fmt.Errorf("%w: %w", image.ErrUnreachable, err)
	}
	defer connection.Close()
	defer context.AfterFunc(ctx, func() { connection.Close() })()
	if err := json.NewEncoder(connection).Encode(request); err != nil {
		return err
	}
	var said answer
	if err := json.NewDecoder(connection).Decode(&said); err != nil {
		return err
	}
	switch {
	case said.Unreachable:
		return fmt.Errorf("%w: %s", image.ErrUnreachable, said.Error)
	case said.Error != "":
		return errors.New(said.Error)
	}
	return nil
}

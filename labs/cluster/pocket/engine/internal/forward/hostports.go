package forward

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// A listener that is opened outside of the cluster's namespaces belongs to the machine's network wherever it is used. So the
// outer supervisor opens ports, and hands them in.

type request struct {
	Port int `json:"port"`
}

type answer struct {
	Taken bool   `json:"taken"`
	Error string `json:"error,omitempty"`
}

// HostPorts asks for ports of the machine.
type HostPorts struct {
	mu     sync.Mutex
	socket *net.UnixConn
}

// NewHostPorts takes one end of a socket pair (SOCK_SEQPACKET) whose other end is with Serve.
func NewHostPorts(file *os.File) (*HostPorts, error) {
	socket, err := packets(file)
	return &HostPorts{socket: socket}, err
}

// Listen opens this port of 127.0.0.1, or a free one (taken is true) when it cannot be had; 0: any.
func (h *HostPorts) Listen(port int) (listener net.Listener, taken bool, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	asked, err := json.Marshal(request{port})
	if err != nil {
		return nil, false, err
	}
	if _, err := h.socket.Write(asked); err != nil {
		return nil, false, err
	}
	said, rights := make([]byte, 1024), make([]byte, unix.CmsgSpace(4))
	size, rightsSize, _, _, err := h.socket.ReadMsgUnix(said, rights)
	if err != nil {
		return nil, false, err
	}
	var got answer
	if err := json.Unmarshal(said[:size], &got); err != nil {
		return nil, false, err
	}
	if got.Error != "" {
		return nil, false, errors.New(got.Error)
	}
	listener, err = received(rights[:rightsSize])
	return listener, got.Taken, err
}

func received(rights []byte) (net.Listener, error) {
	messages, err := unix.ParseSocketControlMessage(rights)
	if err != nil || len(messages) != 1 {
		return nil, fmt.Errorf("the port did not come: %w", err)
	}
	files, err := unix.ParseUnixRights(&messages[0])
	if err != nil || len(files) != 1 {
		return nil, fmt.Errorf("the port did not come: %w", err)
	}
	file := os.NewFile(uintptr(files[0]), "port")
	defer file.Close()
	return net.FileListener(file)
}

// Serve opens the ports that are asked for, until the other end is closed.
func Serve(file *os.File) error {
	socket, err := packets(file)
	if err != nil {
		return err
	}
	defer socket.Close()
	asked := make([]byte, 1024)
	for {
		size, err := socket.Read(asked)
		if err != nil || size == 0 {
			return nil
		}
		if err := serve(socket, asked[:size]); err != nil {
			return err
		}
	}
}

func serve(socket *net.UnixConn, asked []byte) error {
	var wanted request
	if err := json.Unmarshal(asked, &wanted); err != nil {
		return err
	}
	listener, err := listen(wanted.Port)
	taken := err != nil
	if taken {
		listener, err = listen(0)
	}
	if err != nil {
		return say(socket, answer{Error: err.Error()}, nil)
	}
	defer listener.Close()
	file, err := listener.File()
	if err != nil {
		return say(socket, answer{Error: err.Error()}, nil)
	}
	defer file.Close()
	return say(socket, answer{Taken: taken}, unix.UnixRights(int(file.Fd())))
}

func say(socket *net.UnixConn, said answer, rights []byte) error {
	text, err := json.Marshal(said)
	if err != nil {
		return err
	}
	_, _, err = socket.WriteMsgUnix(text, rights, nil)
	return err
}

func listen(port int) (*net.TCPListener, error) {
	return net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
}

func packets(file *os.File) (*net.UnixConn, error) {
	defer file.Close()
	connection, err := net.FileConn(file)
	if err != nil {
		return nil, err
	}
	socket, ok := connection.(*net.UnixConn)
	if !ok {
		return nil, errors.New("not a unix socket")
	}
	return socket, nil
}

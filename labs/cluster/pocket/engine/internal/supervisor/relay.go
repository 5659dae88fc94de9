package supervisor

import (
	"fmt"
	"io"
	"net"
	"time"

	"labs/engine/internal/control"
)

const (
	relayPatience = 10 * time.Second
	relayPause    = 50 * time.Millisecond
)

func apiAddress() string { return fmt.Sprintf("%s:%d", control.APIAddress, control.APIPort) }

// relay passes connections on to address. While nothing listens there, as during a restart, a connection waits.
func relay(listener net.Listener, address string) {
	for {
		connection, err := listener.Accept()
		if err != nil {
			time.Sleep(relayPause)
			continue
		}
		go pass(connection.(*net.TCPConn), address)
	}
}

func pass(from *net.TCPConn, address string) {
	defer from.Close()
	to := patientDial(address)
	if to == nil {
		_ = from.SetLinger(0)
		return
	}
	defer to.Close()
	done := make(chan struct{})
	go func() {
		_, _ = io.Copy(to, from)
		_ = to.CloseWrite()
		close(done)
	}()
	_, _ = io.Copy(from, to)
	_ = from.CloseWrite()
	<-done
}

func patientDial(address string) *net.TCPConn {
	for deadline := time.Now().Add(relayPatience); time.Now().Before(deadline); time.Sleep(relayPause) {
		if connection, err := net.DialTimeout("tcp", address, time.Second); err == nil {
			return connection.(*net.TCPConn)
		}
	}
	return nil
}

// Package relay passes TCP connections on.
package relay

import (
	"errors"
	"io"
	"net"
	"time"
)

const pause = 50 * time.Millisecond

// Dial opens the connection that one is passed on to.
type Dial func() (net.Conn, error)

// Serve passes each connection on to one of its own, until the listener is closed.
func Serve(listener net.Listener, dial Dial) {
	for {
		connection, err := listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			time.Sleep(pause)
			continue
		}
		go pass(connection.(*net.TCPConn), dial)
	}
}

// To dials an address.
func To(address string, patience time.Duration) Dial {
	return func() (net.Conn, error) { return net.DialTimeout("tcp", address, patience) }
}

// Patiently dials again while nothing listens, as during a restart.
func Patiently(dial Dial, patience time.Duration) Dial {
	return func() (net.Conn, error) {
		for deadline := time.Now().Add(patience); ; time.Sleep(pause) {
			connection, err := dial()
			if err == nil || time.Now().After(deadline) {
				return connection, err
			}
		}
	}
}

// pass answers a caller whose connection cannot be passed on by a reset.
func pass(from *net.TCPConn, dial Dial) {
	defer from.Close()
	dialled, err := dial()
	if err != nil {
		_ = from.SetLinger(0)
		return
	}
	to := dialled.(*net.TCPConn)
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

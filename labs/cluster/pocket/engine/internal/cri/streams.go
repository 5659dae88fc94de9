package cri

import (
	"io"
	"os"
	"sync"
	"time"
)

// drainPatience is how long output is awaited that processes outside the container's own may still hold open.
const drainPatience = time.Second

// streamSet carries a container's output to its log and to who is attached, and their input to the container.
type streamSet struct {
	log     *logFile
	readers sync.WaitGroup
	sources []*os.File

	mu       sync.Mutex
	input    *os.File
	terminal *os.File
	attached map[io.Writer]string
}

func newStreams(log *logFile) *streamSet {
	return &streamSet{log: log, attached: map[io.Writer]string{}}
}

// carry copies one stream until its last writer is gone.
func (s *streamSet) carry(name string, from *os.File) {
	s.sources = append(s.sources, from)
	s.readers.Go(func() { s.log.copyLines(name, io.TeeReader(from, &fanOut{set: s, stream: name})) })
}

// fanOut passes output to everybody attached. One who cannot take it is let go.
type fanOut struct {
	set    *streamSet
	stream string
}

func (f *fanOut) Write(text []byte) (int, error) {
	f.set.mu.Lock()
	defer f.set.mu.Unlock()
	for to, stream := range f.set.attached {
		if stream != f.stream {
			continue
		}
		if _, err := to.Write(text); err != nil {
			delete(f.set.attached, to)
		}
	}
	return len(text), nil
}

func (s *streamSet) attach(stream string, to io.Writer) {
	if to == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.attached[to] = stream
}

func (s *streamSet) detach(to io.Writer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.attached, to)
}

func (s *streamSet) closeInput() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.input != nil && s.input != s.terminal {
		_ = s.input.Close()
		s.input = nil
	}
}

// finish returns when all output is in the log.
func (s *streamSet) finish() {
	drained := make(chan struct{})
	go func() {
		s.readers.Wait()
		close(drained)
	}()
	select {
	case <-drained:
	case <-time.After(drainPatience):
	}
	for _, source := range s.sources {
		_ = source.Close()
	}
	<-drained
	s.closeInput()
	s.log.close()
}

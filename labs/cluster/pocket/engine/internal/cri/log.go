package cri

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// lineLimit is the longest piece of a line that one entry of a log holds; longer lines go into several, marked partial.
const lineLimit = 16 << 10

// logFile is a container's log in the format of the container runtime interface: time, stream, F or P, text.
type logFile struct {
	mu   sync.Mutex
	path string
	file *os.File
}

func openLog(path string) (*logFile, error) {
	log := &logFile{path: path}
	return log, log.reopen()
}

func (l *logFile) reopen() error {
	if err := os.MkdirAll(filepath.Dir(l.path), 0o755); err != nil {
		return err
	}
	file, err := os.OpenFile(l.path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o640)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file != nil {
		_ = l.file.Close()
	}
	l.file = file
	return nil
}

func (l *logFile) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = l.file.Close()
}

func (l *logFile) write(stream string, text []byte, whole bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, _ = l.file.Write(entry(time.Now(), stream, text, whole))
}

func entry(at time.Time, stream string, text []byte, whole bool) []byte {
	tag := "P"
	if whole {
		tag = "F"
	}
	line := make([]byte, 0, len(text)+48)
	line = at.UTC().AppendFormat(line, "2006-01-02T15:04:05.000000000Z07:00")
	for _, part := range []string{" ", stream, " ", tag, " "} {
		line = append(line, part...)
	}
	return append(append(line, text...), '\n')
}

// copyLines writes what the reader gives, line by line, until it ends. A last line without an end is whole all the same.
func (l *logFile) copyLines(stream string, from io.Reader) {
	reader := bufio.NewReaderSize(from, lineLimit)
	for {
		text, err := reader.ReadSlice('\n')
		whole := bytes.HasSuffix(text, []byte("\n"))
		if len(text) > 0 {
			l.write(stream, bytes.TrimSuffix(text, []byte("\n")), whole || err != nil && !errors.Is(err, bufio.ErrBufferFull))
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return
		}
	}
}

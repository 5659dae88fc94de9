package supervisor

import (
	"os"
	"path/filepath"
	"sync"
)

const logLimit = 4 << 20

// logFile is a log that is kept small: when full it becomes NAME.log.1, and a new one begins.
type logFile struct {
	mu   sync.Mutex
	path string
	file *os.File
	size int64
}

func openLog(state, name string) (*logFile, error) {
	log := &logFile{path: filepath.Join(state, "logs", name+".log")}
	return log, log.open()
}

func (l *logFile) open() error {
	file, err := os.OpenFile(l.path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return err
	}
	l.file, l.size = file, info.Size()
	return nil
}

// Write never fails: a full disk must not stop the program that logs.
func (l *logFile) Write(data []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.size += int64(len(data)); l.size > logLimit {
		l.rotate()
	}
	_, _ = l.file.Write(data)
	return len(data), nil
}

func (l *logFile) rotate() {
	old := l.file
	if os.Rename(l.path, l.path+".1") == nil && l.open() == nil {
		old.Close()
	}
}

// Close closes the file.
func (l *logFile) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.file.Close()
}

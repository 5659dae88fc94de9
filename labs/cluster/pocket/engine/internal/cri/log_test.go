package cri

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLogFormat(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pod", "0.log")
	log, err := openLog(path)
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("x", lineLimit+10)
	log.copyLines("stdout", strings.NewReader("one\n\n"+long+"\nlast"))
	log.close()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	want := []string{"F one", "F ", "P " + long[:lineLimit], "F " + long[lineLimit:], "F last"}
	if len(lines) != len(want) {
		t.Fatalf("%d entries, want %d", len(lines), len(want))
	}
	for i, line := range lines {
		if _, rest, _ := strings.Cut(line, " stdout "); rest != want[i] {
			t.Errorf("entry %d is %.40q, want %.40q", i, rest, want[i])
		}
	}
}

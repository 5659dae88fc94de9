package supervisor

import (
	"net"
	"os"
	"path/filepath"
	"testing"
)

func code(err error) string {
	if err == nil {
		return ""
	}
	return failureOf(err).Code
}

func TestFolderIsForOne(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "pocket")
	if _, err := openFolder(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := openFolder(dir); code(err) != "already-running" {
		t.Errorf("second opening: %v", err)
	}
}

func TestFolderOfANewerEngineIsRefused(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "engine.json"), []byte(`{"schema": 2}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := openFolder(dir); code(err) != "state-newer" {
		t.Errorf("got %v", err)
	}
}

func TestListen(t *testing.T) {
	state, err := openFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	first, err := state.listen(0)
	if err != nil {
		t.Fatal(err)
	}
	port := first.Addr().(*net.TCPAddr).Port
	if _, err := state.listen(port); code(err) != "port-taken" {
		t.Errorf("a port in use: %v", err)
	}
	if err := state.rememberPort(port); err != nil {
		t.Fatal(err)
	}
	first.Close()
	again, err := state.listen(0)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if now := again.Addr().(*net.TCPAddr).Port; now != port {
		t.Errorf("port %d was not kept, but %d", port, now)
	}
}

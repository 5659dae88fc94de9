package pki

import (
	"bytes"
	"os"
	"testing"
	"time"
)

var nodes = []Host{{Name: "node-1", Address: "10.245.0.1"}}

func openAt(t *testing.T, dir string, hosts []string, now time.Time) *Store {
	t.Helper()
	store, err := open(dir, nodes, hosts, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func TestOpenKeepsWhatStillServes(t *testing.T) {
	start := time.Now()
	cases := []struct {
		name  string
		hosts []string
		later time.Duration
		kept  bool
	}{
		{"at once", []string{"127.0.0.1"}, 0, true},
		{"after a month", []string{"127.0.0.1"}, 30 * 24 * time.Hour, true},
		{"shortly before it expires", []string{"127.0.0.1"}, 350 * 24 * time.Hour, false},
		{"for one more address", []string{"127.0.0.1", "10.245.0.4"}, 0, false},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			first := openAt(t, dir, []string{"127.0.0.1"}, start).Pair(APIServer)
			second := openAt(t, dir, test.hosts, start.Add(test.later)).Pair(APIServer)
			if kept := bytes.Equal(first.Certificate, second.Certificate); kept != test.kept {
				t.Errorf("kept = %t, want %t", kept, test.kept)
			}
		})
	}
}

func TestOpenReplacesDamagedFiles(t *testing.T) {
	dir := t.TempDir()
	store := openAt(t, dir, []string{"127.0.0.1"}, time.Now())
	if err := os.WriteFile(store.KeyFile(Admin), []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	if pair := openAt(t, dir, []string{"127.0.0.1"}, time.Now()).Pair(Admin); bytes.Equal(pair.Key, []byte("damaged")) {
		t.Error("a damaged key was kept")
	}
}

func TestFilesAreTheOwnersAlone(t *testing.T) {
	store := openAt(t, t.TempDir(), []string{"127.0.0.1"}, time.Now())
	for _, file := range []string{store.KeyFile("ca"), store.KeyFile("service-account"), store.KeyFile(Admin)} {
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %o", file, info.Mode().Perm())
		}
	}
}

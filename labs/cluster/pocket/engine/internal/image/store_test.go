package image

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestNormalize(t *testing.T) {
	for name, want := range map[string]string{
		"python":                        "docker.io/library/python:latest",
		"python:3.10":                   "docker.io/library/python:3.10",
		"docker.io/library/python:3.10": "docker.io/library/python:3.10",
		"me/python:3":                   "docker.io/me/python:3",
		"localhost/python":              "localhost/python:latest",
		"ghcr.io/a/b:1":                 "ghcr.io/a/b:1",
		"host:5000/a":                   "host:5000/a:latest",
		"python@sha256:00":              "docker.io/library/python@sha256:00",
	} {
		if got := Normalize(name); got != want {
			t.Errorf("Normalize(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestOnlyBaseImagesHaveStandIns(t *testing.T) {
	for name, want := range map[string]bool{
		"python:3.10": true, "busybox": true, "docker.io/library/debian:12": true,
		"mymodel:latest": false, "pyhton:3.10": false, "ghcr.io/x/python:3": false, "python@sha256:00": false, "me/python": false,
	} {
		if _, got := MachineImage(Normalize(name), Python{}, ""); got != want {
			t.Errorf("a stand-in for %q: %v, want %v", name, got, want)
		}
	}
}

func TestAnImageIsThereOnceItWasPulled(t *testing.T) {
	folder := t.TempDir()
	store, err := Open(folder, Library{folder}, Python{Version: "3.11.7"})
	if err != nil {
		t.Fatal(err)
	}
	if _, found, _ := store.Find("python:3.10"); found {
		t.Error("python:3.10 is there before it was pulled")
	}
	pulled, err := store.Pull("python:3.10", nobody)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Open(folder, Library{folder}, Python{Version: "3.11.7"})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"python:3.10", "docker.io/library/python:3.10", pulled.ID} {
		if _, found, _ := again.Find(name); !found {
			t.Errorf("%s is not there after it was pulled", name)
		}
	}
	if err := again.Remove(pulled.ID); err != nil {
		t.Fatal(err)
	}
	if _, found, _ := again.Find("python:3.10"); found {
		t.Error("python:3.10 is there after it was removed")
	}
}

func TestAnUnknownImageIsNamedWithWhatIsBuiltIn(t *testing.T) {
	store, err := Open(t.TempDir(), Library{t.TempDir()}, Python{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = store.Pull("mymodel:latest", nobody)
	if err == nil || !strings.Contains(err.Error(), `"mymodel:latest"`) || !strings.Contains(err.Error(), "busybox, debian, python, ubuntu") {
		t.Errorf("the message is %v", err)
	}
}

func TestABuiltImageIsOnEveryNodeAndInNoRegistry(t *testing.T) {
	library := Library{t.TempDir()}
	made, err := library.Add(Normalize("mymodel:v1"), Image{Origin: Built, Command: []string{"x"}})
	if err != nil {
		t.Fatal(err)
	}
	again, err := library.Add(Normalize("mymodel:same"), Image{Origin: Built, Command: []string{"x"}})
	if err != nil || again.ID != made.ID {
		t.Errorf("the same image has the digests %s and %s (%v)", made.ID, again.ID, err)
	}
	store, err := Open(t.TempDir(), library, Python{})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"mymodel:v1", made.ID} {
		if found, known, err := store.Find(name); err != nil || !known || found.ID != made.ID {
			t.Errorf("Find(%q) = %v, %v, %v", name, found, known, err)
		}
	}
	if _, err = store.Pull("mymodel:v1", nobody); err == nil || !strings.Contains(err.Error(), "imagePullPolicy Always") {
		t.Errorf("pulling it: %v", err)
	}
}

func TestASnapshotAppearsWholeOrNotAtAll(t *testing.T) {
	library := Library{t.TempDir()}
	release, err := library.Lock("test.lock")
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	failed := errors.New("no")
	if err := library.Make("one", func(string) error { return failed }); !errors.Is(err, failed) || library.Has("one") {
		t.Errorf("%v, and it is there: %v", err, library.Has("one"))
	}
	fill := func(root string) error { return os.WriteFile(filepath.Join(root, "file"), []byte("1234"), 0o640) }
	if err := library.Make("one", fill); err != nil || !library.Has("one") || library.Size("one") != 4 {
		t.Errorf("%v, size %d", err, library.Size("one"))
	}
	for _, link := range []bool{true, false} {
		copied := filepath.Join(t.TempDir(), "copy")
		if err := Clone(library.Root("one"), copied, link); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(filepath.Join(copied, "file")); err != nil || info.Mode() != 0o640 {
			t.Errorf("the copy: %v, %v", info, err)
		}
	}
}

func nobody(string) error { return ErrUnreachable }

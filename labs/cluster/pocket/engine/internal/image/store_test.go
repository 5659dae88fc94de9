package image

import (
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
		if _, got := standIn(Normalize(name), Python{}); got != want {
			t.Errorf("a stand-in for %q: %v, want %v", name, got, want)
		}
	}
}

func TestAnImageIsThereOnceItWasPulled(t *testing.T) {
	folder := t.TempDir()
	store, err := Open(folder, Python{Version: "3.11.7"})
	if err != nil {
		t.Fatal(err)
	}
	if _, found := store.Find("python:3.10"); found {
		t.Error("python:3.10 is there before it was pulled")
	}
	pulled, err := store.Pull("python:3.10")
	if err != nil {
		t.Fatal(err)
	}
	again, err := Open(folder, Python{Version: "3.11.7"})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"python:3.10", "docker.io/library/python:3.10", pulled.ID} {
		if _, found := again.Find(name); !found {
			t.Errorf("%s is not there after it was pulled", name)
		}
	}
	if err := again.Remove(pulled.ID); err != nil {
		t.Fatal(err)
	}
	if _, found := again.Find("python:3.10"); found {
		t.Error("python:3.10 is there after it was removed")
	}
}

func TestAnUnknownImageIsNamedWithWhatIsBuiltIn(t *testing.T) {
	store, err := Open(t.TempDir(), Python{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = store.Pull("mymodel:latest")
	if err == nil || !strings.Contains(err.Error(), `"mymodel:latest"`) || !strings.Contains(err.Error(), "busybox, debian, python, ubuntu") {
		t.Errorf("the message is %v", err)
	}
}

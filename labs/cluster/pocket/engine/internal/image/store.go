package image

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// Image is one image of the store.
type Image struct {
	ID        string
	Reference string
	Command   []string
	Env       []string
}

// Label marks stand-ins, on images and in the words of the runtime.
const Label = "labs.image/stand-in"

// Store remembers which images a node has pulled.
type Store struct {
	mu     sync.Mutex
	file   string
	python Python
	pulled []string
}

// Open reads the store kept in the folder.
func Open(folder string, python Python) (*Store, error) {
	store := &Store{file: filepath.Join(folder, "images.json"), python: python}
	text, err := os.ReadFile(store.file)
	if errors.Is(err, fs.ErrNotExist) {
		return store, nil
	}
	if err != nil {
		return nil, err
	}
	return store, json.Unmarshal(text, &store.pulled)
}

// List gives all pulled images.
func (s *Store) List() []Image {
	s.mu.Lock()
	defer s.mu.Unlock()
	images := make([]Image, 0, len(s.pulled))
	for _, reference := range s.pulled {
		if image, known := standIn(reference, s.python); known {
			images = append(images, image)
		}
	}
	return images
}

// Find looks a pulled image up by its reference or ID.
func (s *Store) Find(name string) (Image, bool) {
	reference := Normalize(name)
	for _, image := range s.List() {
		if image.ID == name || image.Reference == reference {
			return image, true
		}
	}
	return Image{}, false
}

// Pull makes an image available. The error of an unknown one is what the learner reads in the pod's events.
func (s *Store) Pull(name string) (Image, error) {
	reference := Normalize(name)
	image, known := standIn(reference, s.python)
	if !known {
		return Image{}, fmt.Errorf("no registry can be reached from this cluster, and %q is not among the images that are built in (%s)",
			name, strings.Join(builtIn(), ", "))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if slices.Contains(s.pulled, reference) {
		return image, nil
	}
	return image, s.keep(append(s.pulled, reference))
}

// Remove forgets an image.
func (s *Store) Remove(name string) error {
	image, found := s.Find(name)
	if !found {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.keep(slices.DeleteFunc(slices.Clone(s.pulled), func(one string) bool { return one == image.Reference }))
}

func (s *Store) keep(pulled []string) error {
	text, err := json.Marshal(pulled)
	if err != nil {
		return err
	}
	if err := os.WriteFile(s.file+".new", text, 0o600); err != nil {
		return err
	}
	s.pulled = pulled
	return os.Rename(s.file+".new", s.file)
}

// Normalize writes a reference out in full: "python" is docker.io/library/python:latest.
func Normalize(name string) string {
	repository, tag, digest := name, "", ""
	if at := strings.Index(repository, "@"); at >= 0 {
		repository, digest = repository[:at], repository[at:]
	}
	if colon := strings.LastIndex(repository, ":"); colon > strings.LastIndex(repository, "/") {
		repository, tag = repository[:colon], repository[colon:]
	}
	if tag == "" && digest == "" {
		tag = ":latest"
	}
	first, _, nested := strings.Cut(repository, "/")
	switch {
	case !nested:
		repository = "docker.io/library/" + repository
	case !strings.ContainsAny(first, ".:") && first != "localhost":
		repository = "docker.io/" + repository
	}
	return repository + tag + digest
}

func identify(reference string) string {
	sum := sha256.Sum256([]byte("stand-in of " + reference))
	return "sha256:" + hex.EncodeToString(sum[:])
}

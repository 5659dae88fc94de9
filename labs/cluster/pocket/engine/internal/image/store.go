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

// Image is one image: how its containers begin, and what they see.
type Image struct {
	ID        string `json:"id,omitempty"`
	Reference string `json:"reference,omitempty"`
	Origin    string `json:"origin"`

	Entrypoint []string          `json:"entrypoint,omitempty"`
	Command    []string          `json:"command,omitempty"`
	Env        []string          `json:"env,omitempty"`
	Dir        string            `json:"dir,omitempty"`
	User       string            `json:"user,omitempty"`
	StopSignal string            `json:"stopSignal,omitempty"`
	Labels     map[string]string `json:"labels,omitempty"`
	Ports      []string          `json:"ports,omitempty"`

	// Snapshot names the image's files in the library; "" when it has none of its own. Machine: the machine's programs are
	// shown among them.
	Snapshot string `json:"snapshot,omitempty"`
	Machine  bool   `json:"machine,omitempty"`
	Size     int64  `json:"size"`
}

// Label marks stand-ins, on images and in the words of the runtime.
const Label = "labs.image/stand-in"

// nodeLibraries is where a node has the libraries of the course's interpreter.
const nodeLibraries = "/usr/local/lib"

// Store is a node's view of the images: those that were built are on every node, the others where they were pulled.
type Store struct {
	Library Library

	mu     sync.Mutex
	file   string
	python Python
	pulled []string
}

// Open reads the store kept in the folder.
func Open(folder string, library Library, python Python) (*Store, error) {
	store := &Store{Library: library, file: filepath.Join(folder, "images.json"), python: python}
	text, err := os.ReadFile(store.file)
	if errors.Is(err, fs.ErrNotExist) {
		return store, nil
	}
	if err != nil {
		return nil, err
	}
	return store, json.Unmarshal(text, &store.pulled)
}

// List gives all images of the node.
func (s *Store) List() ([]Image, error) {
	index, err := s.Library.Read()
	if err != nil {
		return nil, fmt.Errorf("read the index of the images: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var images []Image
	for reference := range index.References {
		if found, known := index.Find(reference); known && (found.Origin == Built || slices.Contains(s.pulled, reference)) {
			images = append(images, found)
		}
	}
	for _, reference := range s.pulled {
		if _, there := index.Find(reference); there {
			continue
		}
		if found, known := MachineImage(reference, s.python, nodeLibraries); known {
			images = append(images, found)
		}
	}
	return images, nil
}

// Find looks an image of the node up by its reference or ID.
func (s *Store) Find(name string) (Image, bool, error) {
	images, err := s.List()
	if err != nil {
		return Image{}, false, err
	}
	reference := Normalize(name)
	for _, one := range images {
		if one.ID == name || one.Reference == reference {
			return one, true, nil
		}
	}
	return Image{}, false, nil
}

// ErrUnreachable tells that no registry answered.
var ErrUnreachable = errors.New("no registry can be reached")

// Pull makes an image available: a stand-in, or what ask, which wants a full reference, gets from its registry into the
// library. The error of one that cannot be had is what the learner reads in the pod's events.
func (s *Store) Pull(name string, ask func(reference string) error) (Image, error) {
	reference := Normalize(name)
	index, err := s.Library.Read()
	if err != nil {
		return Image{}, err
	}
	before, local := index.Find(reference)
	if found, known := MachineImage(reference, s.python, nodeLibraries); known && !local {
		return found, s.remember(reference)
	}
	if err := ask(reference); err != nil {
		return Image{}, refused(name, local && before.Origin == Built, err)
	}
	if index, err = s.Library.Read(); err != nil {
		return Image{}, err
	}
	found, _ := index.Find(reference)
	return found, s.remember(reference)
}

func refused(name string, built bool, err error) error {
	if built {
		return fmt.Errorf("%q was built on this machine and its registry does not give it (%w); imagePullPolicy Always (the default for the tag latest) "+
			"asks the registry each time: use another tag, and imagePullPolicy IfNotPresent", name, err)
	}
	if errors.Is(err, ErrUnreachable) {
		return fmt.Errorf("no registry can be reached from this cluster, and %q is neither built on this machine (`labs images` lists those) "+
			"nor among the images that are built in (%s)", name, strings.Join(builtIn(), ", "))
	}
	return err
}

func (s *Store) remember(reference string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if slices.Contains(s.pulled, reference) {
		return nil
	}
	return s.keep(append(s.pulled, reference))
}

// Remove forgets an image that was pulled.
func (s *Store) Remove(name string) error {
	found, known, err := s.Find(name)
	if err != nil || !known {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.keep(slices.DeleteFunc(slices.Clone(s.pulled), func(one string) bool { return one == found.Reference }))
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

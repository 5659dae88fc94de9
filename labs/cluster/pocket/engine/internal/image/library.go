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

	"golang.org/x/sys/unix"
)

// Origins of images.
const (
	Built   = "built"
	Pulled  = "pulled"
	StandIn = "stand-in"
)

// Library is the folder with the images of all nodes: an index, and the files of each image, unpacked once. The host writes
// it (builds and pulls), the nodes read it.
type Library struct{ Folder string }

// Index names the images. Those whose reference has gone to another one are kept for the containers made from them.
type Index struct {
	Schema     int               `json:"schema"`
	Images     map[string]Image  `json:"images"`
	References map[string]string `json:"references"`
}

// Read gives the index, which is empty where nothing was built or pulled yet.
func (l Library) Read() (Index, error) {
	index := Index{Schema: 1, Images: map[string]Image{}, References: map[string]string{}}
	text, err := os.ReadFile(filepath.Join(l.Folder, "index.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return index, nil
	}
	if err != nil {
		return index, err
	}
	return index, json.Unmarshal(text, &index)
}

// Find gives the image of a full reference.
func (i Index) Find(reference string) (Image, bool) {
	found, known := i.Images[i.References[reference]]
	found.Reference = reference
	return found, known
}

// Add gives the image its digest and its reference.
func (l Library) Add(reference string, image Image) (Image, error) {
	image.ID, image.Reference = "", ""
	text, err := json.Marshal(image)
	if err != nil {
		return image, err
	}
	sum := sha256.Sum256(text)
	image.ID = "sha256:" + hex.EncodeToString(sum[:])
	release, err := l.Lock("index.lock")
	if err != nil {
		return image, err
	}
	defer release()
	index, err := l.Read()
	if err != nil {
		return image, err
	}
	index.Images[image.ID], index.References[reference] = image, image.ID
	image.Reference = reference
	return image, l.write(index)
}

func (l Library) write(index Index) error {
	text, err := json.MarshalIndent(index, "", " ")
	if err != nil {
		return err
	}
	path := filepath.Join(l.Folder, "index.json")
	if err := os.WriteFile(path+".new", text, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// Lock waits for a lock of the library, which ends with the process at the latest.
func (l Library) Lock(name string) (release func(), err error) {
	if err := os.MkdirAll(filepath.Join(l.Folder, "snapshots"), 0o700); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(filepath.Join(l.Folder, name), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX); err != nil {
		file.Close()
		return nil, fmt.Errorf("lock the images: %w", err)
	}
	return func() { file.Close() }, nil
}

// Root is the folder with a snapshot's files.
func (l Library) Root(snapshot string) string {
	return filepath.Join(l.Folder, "snapshots", snapshot, "root")
}

// Has tells whether a snapshot is there, whole.
func (l Library) Has(snapshot string) bool {
	_, err := os.Stat(l.Root(snapshot))
	return err == nil
}

// Make fills a snapshot, unless it is there: it appears whole, or not at all.
func (l Library) Make(snapshot string, fill func(root string) error) error {
	if l.Has(snapshot) {
		return nil
	}
	fresh, err := os.MkdirTemp(filepath.Join(l.Folder, "snapshots"), ".new-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(fresh)
	root := filepath.Join(fresh, "root")
	if err := os.Mkdir(root, 0o755); err != nil {
		return err
	}
	if err := fill(root); err != nil {
		return err
	}
	size, err := sizeOf(root)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(fresh, "size"), fmt.Append(nil, size), 0o600); err != nil {
		return err
	}
	if err := os.Chmod(fresh, 0o755); err != nil {
		return err
	}
	return os.Rename(fresh, filepath.Join(l.Folder, "snapshots", snapshot))
}

// Sweep removes what interrupted builds and pulls have left. The caller holds their lock.
func (l Library) Sweep() error {
	left, err := filepath.Glob(filepath.Join(l.Folder, "snapshots", ".new-*"))
	if err != nil {
		return err
	}
	for _, one := range left {
		if err := os.RemoveAll(one); err != nil {
			return err
		}
	}
	return nil
}

// Size is the number of bytes in a snapshot's files.
func (l Library) Size(snapshot string) int64 {
	text, err := os.ReadFile(filepath.Join(l.Folder, "snapshots", snapshot, "size"))
	var size int64
	if err == nil {
		_, _ = fmt.Sscan(string(text), &size)
	}
	return size
}

func sizeOf(root string) (int64, error) {
	total := int64(0)
	err := filepath.WalkDir(root, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			total += info.Size()
		}
		return err
	})
	return total, err
}

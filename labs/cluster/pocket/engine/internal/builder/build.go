package builder

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	securejoin "github.com/cyphar/filepath-securejoin"
	"github.com/google/go-containerregistry/pkg/authn"

	"labs/engine/internal/dockerfile"
	"labs/engine/internal/image"
	"labs/engine/internal/registry"
	"labs/engine/internal/rootfs"
)

// stage is one FROM and what follows it.
type stage struct {
	name  string
	image image.Image
	// arguments are the values of ARG that hold here.
	arguments map[string]string
	// usedCommand: an ENTRYPOINT forgets the CMD of the base, but not one of this stage.
	ownCommand bool
}

type build struct {
	Options
	say    func(Step)
	ignore ignore
	global map[string]string
	stages []*stage
	pip    *pip
	// scratch is a folder that is gone after the build.
	scratch string
	// reused: the files that the present step leaves were there before.
	reused bool
}

// Build makes the image that the Dockerfile in the context describes.
func Build(options Options, say func(Step)) (image.Image, error) {
	text, err := os.ReadFile(filepath.Join(options.Context, "Dockerfile"))
	if errors.Is(err, fs.ErrNotExist) {
		return image.Image{}, &dockerfile.Error{Line: 1, Message: fmt.Sprintf("there is no Dockerfile in %s", options.Context)}
	}
	if err != nil {
		return image.Image{}, err
	}
	instructions, err := dockerfile.Parse(string(text))
	if err != nil {
		return image.Image{}, err
	}
	release, err := options.Library.Lock("build.lock")
	if err != nil {
		return image.Image{}, err
	}
	defer release()
	if err := options.Library.Sweep(); err != nil {
		return image.Image{}, err
	}
	scratch, err := os.MkdirTemp(filepath.Join(options.Library.Folder, "snapshots"), ".new-")
	if err != nil {
		return image.Image{}, err
	}
	defer os.RemoveAll(scratch)
	if err := os.Chmod(scratch, 0o755); err != nil {
		return image.Image{}, err
	}
	b := &build{Options: options, say: say, global: map[string]string{}, scratch: scratch}
	if b.ignore, err = readIgnore(options.Context); err != nil {
		return image.Image{}, err
	}
	for number, one := range instructions {
		if err := b.step(fmt.Sprintf("%d/%d", number+1, len(instructions)), one); err != nil {
			return image.Image{}, err
		}
	}
	return b.finish()
}

func (b *build) finish() (image.Image, error) {
	made := b.now().image
	made.Origin = image.Built
	made.Size = b.Library.Size(made.Snapshot)
	return b.Library.Add(b.Reference, made)
}

func (b *build) now() *stage { return b.stages[len(b.stages)-1] }

func (b *build) step(number string, one dockerfile.Instruction) error {
	began := time.Now()
	b.say(Step{"step", number, "starting", one.Text, 0})
	b.reused = false
	if err := b.perform(number, one); err != nil {
		return err
	}
	detail := one.Text
	if b.reused {
		detail += " (nothing new)"
	}
	b.say(Step{"step", number, "ready", detail, since(began)})
	return nil
}

func (b *build) perform(number string, one dockerfile.Instruction) error {
	if len(b.stages) == 0 && one.Name == "ARG" {
		return b.argument(one, b.global, b.global)
	}
	if one.Name == "FROM" {
		return b.from(one)
	}
	now := b.now()
	switch one.Name {
	case "RUN":
		return b.run(number, one)
	case "COPY":
		return b.copy(one)
	case "WORKDIR":
		return b.workdir(one)
	case "ARG":
		return b.argument(one, now.arguments, b.global)
	case "ENV", "LABEL":
		return b.pairs(one)
	case "CMD":
		now.image.Command, now.ownCommand = one.Command(), true
	case "ENTRYPOINT":
		now.image.Entrypoint = one.Command()
		if !now.ownCommand {
			now.image.Command = nil
		}
	case "USER":
		user, err := dockerfile.Expand(one.Args, b.lookup)
		if err != nil || strings.ContainsAny(user, " \t") {
			return one.Errorf("USER wants one NAME, ID or USER:GROUP, not %q", one.Args)
		}
		now.image.User = user
	case "EXPOSE":
		return b.expose(one)
	}
	return nil
}

func (b *build) lookup(name string) (string, bool) {
	now := b.now()
	for _, entry := range now.image.Env {
		if value, found := strings.CutPrefix(entry, name+"="); found {
			return value, true
		}
	}
	value, found := now.arguments[name]
	return value, found
}

// from begins a stage with an earlier one, an image of the library, or a stand-in.
func (b *build) from(one dockerfile.Instruction) error {
	words, err := dockerfile.Words(one.Args, func(name string) (string, bool) { value, set := b.global[name]; return value, set })
	if err != nil {
		return one.Errorf("%v", err)
	}
	if len(words) != 1 && !(len(words) == 3 && strings.EqualFold(words[1], "as")) {
		return one.Errorf("FROM wants IMAGE or IMAGE AS NAME, not %q", one.Args)
	}
	next := &stage{arguments: map[string]string{}}
	if len(words) == 3 {
		next.name = words[2]
	}
	if next.image, err = b.base(one, words[0]); err != nil {
		return err
	}
	b.stages = append(b.stages, next)
	return nil
}

func (b *build) base(one dockerfile.Instruction, name string) (image.Image, error) {
	if earlier := b.stage(name); earlier != nil {
		copied := earlier.image
		copied.Env, copied.Labels = slices.Clone(copied.Env), maps.Clone(copied.Labels)
		return copied, nil
	}
	index, err := b.Library.Read()
	if err != nil {
		return image.Image{}, err
	}
	if found, known := index.Find(image.Normalize(name)); known {
		found.ID, found.Reference = "", ""
		return found, nil
	}
	found, known := image.MachineImage(image.Normalize(name), b.Python, filepath.Join(b.Python.Prefix, "lib"))
	if !known {
		pulled, err := registry.Pull(context.Background(), b.Library, image.Normalize(name), authn.Anonymous)
		if err != nil {
			return found, one.Errorf("there is no image %q here (`labs images` lists what there is), and it cannot be pulled: %v", name, err)
		}
		pulled.ID, pulled.Reference = "", ""
		return pulled, nil
	}
	found.ID, found.Reference = "", ""
	found.Labels = map[string]string{image.Label: "Python " + b.Python.Version + " and the programs of this machine"}
	found.Snapshot = key("stand-in", b.Python.Version, b.Python.Executable)
	return found, b.Library.Make(found.Snapshot, rootfs.Prepare)
}

func (b *build) stage(name string) *stage {
	if number, err := strconv.Atoi(name); err == nil && number >= 0 && number < len(b.stages) {
		return b.stages[number]
	}
	for _, one := range slices.Backward(b.stages) {
		if name != "" && strings.EqualFold(one.name, name) {
			return one
		}
	}
	return nil
}

// argument gives ARG NAME or NAME=DEFAULT its value: the one of the command line, else that of an ARG before FROM, else its default.
func (b *build) argument(one dockerfile.Instruction, into, outer map[string]string) error {
	lookup := func(name string) (string, bool) { value, set := into[name]; return value, set }
	if len(b.stages) > 0 {
		lookup = b.lookup
	}
	words, err := dockerfile.Words(one.Args, lookup)
	if err != nil {
		return one.Errorf("%v", err)
	}
	for _, word := range words {
		name, value, hasDefault := strings.Cut(word, "=")
		if given, set := b.Arguments[name]; set {
			value, hasDefault = given, true
		} else if before, set := outer[name]; set && !hasDefault {
			value, hasDefault = before, true
		}
		if hasDefault {
			into[name] = value
		}
	}
	return nil
}

// pairs are those of ENV and LABEL.
func (b *build) pairs(one dockerfile.Instruction) error {
	first, rest, spaced := strings.Cut(one.Args, " ")
	if spaced && !strings.Contains(first, "=") {
		value, err := dockerfile.Expand(strings.TrimSpace(rest), b.lookup)
		if err != nil {
			return one.Errorf("%v", err)
		}
		b.set(one.Name, first, value)
		return nil
	}
	words, err := dockerfile.Words(one.Args, b.lookup)
	if err != nil {
		return one.Errorf("%v", err)
	}
	for _, word := range words {
		name, value, found := strings.Cut(word, "=")
		if !found || name == "" {
			return one.Errorf("%s wants NAME=VALUE, not %q", one.Name, word)
		}
		b.set(one.Name, name, value)
	}
	return nil
}

func (b *build) set(kind, name, value string) {
	made := &b.now().image
	if kind == "LABEL" {
		if made.Labels == nil {
			made.Labels = map[string]string{}
		}
		made.Labels[name] = value
		return
	}
	made.Env = slices.DeleteFunc(made.Env, func(entry string) bool { return strings.HasPrefix(entry, name+"=") })
	made.Env = append(made.Env, name+"="+value)
}

func (b *build) expose(one dockerfile.Instruction) error {
	words, err := dockerfile.Words(one.Args, b.lookup)
	if err != nil {
		return one.Errorf("%v", err)
	}
	for _, word := range words {
		number, protocol, _ := strings.Cut(word, "/")
		port, err := strconv.ParseUint(number, 10, 16)
		if protocol = cmp.Or(protocol, "tcp"); err != nil || port == 0 || protocol != "tcp" && protocol != "udp" {
			return one.Errorf("EXPOSE wants ports such as 5000 or 53/udp, not %q", word)
		}
		b.now().image.Ports = append(b.now().image.Ports, number+"/"+protocol)
	}
	return nil
}

func (b *build) workdir(one dockerfile.Instruction) error {
	now := b.now()
	text, err := dockerfile.Expand(one.Args, b.lookup)
	if err != nil {
		return one.Errorf("%v", err)
	}
	now.image.Dir = absolute(text, now.image.Dir)
	return b.change(key("WORKDIR", now.image.Snapshot, now.image.Dir), true, func(root string) error {
		folder, err := securejoin.SecureJoin(root, now.image.Dir)
		if err != nil {
			return err
		}
		return os.MkdirAll(folder, 0o755)
	})
}

func absolute(text, dir string) string {
	if !path.IsAbs(text) {
		text = path.Join("/", dir, text)
	}
	return path.Clean(text)
}

// change makes the next snapshot of the stage from the one before.
func (b *build) change(next string, link bool, by func(root string) error) error {
	now := b.now()
	b.reused = b.Library.Has(next)
	err := b.Library.Make(next, func(root string) error {
		if err := image.Clone(b.Library.Root(now.image.Snapshot), root, link); err != nil {
			return fmt.Errorf("copy the files of the step before: %w", err)
		}
		return by(root)
	})
	if err == nil {
		now.image.Snapshot = next
	}
	return err
}

// key names a snapshot after all that went into it.
func key(parts ...string) string {
	text, _ := json.Marshal(parts)
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

package builder

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"labs/engine/internal/dockerfile"
	"labs/engine/internal/image"
)

// workshop builds on an image without files of its own, so that no step needs a network or namespaces.
type workshop struct {
	t       *testing.T
	options Options
	steps   []Step
}

func newWorkshop(t *testing.T, files map[string]string) *workshop {
	t.Helper()
	w := &workshop{t: t, options: Options{
		Library: image.Library{Folder: t.TempDir()}, Context: t.TempDir(), Reference: image.Normalize("made:v1"), Arguments: map[string]string{},
	}}
	release, err := w.options.Library.Lock("build.lock")
	if err != nil {
		t.Fatal(err)
	}
	release()
	if err := w.options.Library.Make("empty", func(string) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if _, err := w.options.Library.Add(image.Normalize("base:v1"), image.Image{Origin: image.Built, Snapshot: "empty"}); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		w.write(name, text)
	}
	return w
}

func (w *workshop) write(name, text string) {
	w.t.Helper()
	path := filepath.Join(w.options.Context, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		w.t.Fatal(err)
	}
}

func (w *workshop) link(name, to string) {
	w.t.Helper()
	if err := os.Symlink(to, filepath.Join(w.options.Context, name)); err != nil {
		w.t.Fatal(err)
	}
}

func (w *workshop) build(lines ...string) (image.Image, error) {
	w.t.Helper()
	w.write("Dockerfile", strings.Join(append([]string{"FROM base:v1"}, lines...), "\n")+"\n")
	w.steps = nil
	return Build(w.options, func(step Step) { w.steps = append(w.steps, step) })
}

func (w *workshop) must(lines ...string) image.Image {
	w.t.Helper()
	made, err := w.build(lines...)
	if err != nil {
		w.t.Fatal(err)
	}
	return made
}

// holds gives the content of a file in the image; "" when it is not there.
func (w *workshop) holds(made image.Image, name string) string {
	text, _ := os.ReadFile(filepath.Join(w.options.Library.Root(made.Snapshot), name))
	return string(text)
}

// reused gives for each step whether it found its files made.
func (w *workshop) reused() string {
	var marks []byte
	for _, step := range w.steps {
		if step.State == "ready" {
			marks = append(marks, map[bool]byte{false: 'n', true: 'r'}[strings.HasSuffix(step.Detail, "(nothing new)")])
		}
	}
	return string(marks)
}

func TestCopyPutsFilesAndFolders(t *testing.T) {
	w := newWorkshop(t, map[string]string{"a.txt": "a", "b.txt": "b", "code/main.py": "main", "code/lib/x.py": "x"})
	made := w.must("WORKDIR /app", "COPY *.txt ./", "COPY code src/", "COPY a.txt /etc/renamed")
	for name, want := range map[string]string{
		"app/a.txt": "a", "app/b.txt": "b", "app/src/main.py": "main", "app/src/lib/x.py": "x", "etc/renamed": "a",
	} {
		if got := w.holds(made, name); got != want {
			t.Errorf("%s holds %q, want %q", name, got, want)
		}
	}
}

func TestWhatCannotBeCopiedIsNamedWithItsLine(t *testing.T) {
	w := newWorkshop(t, map[string]string{"a": "a", "b": "b", "kept/.keep": "", ".dockerignore": "secret*\n", "secret.key": "s"})
	outside := filepath.Join(t.TempDir(), "passwords")
	if err := os.WriteFile(outside, []byte("p"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.link("sneaky", outside)
	w.link("kept/up", filepath.Dir(outside))
	for line, want := range map[string]string{
		"COPY ../outside /x":            "outside of the build context",
		"COPY a/../../outside /x":       "outside of the build context",
		"COPY sneaky /x":                "outside of the build context",
		"COPY kept/up/passwords /x":     "outside of the build context",
		"COPY none /x":                  "there is no such file in the build context",
		"COPY secret.key /x":            "there is no such file in the build context",
		"COPY a b /x":                   "the target must be a folder",
		"COPY a":                        "COPY wants what to copy and where to",
		"COPY --from=nobody.test/x a b": "there is no image",
	} {
		_, err := w.build("", line)
		var mistake *dockerfile.Error
		if !errors.As(err, &mistake) || mistake.Line != 3 || !strings.Contains(mistake.Message, want) {
			t.Errorf("%s: %v, want line 3 and %q", line, err, want)
		}
	}
}

func TestLinksInsideOfACopiedFolderStayLinks(t *testing.T) {
	w := newWorkshop(t, map[string]string{"code/main.py": "main"})
	w.link("code/latest", "/etc/shadow")
	made := w.must("COPY code /app")
	if to, err := os.Readlink(filepath.Join(w.options.Library.Root(made.Snapshot), "app/latest")); err != nil || to != "/etc/shadow" {
		t.Errorf("app/latest leads to %q (%v)", to, err)
	}
}

func TestALinkInTheImageDoesNotLeadTheCopyOutOfIt(t *testing.T) {
	w := newWorkshop(t, map[string]string{"a": "new"})
	victim := t.TempDir()
	if err := os.MkdirAll(filepath.Join(w.options.Context, "code"), 0o755); err != nil {
		t.Fatal(err)
	}
	w.link("code/out", victim)
	made := w.must("COPY code /app", "COPY a /app/out/a")
	if _, err := os.Stat(filepath.Join(victim, "a")); err == nil {
		t.Fatal("the file was written outside of the image")
	}
	if got := w.holds(made, filepath.Join(victim, "a")); got != "new" {
		t.Errorf("inside of the image it holds %q", got)
	}
}

func TestTheLastRuleThatFitsDecidesWhatIsIgnored(t *testing.T) {
	w := newWorkshop(t, map[string]string{
		".dockerignore": "# notes\n*.log\n**/cache\ndata/*\n!data/keep.csv\n",
		"x.log":         "1", "sub/x.log": "2", "sub/cache/c": "3", "data/keep.csv": "4", "data/drop.csv": "5", "main.py": "6",
	})
	made := w.must("COPY . /app")
	for name, want := range map[string]string{
		"app/x.log": "", "app/sub/x.log": "2", "app/sub/cache/c": "", "app/data/keep.csv": "4", "app/data/drop.csv": "", "app/main.py": "6",
	} {
		if got := w.holds(made, name); got != want {
			t.Errorf("%s holds %q, want %q", name, got, want)
		}
	}
}

func TestAStepIsMadeAgainExactlyWhenItsInputHasChanged(t *testing.T) {
	w := newWorkshop(t, map[string]string{"a": "1", "b": "1", ".dockerignore": "*.tmp"})
	lines := []string{"WORKDIR /app", "COPY a ./", "COPY b ./", "COPY . /all/"}
	first := w.must(lines...)
	if got := w.reused(); got != "nnnnn" {
		t.Errorf("at first: %s", got)
	}
	if again := w.must(lines...); again.ID != first.ID || w.reused() != "nrrrr" {
		t.Errorf("unchanged: %s, the same image: %v", w.reused(), again.ID == first.ID)
	}
	w.write("c.tmp", "ignored")
	if again := w.must(lines...); again.ID != first.ID {
		t.Error("a file that is ignored has changed the image")
	}
	w.write("b", "2")
	if changed := w.must(lines...); changed.ID == first.ID || w.reused() != "nrrnn" {
		t.Errorf("b changed: %s, the same image: %v", w.reused(), changed.ID == first.ID)
	}
	if err := os.Chmod(filepath.Join(w.options.Context, "a"), 0o755); err != nil {
		t.Fatal(err)
	}
	if w.must(lines...); w.reused() != "nrnnn" {
		t.Errorf("the mode of a changed: %s", w.reused())
	}
	w.must("LABEL x=y", "WORKDIR /app")
	if got := w.reused(); got != "nnr" {
		t.Errorf("a label before: %s", got)
	}
}

func TestSettingsOfTheImage(t *testing.T) {
	w := newWorkshop(t, map[string]string{"a": "a"})
	w.options.Arguments["VERSION"] = "v2"
	made := w.must("ARG VERSION=v1", "ENV MODEL=$VERSION LANG=C", "EXPOSE 5000 53/udp", "USER 1000:1000", `CMD ["serve"]`, "ENTRYPOINT [\"run\"]")
	want := image.Image{
		Env: []string{"MODEL=v2", "LANG=C"}, Ports: []string{"5000/tcp", "53/udp"}, User: "1000:1000", Command: []string{"serve"}, Entrypoint: []string{"run"},
	}
	if strings.Join(made.Env, " ") != strings.Join(want.Env, " ") || strings.Join(made.Ports, " ") != strings.Join(want.Ports, " ") ||
		made.User != want.User || strings.Join(made.Command, " ") != "serve" || strings.Join(made.Entrypoint, " ") != "run" {
		t.Errorf("got %+v", made)
	}
}

func TestCopyFromAnEarlierStage(t *testing.T) {
	w := newWorkshop(t, map[string]string{"a": "a"})
	made := w.must("COPY a /built/a", "FROM base:v1 AS last", "COPY --from=0 /built /app")
	if w.holds(made, "app/a") != "a" || w.holds(made, "built/a") != "" {
		t.Error("only what was copied should be in the last stage")
	}
}

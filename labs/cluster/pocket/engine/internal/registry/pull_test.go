package registry

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	fake "github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"labs/engine/internal/image"
)

func layerOf(t *testing.T, entries ...tar.Header) v1.Layer {
	t.Helper()
	var buffer bytes.Buffer
	writer := tar.NewWriter(&buffer)
	for _, entry := range entries {
		text := entry.PAXRecords["text"]
		entry.PAXRecords, entry.Size, entry.Uid, entry.Gid = nil, int64(len(text)), os.Getuid(), os.Getgid()
		if entry.Mode == 0 {
			entry.Mode = 0o755
		}
		if err := writer.WriteHeader(&entry); err != nil {
			t.Fatal(err)
		}
		if _, err := writer.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	made, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(buffer.Bytes())), nil })
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func file(path, text string) tar.Header {
	return tar.Header{Name: path, Typeflag: tar.TypeReg, PAXRecords: map[string]string{"text": text}}
}

// serve runs a registry on loopback that has the image of these layers; answers of handler go before its own.
func serve(t *testing.T, handler func(http.ResponseWriter, *http.Request) bool, layers ...v1.Layer) (reference string) {
	t.Helper()
	inner := fake.New(fake.Logger(log.New(io.Discard, "", 0)))
	ready := false
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !ready || handler == nil || !handler(w, r) {
			inner.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(server.Close)
	made, err := mutate.AppendLayers(empty.Image, layers...)
	if err != nil {
		t.Fatal(err)
	}
	if made, err = mutate.Config(made, v1.Config{Cmd: []string{"serve"}, User: "1000", WorkingDir: "/w", Env: []string{"A=1"}}); err != nil {
		t.Fatal(err)
	}
	reference = strings.TrimPrefix(server.URL, "http://") + "/some/image:1"
	parsed, err := name.ParseReference(reference)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(parsed, made); err != nil {
		t.Fatal(err)
	}
	ready = true
	return reference
}

func pull(t *testing.T, reference string) (image.Library, image.Image, error) {
	t.Helper()
	library := image.Library{Folder: t.TempDir()}
	made, err := Pull(context.Background(), library, reference, authn.Anonymous)
	return library, made, err
}

func TestLayersCoverOneAnother(t *testing.T) {
	reference := serve(t, nil,
		layerOf(t, file("a/kept", "1"), file("a/gone", "1"), file("b/old", "1"), file("c", "1"), tar.Header{Name: "away", Typeflag: tar.TypeSymlink, Linkname: "/elsewhere"}),
		layerOf(t, file("a/.wh.gone", ""), file("b/new", "2"), file("b/.wh..wh..opq", ""), file("c", "2"), file("away/inside", "2"),
			tar.Header{Name: "hard", Typeflag: tar.TypeLink, Linkname: "a/kept"}, tar.Header{Name: "null", Typeflag: tar.TypeChar}))
	library, made, err := pull(t, reference)
	if err != nil {
		t.Fatal(err)
	}
	root := library.Root(made.Snapshot)
	for path, want := range map[string]string{"a/kept": "1", "hard": "1", "b/new": "2", "c": "2", "elsewhere/inside": "2"} {
		if text, err := os.ReadFile(filepath.Join(root, path)); err != nil || string(text) != want {
			t.Errorf("%s: %q, %v", path, text, err)
		}
	}
	for _, path := range []string{"a/gone", "b/old", "null"} {
		if _, err := os.Lstat(filepath.Join(root, path)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is there: %v", path, err)
		}
	}
	if made.Origin != image.Pulled || made.User != "1000" || made.Dir != "/w" || made.Command[0] != "serve" {
		t.Errorf("its settings: %+v", made)
	}
	if _, err := os.Lstat("/elsewhere"); err == nil {
		t.Error("a link of the image led out of it")
	}
}

func TestANameThatLeadsOutIsRefused(t *testing.T) {
	library, _, err := pull(t, serve(t, nil, layerOf(t, file("../../out", "x"))))
	if err == nil || !strings.Contains(err.Error(), "leads out of the image") {
		t.Errorf("%v", err)
	}
	if left, _ := os.ReadDir(filepath.Join(library.Folder, "snapshots")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestWhatARegistryMayDoWrong(t *testing.T) {
	stall = 300 * time.Millisecond
	blob := func(act func(http.ResponseWriter)) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method != http.MethodGet || !strings.Contains(r.URL.Path, "/blobs/") {
				return false
			}
			act(w)
			return true
		}
	}
	status := func(code int) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			w.WriteHeader(code)
			return true
		}
	}
	for words, handler := range map[string]func(http.ResponseWriter, *http.Request) bool{
		"sha256":            blob(func(w http.ResponseWriter) { _, _ = w.Write([]byte("{\"a\": \"lie\"}")) }),
		"sent nothing":      blob(func(w http.ResponseWriter) { w.WriteHeader(200); w.(http.Flusher).Flush(); time.Sleep(time.Second) }),
		"expected size":     blob(func(w http.ResponseWriter) { w.Header().Set("Content-Length", "5000"); _, _ = w.Write([]byte("{")) }),
		"EOF":               blob(func(http.ResponseWriter) { panic(http.ErrAbortHandler) }),
		"wants a login":     status(http.StatusUnauthorized),
		"not found":         status(http.StatusNotFound),
		"cannot be reached": status(http.StatusBadGateway),
	} {
		library, _, err := pull(t, serve(t, handler, layerOf(t, file("a", "1"))))
		if err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("want %q: %v", words, err)
		}
		if index, _ := library.Read(); len(index.Images) > 0 {
			t.Errorf("%s: the image is there: %v", words, index)
		}
	}
}

func TestANodeAsksTheHost(t *testing.T) {
	library := image.Library{Folder: t.TempDir()}
	if err := Ask(context.Background(), library, Request{Reference: "x"}); !errors.Is(err, image.ErrUnreachable) {
		t.Errorf("nobody listens: %v", err)
	}
	if err := Serve(library); err != nil {
		t.Fatal(err)
	}
	reference := serve(t, nil, layerOf(t, file("a", "1")))
	if err := Ask(context.Background(), library, Request{Reference: reference}); err != nil {
		t.Fatal(err)
	}
	if index, err := library.Read(); err != nil || index.References[reference] == "" {
		t.Errorf("%v, %v", index, err)
	}
	nobody := "127.0.0.1:1/x:1"
	for range 2 {
		if err := Ask(context.Background(), library, Request{Reference: nobody}); !errors.Is(err, image.ErrUnreachable) {
			t.Errorf("%v", err)
		}
	}
}

package registry

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"labs/engine/internal/image"
)

const answerPatience = 3 * time.Second

// stall is how long a transfer may stand still.
var stall = 30 * time.Second

// UnreachableError tells that no registry answered.
type UnreachableError struct {
	Registry string
	Cause    error
}

func (e *UnreachableError) Error() string {
	return fmt.Sprintf("the registry %s cannot be reached from this machine: %v", e.Registry, e.Cause)
}

// Pull puts an image of a registry into the library. Registries on this machine's loopback are spoken to without TLS.
func Pull(ctx context.Context, library image.Library, reference string, auth authn.Authenticator) (image.Image, error) {
	parsed, err := name.ParseReference(reference)
	if err != nil {
		return image.Image{}, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	source, err := remote.Image(parsed, remote.WithContext(ctx), remote.WithAuth(auth), remote.WithTransport(connection(cancel)),
		remote.WithPlatform(v1.Platform{OS: "linux", Architecture: runtime.GOARCH}), remote.WithRetryBackoff(remote.Backoff{Steps: 1}))
	if err != nil {
		return image.Image{}, explain(parsed, err)
	}
	pulled, err := store(library, source)
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		return image.Image{}, fmt.Errorf("pull %s: %w", reference, err)
	}
	return library.Add(reference, pulled)
}

func explain(reference name.Reference, err error) error {
	var answered *transport.Error
	if !errors.As(err, &answered) {
		return &UnreachableError{reference.Context().RegistryStr(), err}
	}
	switch answered.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden:
		return fmt.Errorf("pull access denied for %s: the registry wants a login (imagePullSecrets), or there is no such image", reference.Context().Name())
	case http.StatusNotFound:
		return fmt.Errorf("%s: not found in its registry", reference.Name())
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return &UnreachableError{reference.Context().RegistryStr(), err}
	}
	return err
}

func store(library image.Library, source v1.Image) (image.Image, error) {
	config, err := source.ConfigFile()
	if err != nil {
		return image.Image{}, err
	}
	layers, err := source.Layers()
	if err != nil {
		return image.Image{}, err
	}
	text, err := json.Marshal(config.RootFS.DiffIDs)
	if err != nil {
		return image.Image{}, err
	}
	sum := sha256.Sum256(text)
	snapshot := hex.EncodeToString(sum[:])
	release, err := library.Lock("pull.lock")
	if err != nil {
		return image.Image{}, err
	}
	defer release()
	err = library.Make(snapshot, func(root string) error {
		for _, one := range layers {
			if err := unpack(root, one); err != nil {
				return err
			}
		}
		return nil
	})
	c := config.Config
	return image.Image{
		Origin: image.Pulled, Entrypoint: c.Entrypoint, Command: c.Cmd, Env: c.Env, Dir: c.WorkingDir, User: c.User,
		StopSignal: c.StopSignal, Labels: c.Labels, Snapshot: snapshot, Size: library.Size(snapshot),
	}, err
}

// unpack puts a layer into root and compares it with its digests: that of what was sent, and that of what is in it.
func unpack(root string, one v1.Layer) error {
	wanted, err := one.DiffID()
	if err != nil {
		return err
	}
	archive, err := one.Uncompressed()
	if err != nil {
		return err
	}
	defer archive.Close()
	sum := sha256.New()
	content := io.TeeReader(archive, sum)
	if err := extract(root, content); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, content); err != nil {
		return err
	}
	if found := hex.EncodeToString(sum.Sum(nil)); found != wanted.Hex {
		return fmt.Errorf("the registry sent other content than it promised: sha256:%s instead of %s", found, wanted)
	}
	return nil
}

// connection answers soon or fails, and gives up on transfers that stand still.
func connection(cancel context.CancelCauseFunc) http.RoundTripper {
	dialer := &net.Dialer{Timeout: answerPatience}
	return watched{&http.Transport{
		Proxy: http.ProxyFromEnvironment, DialContext: dialer.DialContext, TLSHandshakeTimeout: answerPatience,
		ResponseHeaderTimeout: 5 * answerPatience, DisableKeepAlives: true,
	}, cancel}
}

type watched struct {
	below  http.RoundTripper
	cancel context.CancelCauseFunc
}

func (w watched) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := w.below.RoundTrip(request)
	if err == nil {
		patience := stall
		timer := time.AfterFunc(patience, func() { w.cancel(fmt.Errorf("the registry sent nothing for %s", patience)) })
		response.Body = &moving{response.Body, timer, patience}
	}
	return response, err
}

type moving struct {
	io.ReadCloser
	timer    *time.Timer
	patience time.Duration
}

func (m *moving) Read(into []byte) (int, error) {
	count, err := m.ReadCloser.Read(into)
	if m.timer.Reset(m.patience); err != nil {
		m.timer.Stop()
	}
	return count, err
}

func (m *moving) Close() error {
	m.timer.Stop()
	return m.ReadCloser.Close()
}

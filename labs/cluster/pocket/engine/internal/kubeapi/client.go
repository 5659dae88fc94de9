package kubeapi

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// Content types of a PATCH.
const (
	apply = "application/apply-patch+yaml"
	merge = "application/merge-patch+json"
)

// Refusal is an answer of the API server other than success.
type Refusal struct {
	Code    int
	Message string
}

func (r *Refusal) Error() string { return r.Message }

// Client calls one API server.
type Client struct {
	server string
	http   *http.Client
}

// New is a client of the server at this URL, which the authority has signed; certificate and key are PEM.
func New(server string, authority, certificate, key []byte) (*Client, error) {
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(authority) {
		return nil, errors.New("the cluster's authority is not a certificate")
	}
	settings := &tls.Config{Certificates: []tls.Certificate{pair}, RootCAs: roots, MinVersion: tls.VersionTLS13}
	return &Client{server: server, http: &http.Client{Transport: &http.Transport{TLSClientConfig: settings}}}, nil
}

// Ready returns nil when the server serves.
func (c *Client) Ready(ctx context.Context) error {
	response, err := c.call(ctx, http.MethodGet, "/readyz", "", nil)
	if err != nil {
		return err
	}
	return response.Body.Close()
}

// Apply makes the object at path what a YAML text says (server-side apply; its fields become ours).
func (c *Client) Apply(ctx context.Context, path string, text []byte) error {
	return c.send(ctx, http.MethodPatch, path+"?fieldManager=labs-pocket&force=true", apply, text)
}

// Merge changes fields of the object at path (RFC 7386).
func (c *Client) Merge(ctx context.Context, path string, change any) error {
	return c.sendJSON(ctx, http.MethodPatch, path, merge, change)
}

// Create posts an object to the path of its kind.
func (c *Client) Create(ctx context.Context, path string, object any) error {
	return c.sendJSON(ctx, http.MethodPost, path, "application/json", object)
}

// Delete removes the object at path; one that is not there is no error.
func (c *Client) Delete(ctx context.Context, path string) error {
	err := c.send(ctx, http.MethodDelete, path, "", nil)
	var refusal *Refusal
	if errors.As(err, &refusal) && refusal.Code == http.StatusNotFound {
		return nil
	}
	return err
}

func (c *Client) sendJSON(ctx context.Context, method, path, kind string, object any) error {
	data, err := json.Marshal(object)
	if err != nil {
		return err
	}
	return c.send(ctx, method, path, kind, data)
}

func (c *Client) send(ctx context.Context, method, path, kind string, body []byte) error {
	response, err := c.call(ctx, method, path, kind, body)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return err
}

func (c *Client) call(ctx context.Context, method, path, kind string, body []byte) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, c.server+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if kind != "" {
		request.Header.Set("Content-Type", kind)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode >= http.StatusMultipleChoices {
		defer response.Body.Close()
		said, _ := io.ReadAll(io.LimitReader(response.Body, 4096))
		return nil, &Refusal{response.StatusCode, fmt.Sprintf("%s %s: %s: %s", method, path, response.Status, said)}
	}
	return response, nil
}

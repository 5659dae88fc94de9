package supervisor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"labs/engine/internal/control"
	"labs/engine/internal/pki"
)

// api is the little that the supervisor asks the API server.
type api struct{ client *http.Client }

func newAPI(certs *pki.Store) (*api, error) {
	pair := certs.Pair(pki.Admin)
	certificate, err := tls.X509KeyPair(pair.Certificate, pair.Key)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(certs.Authority()) {
		return nil, errors.New("the cluster's authority is not a certificate")
	}
	settings := &tls.Config{Certificates: []tls.Certificate{certificate}, RootCAs: roots, MinVersion: tls.VersionTLS13}
	return &api{client: &http.Client{Transport: &http.Transport{TLSClientConfig: settings}}}, nil
}

func (a *api) get(ctx context.Context, path string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, control.Server()+path, nil)
	if err != nil {
		return nil, err
	}
	response, err := a.client.Do(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		response.Body.Close()
		return nil, fmt.Errorf("%s: %s", path, response.Status)
	}
	return response, nil
}

// waitReady returns true when the API server serves, false when ctx ended before.
func (a *api) waitReady(ctx context.Context) bool {
	for ctx.Err() == nil {
		attempt, cancel := context.WithTimeout(ctx, 2*time.Second)
		response, err := a.get(attempt, "/readyz")
		cancel()
		if err == nil {
			response.Body.Close()
			return true
		}
		time.Sleep(25 * time.Millisecond)
	}
	return false
}

type nodeEvent struct {
	Type   string `json:"type"`
	Object struct {
		Metadata struct {
			Name string `json:"name"`
		} `json:"metadata"`
		Status struct {
			Conditions []struct {
				Type      string    `json:"type"`
				Status    string    `json:"status"`
				Heartbeat time.Time `json:"lastHeartbeatTime"`
			} `json:"conditions"`
		} `json:"status"`
	} `json:"object"`
}

// ready reports whether the node was found Ready after a moment: what an earlier run of the cluster has left does not count.
func (e *nodeEvent) ready(since time.Time) bool {
	for _, condition := range e.Object.Status.Conditions {
		if condition.Type == "Ready" {
			return e.Type != "DELETED" && condition.Status == "True" && !condition.Heartbeat.Before(since)
		}
	}
	return false
}

// watchNodes calls changed with the nodes that are Ready, at each change, until ctx ends; since is when they were started.
func (a *api) watchNodes(ctx context.Context, since time.Time, changed func(map[string]bool)) {
	ready := map[string]bool{}
	for ctx.Err() == nil {
		if response, err := a.get(ctx, "/api/v1/nodes?watch=1"); err == nil {
			readNodes(json.NewDecoder(response.Body), since.Truncate(time.Second), ready, changed)
			response.Body.Close()
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func readNodes(events *json.Decoder, since time.Time, ready map[string]bool, changed func(map[string]bool)) {
	for {
		var event nodeEvent
		if events.Decode(&event) != nil || event.Type == "ERROR" {
			return
		}
		name := event.Object.Metadata.Name
		now := event.ready(since)
		if before, known := ready[name]; !known || before != now {
			ready[name] = now
			changed(ready)
		}
	}
}

package supervisor

import (
	"context"
	"fmt"
	"maps"
	"time"

	"labs/engine/internal/control"
	"labs/engine/internal/kubeapi"
	"labs/engine/internal/pki"
)

func apiAddress() string { return fmt.Sprintf("%s:%d", control.APIAddress, control.APIPort) }

func newClient(certs *pki.Store) (*kubeapi.Client, error) {
	pair := certs.Pair(pki.Admin)
	return kubeapi.New(control.Server(), certs.Authority(), pair.Certificate, pair.Key)
}

// waitReady returns true when the API server serves, false when ctx ended before.
func waitReady(ctx context.Context, client *kubeapi.Client) bool {
	for ctx.Err() == nil {
		attempt, cancel := context.WithTimeout(ctx, 2*time.Second)
		err := client.Ready(attempt)
		cancel()
		if err == nil {
			return true
		}
		time.Sleep(25 * time.Millisecond)
	}
	return false
}

type nodeObject struct {
	Metadata kubeapi.Meta `json:"metadata"`
	Status   struct {
		Conditions []struct {
			Type      string    `json:"type"`
			Status    string    `json:"status"`
			Heartbeat time.Time `json:"lastHeartbeatTime"`
		} `json:"conditions"`
	} `json:"status"`
}

// ready reports whether the node was found Ready after a moment: what an earlier run of the cluster has left does not count.
func (n *nodeObject) ready(since time.Time) bool {
	for _, condition := range n.Status.Conditions {
		if condition.Type == "Ready" {
			return condition.Status == "True" && !condition.Heartbeat.Before(since)
		}
	}
	return false
}

// watchNodes calls changed with the nodes that are Ready, at each change, until ctx ends; since is when they were started.
func watchNodes(ctx context.Context, client *kubeapi.Client, since time.Time, changed func(map[string]bool)) {
	since = since.Truncate(time.Second)
	var before map[string]bool
	kubeapi.Watch(ctx, client, "/api/v1/nodes", func(found map[string]nodeObject) {
		now := map[string]bool{}
		for _, node := range found {
			now[node.Metadata.Name] = node.ready(since)
		}
		if !maps.Equal(now, before) {
			before = now
			changed(now)
		}
	})
}

package forward

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"labs/engine/internal/kubeapi"
	"labs/engine/internal/servicenet"
)

var ours = servicenet.Ingress{IP: address, IPMode: "Proxy"}

// setStatuses gives Services of type LoadBalancer their address, and takes it back when they are of another type. Those that
// name a class are for somebody else.
func (s *Set) setStatuses(ctx context.Context, services map[string]servicenet.Service) error {
	var failures []error
	for _, service := range services {
		has := service.Status.LoadBalancer.Ingress
		wants := service.Spec.Type == "LoadBalancer" && service.Spec.LoadBalancerClass == nil
		switch {
		case wants && len(has) == 0:
			failures = append(failures, s.setStatus(ctx, service, []servicenet.Ingress{ours}))
		case !wants && slices.Contains(has, ours):
			failures = append(failures, s.setStatus(ctx, service, nil))
		}
	}
	return errors.Join(failures...)
}

func (s *Set) setStatus(ctx context.Context, service servicenet.Service, ingress []servicenet.Ingress) error {
	path := fmt.Sprintf("/api/v1/namespaces/%s/services/%s/status", service.Metadata.Namespace, service.Metadata.Name)
	status := map[string]any{"loadBalancer": map[string]any{"ingress": ingress}}
	err := s.client.Merge(ctx, path, map[string]any{"metadata": map[string]any{"uid": service.Metadata.UID}, "status": status})
	var refusal *kubeapi.Refusal
	if errors.As(err, &refusal) && (refusal.Code == http.StatusNotFound || refusal.Code == http.StatusConflict) {
		return nil
	}
	return err
}

// sayTaken tells, as an event of the Service, that its port of the machine is another one than could be expected.
func (s *Set) sayTaken(ctx context.Context, wanted wish, asked int) error {
	forward, now := wanted.forward, time.Now().UTC()
	text := fmt.Sprintf("Port %d of this machine is in use by another program: port %d of the Service opens at http://%s:%d instead",
		asked, forward.Port, forward.Address, forward.HostPort)
	return s.client.Create(ctx, "/api/v1/namespaces/"+forward.Namespace+"/events", map[string]any{
		"metadata": map[string]any{"namespace": forward.Namespace, "name": fmt.Sprintf("%s.%x", forward.Service, now.UnixNano())},
		"involvedObject": map[string]any{
			"apiVersion": "v1", "kind": "Service", "namespace": forward.Namespace, "name": forward.Service, "uid": wanted.uid,
		},
		"type": "Warning", "reason": "HostPortTaken", "message": text, "source": map[string]any{"component": "labs"},
		"firstTimestamp": now.Format(time.RFC3339), "lastTimestamp": now.Format(time.RFC3339), "count": 1,
	})
}

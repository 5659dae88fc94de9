package servicenet

import "labs/engine/internal/kubeapi"

// Service is what is read of a Service.
type Service struct {
	Metadata kubeapi.Meta `json:"metadata"`
	Spec     struct {
		Type              string        `json:"type"`
		ClusterIP         string        `json:"clusterIP"`
		LoadBalancerClass *string       `json:"loadBalancerClass"`
		Ports             []ServicePort `json:"ports"`
		SessionAffinity   string        `json:"sessionAffinity"`
		AffinityConfig    struct {
			ClientIP struct {
				TimeoutSeconds int `json:"timeoutSeconds"`
			} `json:"clientIP"`
		} `json:"sessionAffinityConfig"`
	} `json:"spec"`
	Status struct {
		LoadBalancer struct {
			Ingress []Ingress `json:"ingress"`
		} `json:"loadBalancer"`
	} `json:"status"`
}

// ServicePort is one port of a Service.
type ServicePort struct {
	Name     string `json:"name"`
	Protocol string `json:"protocol"`
	Port     uint16 `json:"port"`
	NodePort uint16 `json:"nodePort"`
}

// Ingress is an address of a LoadBalancer.
type Ingress struct {
	IP     string `json:"ip"`
	IPMode string `json:"ipMode"`
}

// Slice is what is read of an EndpointSlice.
type Slice struct {
	Metadata    kubeapi.Meta `json:"metadata"`
	AddressType string       `json:"addressType"`
	Endpoints   []struct {
		Addresses  []string `json:"addresses"`
		Conditions struct {
			Ready       *bool `json:"ready"`
			Serving     *bool `json:"serving"`
			Terminating *bool `json:"terminating"`
		} `json:"conditions"`
	} `json:"endpoints"`
	Ports []struct {
		Name string `json:"name"`
		Port uint16 `json:"port"`
	} `json:"ports"`
}

package control

import "embed"

// Addon is an object that the cluster has from the start: its path in the API and its text.
type Addon struct {
	Path string
	Text []byte
}

//go:embed addons/*.yaml
var texts embed.FS

const policies = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolic"

// Addons are needed everywhere: names of the cluster, and a word about what it does not do.
func Addons() []Addon {
	const roles = "/apis/rbac.authorization.k8s.io/v1/clusterrole"
	return []Addon{
		addon("/api/v1/namespaces/kube-system/services/kube-dns", "kube-dns"),
		addon("/apis/discovery.k8s.io/v1/namespaces/kube-system/endpointslices/kube-dns-pocket", "kube-dns-endpoints"),
		addon(roles+"s/system:coredns", "coredns-role"),
		addon(roles+"bindings/system:coredns", "coredns-binding"),
		addon(roles+"s/labs:gpus", "gpus-role"),
		addon(roles+"bindings/labs:gpus", "gpus-binding"),
		addon(policies+"ies/pocket-network-policies", "network-policies"),
		addon(policies+"ybindings/pocket-network-policies", "network-policies-binding"),
		addon(policies+"ies/pocket-service-fields", "service-fields"),
		addon(policies+"ybindings/pocket-service-fields", "service-fields-binding"),
	}
}

// OneID refuses pods that ask for user ids, by name. They belong to clusters that have only one; the kubelet would fail
// later and say less.
func OneID() []Addon {
	return []Addon{
		addon(policies+"ies/pocket-one-id", "one-id"),
		addon(policies+"ybindings/pocket-one-id", "one-id-binding"),
	}
}

// addon panics when there is no such file: it is part of this program.
func addon(path, name string) Addon {
	text, err := texts.ReadFile("addons/" + name + ".yaml")
	if err != nil {
		panic(err)
	}
	return Addon{path, text}
}

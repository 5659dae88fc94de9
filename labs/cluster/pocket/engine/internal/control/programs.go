package control

import (
	"fmt"
	"path/filepath"
	"strings"

	"labs/engine/internal/pki"
)

// Addresses of the cluster's network. All but the pods' belong to the loopback device of the cluster's namespace.
const (
	APIAddress   = "10.245.0.1"
	APIPort      = 6443
	ServiceRange = "10.96.0.0/16"
	// ServiceAddress is the `kubernetes` Service: the first address of ServiceRange.
	ServiceAddress = "10.96.0.1"
	// DNSService is the `kube-dns` Service, which every pod asks for names; CoreDNS itself serves on DNSAddress.
	DNSService = "10.96.0.10"
	DNSAddress = "10.245.0.53"
	PodRange   = "10.244.0.0/16"
	PodGateway = "10.244.0.1/16"
	Bridge     = "cni0"
)

const (
	runtimeDir = "/run/pocket"
	// EtcdSocket is where etcd serves, in a folder that no node can see.
	EtcdSocket = runtimeDir + "/etcd.sock"
	peerSocket = runtimeDir + "/etcd-peer.sock"
	issuer     = "https://kubernetes.default.svc.cluster.local"
	gangs      = "GenericWorkload=true"
)

// Program is one program, ready to start: File is what is executed, of the engine's folder.
type Program struct {
	Name string
	File string
	Args []string
	Env  []string
}

// NodeAddress is the address of the node with this number, from 1 on.
func NodeAddress(number int) string { return fmt.Sprintf("10.245.0.%d", number) }

// Server is the URL of the API server inside the cluster's network.
func Server() string { return fmt.Sprintf("https://%s:%d", APIAddress, APIPort) }

// APIHosts are the names and addresses under which the API server may be called.
func APIHosts(nodes []pki.Host) []string {
	hosts := []string{
		"127.0.0.1", "localhost", ServiceAddress,
		"kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local",
	}
	for _, node := range nodes {
		hosts = append(hosts, node.Address)
	}
	return hosts
}

// Etcd keeps its data in dir. It does not wait for the disk: a damaged folder is moved aside by the supervisor.
func Etcd(dir string) Program {
	client, peer := "unix://"+EtcdSocket, "unix://"+peerSocket
	return Program{Name: "etcd", File: "kube", Env: memory(40, "64MiB"), Args: []string{
		"etcd",
		"--name=pocket", "--data-dir=" + dir,
		"--listen-client-urls=" + client, "--advertise-client-urls=" + client,
		"--listen-peer-urls=" + peer, "--initial-advertise-peer-urls=" + peer, "--initial-cluster=pocket=" + peer,
		"--heartbeat-interval=50", "--election-timeout=250",
		"--unsafe-no-fsync", "--snapshot-count=5000", "--max-wals=2", "--max-snapshots=2",
		"--log-level=warn",
	}}
}

// APIServer serves on the node address of the first node; certs says where its certificates are.
func APIServer(certs *pki.Store) Program {
	args := []string{
		"kube-apiserver",
		"--bind-address=" + APIAddress, "--advertise-address=" + APIAddress, fmt.Sprintf("--secure-port=%d", APIPort),
		"--etcd-servers=unix://" + EtcdSocket, "--etcd-count-metric-poll-period=0", "--etcd-db-metric-poll-interval=0",
		"--anonymous-auth=false", "--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction", "--allow-privileged=true",
		"--service-cluster-ip-range=" + ServiceRange,
		"--service-account-issuer=" + issuer,
		"--service-account-key-file=" + certs.KeyFile("service-account"),
		"--service-account-signing-key-file=" + certs.KeyFile("service-account"),
		"--kubelet-preferred-address-types=InternalIP",
		"--kubelet-certificate-authority=" + certs.CertificateFile("ca"),
		"--requestheader-client-ca-file=" + certs.CertificateFile("front-proxy-ca"),
		"--requestheader-allowed-names=" + pki.FrontProxyClient,
		"--requestheader-extra-headers-prefix=X-Remote-Extra-",
		"--requestheader-group-headers=X-Remote-Group",
		"--requestheader-username-headers=X-Remote-User",
		"--enable-aggregator-routing=true",
		"--client-ca-file=" + certs.CertificateFile("ca"),
		"--runtime-config=scheduling.k8s.io/v1beta1=true", "--feature-gates=" + gangs,
		"--event-ttl=3h", "--profiling=false", "--shutdown-delay-duration=0s",
	}
	args = append(args, certificate(certs, "tls-cert-file", "tls-private-key-file", pki.APIServer)...)
	args = append(args, certificate(certs, "kubelet-client-certificate", "kubelet-client-key", pki.APIServerKubeletClient)...)
	args = append(args, certificate(certs, "proxy-client-cert-file", "proxy-client-key-file", pki.FrontProxyClient)...)
	return Program{Name: "kube-apiserver", File: "kube", Args: args, Env: memory(25, "320MiB")}
}

// ControllerManager reads its kubeconfig from a file; certs hold the key that signs service account tokens.
func ControllerManager(certs *pki.Store, kubeconfig string) Program {
	args := append(delegated("kube-controller-manager", kubeconfig, certs),
		"--secure-port=10257", "--use-service-account-credentials=true",
		"--root-ca-file="+certs.CertificateFile("ca"),
		"--service-account-private-key-file="+certs.KeyFile("service-account"),
		"--cluster-signing-cert-file="+certs.CertificateFile("ca"), "--cluster-signing-key-file="+certs.KeyFile("ca"),
		"--cluster-name=labs-pocket", "--horizontal-pod-autoscaler-sync-period=5s",
		"--kube-api-qps=100", "--kube-api-burst=200", "--endpointslice-updates-batch-period=300ms",
	)
	return Program{Name: "kube-controller-manager", File: "kube", Args: args, Env: memory(40, "128MiB")}
}

// Scheduler reads its kubeconfig from a file.
func Scheduler(certs *pki.Store, kubeconfig string) Program {
	args := append(delegated("kube-scheduler", kubeconfig, certs), "--secure-port=10259")
	return Program{Name: "kube-scheduler", File: "kube", Args: args, Env: memory(40, "96MiB")}
}

// corefile has names of the cluster answered from its Services and EndpointSlices. There is no way out of the cluster, so
// all other names do not exist: said at once, not after a wait.
const corefile = `.:53 {
    bind %s
    errors
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        kubeconfig %s
        pods insecure
        ttl 30
        fallthrough in-addr.arpa ip6.arpa
    }
    nothing
}
`

// CoreDNS reads the file settings, whose text is Corefile.
func CoreDNS(settings string) Program {
	return Program{Name: "coredns", File: "kube", Args: []string{"coredns", "-quiet", "-conf", settings}, Env: memory(40, "48MiB")}
}

// Corefile is CoreDNS's configuration.
func Corefile(kubeconfig string) string { return fmt.Sprintf(corefile, DNSAddress, kubeconfig) }

func delegated(program, kubeconfig string, certs *pki.Store) []string {
	return []string{
		program, "--kubeconfig=" + kubeconfig, "--authentication-kubeconfig=" + kubeconfig, "--authorization-kubeconfig=" + kubeconfig,
		"--requestheader-client-ca-file=" + certs.CertificateFile("front-proxy-ca"), "--client-ca-file=" + certs.CertificateFile("ca"),
		"--bind-address=127.0.0.1", "--leader-elect=false", "--profiling=false", "--feature-gates=" + gangs,
	}
}

func certificate(certs *pki.Store, certificateFlag, keyFlag, name string) []string {
	return []string{"--" + certificateFlag + "=" + certs.CertificateFile(name), "--" + keyFlag + "=" + certs.KeyFile(name)}
}

// memory keeps a Go program's heap small: it collects when the heap grew by percent, and harder near the limit.
func memory(percent int, limit string) []string {
	return []string{fmt.Sprintf("GOGC=%d", percent), "GOMEMLIMIT=" + limit}
}

// RuntimeDir is the folder of sockets, inside the cluster's own /run.
func RuntimeDir() string { return runtimeDir }

// String is the program as one line, for logs.
func (p Program) String() string { return p.Name + " " + strings.Join(p.Args, " ") }

// Data is where a state folder keeps etcd's data.
func Data(state string) string { return filepath.Join(state, "etcd") }

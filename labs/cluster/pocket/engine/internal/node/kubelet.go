package node

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Paths inside a node.
const (
	programsDir   = "/opt/pocket"
	imagesDir     = "/var/lib/images"
	secretsDir    = "/etc/kubernetes"
	kubeletDir    = "/var/lib/kubelet"
	podLogsDir    = "/var/log/pods"
	runtimeSocket = "/run/cri.sock"
	clusterDNS    = "10.96.0.10"
	maxPods       = 60
)

// Evictions start below this much free memory; it counts against what pods may request.
const evictionMemory = 100 << 20

// configuration is the KubeletConfiguration of a node, as JSON. Quotas of processor and memory are not enforced here, and
// disk pressure does not evict: the disk is the learner's own, as on kind.
func configuration(spec Spec, host capacity) ([]byte, error) {
	off, on := map[string]any{"enabled": false}, map[string]any{"enabled": true}
	return json.MarshalIndent(map[string]any{
		"apiVersion": "kubelet.config.k8s.io/v1beta1",
		"kind":       "KubeletConfiguration",
		"address":    spec.Address,
		"authentication": map[string]any{
			"anonymous": off, "webhook": on, "x509": map[string]any{"clientCAFile": filepath.Join(secretsDir, "ca.crt")},
		},
		"authorization":                    map[string]any{"mode": "Webhook"},
		"tlsCertFile":                      filepath.Join(secretsDir, "kubelet.crt"),
		"tlsPrivateKeyFile":                filepath.Join(secretsDir, "kubelet.key"),
		"readOnlyPort":                     0,
		"healthzPort":                      0,
		"rotateCertificates":               false,
		"registerNode":                     true,
		"containerRuntimeEndpoint":         "unix://" + runtimeSocket,
		"podLogsDir":                       podLogsDir,
		"clusterDNS":                       []string{clusterDNS},
		"clusterDomain":                    "cluster.local",
		"resolvConf":                       "/etc/resolv.conf",
		"maxPods":                          maxPods,
		"featureGates":                     map[string]bool{"EventedPLEG": true},
		"failCgroupV1":                     false,
		"failSwapOn":                       false,
		"cgroupsPerQOS":                    false,
		"enforceNodeAllocatable":           []string{},
		"localStorageCapacityIsolation":    true,
		"makeIPTablesUtilChains":           false,
		"systemReserved":                   reserved(spec, host),
		"evictionHard":                     evictions(),
		"imageGCHighThresholdPercent":      100,
		"enableProfilingHandler":           false,
		"serializeImagePulls":              false,
		"volumeStatsAggPeriod":             "5m",
		"nodeStatusMaxImages":              -1,
		"eventRecordQPS":                   0,
		"evictionPressureTransitionPeriod": "30s",
	}, "", "  ")
}

func evictions() map[string]string {
	return map[string]string{
		"memory.available": fmt.Sprint(evictionMemory), "nodefs.available": "0%", "nodefs.inodesFree": "0%",
		"imagefs.available": "0%", "imagefs.inodesFree": "0%",
	}
}

// reserved is what a node holds back, so that pods may request what the spec says, or less on a smaller machine.
func reserved(spec Spec, host capacity) map[string]string {
	cpu, memory := host.milliCPU-spec.MilliCPU, host.memory-spec.Memory-evictionMemory
	return map[string]string{"cpu": fmt.Sprintf("%dm", max(cpu, 0)), "memory": fmt.Sprint(max(memory, 0))}
}

// writeKubelet writes what the kubelet reads; its secrets lie on a tmpfs of this node alone.
func writeKubelet(spec Spec) error {
	host, err := hostCapacity()
	if err != nil {
		return err
	}
	settings, err := configuration(spec, host)
	if err != nil {
		return err
	}
	for _, path := range []string{secretsDir, kubeletDir, podLogsDir} {
		if err := os.MkdirAll(path, 0o755); err != nil {
			return err
		}
	}
	files := map[string]string{
		"kubelet.json": string(settings), "kubeconfig": spec.Kubeconfig, "ca.crt": spec.Authority,
		"kubelet.crt": spec.Server.Certificate, "kubelet.key": spec.Server.Key,
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(secretsDir, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

func kubelet(spec Spec) *exec.Cmd {
	command := exec.Command(filepath.Join(programsDir, "kube"), "kubelet",
		"--config="+filepath.Join(secretsDir, "kubelet.json"),
		"--kubeconfig="+filepath.Join(secretsDir, "kubeconfig"),
		"--root-dir="+kubeletDir, "--cert-dir="+filepath.Join(secretsDir, "pki"),
		"--hostname-override="+spec.Name, "--node-ip="+spec.Address,
		fmt.Sprintf("--node-labels=labs/node=%d", spec.Index),
	)
	command.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "GOGC=30", "GOMEMLIMIT=96MiB"}
	command.Stdout, command.Stderr = os.Stderr, os.Stderr
	return command
}

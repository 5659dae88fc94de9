//go:build deps

// Package engine fixes, in one place, the versions of the modules that later parts link: adding one later would raise
// shared dependencies and so compile all of Kubernetes again.
package engine

import (
	_ "github.com/google/go-containerregistry/pkg/v1"
	_ "k8s.io/dynamic-resource-allocation/kubeletplugin"
	_ "k8s.io/kubelet/pkg/apis/deviceplugin/v1beta1"
	_ "sigs.k8s.io/metrics-server/pkg/server"
)

package cri

import (
	"slices"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"labs/engine/internal/container"
)

func refuse(what, why string) error {
	return status.Errorf(codes.InvalidArgument, "%s is refused on the pocket cluster: %s", what, why)
}

const machineReason = "its containers are processes of your own machine, and this would show them all of it"

// refusedSandbox tells what in a pod's settings cannot be had here.
func refusedSandbox(config *runtimeapi.PodSandboxConfig) error {
	security := config.GetLinux().GetSecurityContext()
	options := security.GetNamespaceOptions()
	switch {
	case options.GetPid() == runtimeapi.NamespaceMode_NODE:
		return refuse("hostPID", machineReason)
	case options.GetIpc() == runtimeapi.NamespaceMode_NODE:
		return refuse("hostIPC", machineReason)
	case security.GetPrivileged():
		return refuse("securityContext.privileged", machineReason)
	case options.GetUsernsOptions().GetMode() == runtimeapi.NamespaceMode_POD:
		return refuse("hostUsers: false", "all its pods run in one user namespace already")
	}
	return nil
}

// identity fills in who the process is. Ids that the cluster does not have are refused by name.
func (s *Server) identity(security *runtimeapi.LinuxContainerSecurityContext, process *container.Process) error {
	if security.GetPrivileged() {
		return refuse("securityContext.privileged", machineReason)
	}
	process.UID = int(security.GetRunAsUser().GetValue())
	process.GID = int(security.GetRunAsGroup().GetValue())
	for _, group := range security.GetSupplementalGroups() {
		if !slices.Contains(process.Groups, int(group)) {
			process.Groups = append(process.Groups, int(group))
		}
	}
	if err := s.has("runAsUser", process.UID); err != nil {
		return err
	}
	if err := s.has("runAsGroup", process.GID); err != nil {
		return err
	}
	for _, group := range process.Groups {
		if err := s.has("a supplementary group or fsGroup", group); err != nil {
			return err
		}
	}
	if s.config.IDs == 1 {
		process.Groups = nil
	}
	var err error
	capabilities := security.GetCapabilities()
	process.Capabilities, err = container.Capabilities(capabilities.GetAddCapabilities(), capabilities.GetDropCapabilities())
	return err
}

func (s *Server) has(what string, id int) error {
	if id < s.config.IDs {
		return nil
	}
	if s.config.IDs == 1 {
		return status.Errorf(codes.InvalidArgument,
			"%s %d cannot be had on this cluster: only id 0 is mapped. With the package uidmap (newuidmap) and a range for you in /etc/subuid and /etc/subgid it has 65536", what, id)
	}
	return status.Errorf(codes.InvalidArgument, "%s %d cannot be had on this cluster: its ids end at %d", what, id, s.config.IDs-1)
}

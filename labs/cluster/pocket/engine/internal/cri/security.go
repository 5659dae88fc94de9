package cri

import (
	"slices"
	"strconv"
	"strings"

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

// identity fills in who the process is: who the Pod says, else who the image says. Names are looked up in the image's files.
// Ids that the cluster does not have are refused by name.
func (s *Server) identity(security *runtimeapi.LinuxContainerSecurityContext, wanted, files string, process *container.Process) error {
	if security.GetPrivileged() {
		return refuse("securityContext.privileged", machineReason)
	}
	what := "runAsUser"
	switch {
	case security.GetRunAsUser() != nil:
		// The kubelet passes the image's user on as a number: the group that belongs to it is the image's as well.
		number := strconv.FormatInt(security.GetRunAsUser().GetValue(), 10)
		if user, _, _ := strings.Cut(wanted, ":"); user == number {
			what = "USER of the image:"
		} else {
			wanted = number
		}
	case security.GetRunAsUsername() != "" && !strings.HasPrefix(wanted, security.GetRunAsUsername()+":"):
		wanted = security.GetRunAsUsername()
	}
	var err error
	if process.UID, process.GID, err = container.LookupUser(files, wanted); err != nil {
		return status.Error(codes.InvalidArgument, err.Error())
	}
	if security.GetRunAsGroup() != nil {
		process.GID = int(security.GetRunAsGroup().GetValue())
	}
	for _, group := range security.GetSupplementalGroups() {
		if !slices.Contains(process.Groups, int(group)) {
			process.Groups = append(process.Groups, int(group))
		}
	}
	if err := s.has(what, process.UID); err != nil {
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

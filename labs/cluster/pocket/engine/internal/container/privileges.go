package container

import (
	"fmt"
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"
)

// dropTo gives this thread the identity and the capabilities of the process. With identity false only the capabilities.
func dropTo(process Process, identity bool) error {
	for capability := 0; capability <= unix.CAP_LAST_CAP; capability++ {
		if slices.Contains(process.Capabilities, capability) {
			continue
		}
		if err := unix.Prctl(unix.PR_CAPBSET_DROP, uintptr(capability), 0, 0, 0); err != nil && err != unix.EINVAL {
			return fmt.Errorf("drop capability %d: %w", capability, err)
		}
	}
	if identity {
		if err := takeIdentity(process); err != nil {
			return err
		}
	}
	if process.UID == 0 {
		if err := limitCapabilities(process.Capabilities); err != nil {
			return err
		}
	}
	return unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
}

// takeIdentity acts on this thread alone, which is the one that becomes the command.
func takeIdentity(process Process) error {
	if len(process.Groups) > 0 {
		groups := make([]uint32, len(process.Groups))
		for i, group := range process.Groups {
			groups[i] = uint32(group)
		}
		if _, _, errno := unix.RawSyscall(unix.SYS_SETGROUPS, uintptr(len(groups)), uintptr(unsafe.Pointer(&groups[0])), 0); errno != 0 {
			return fmt.Errorf("set the supplementary groups: %w", errno)
		}
	}
	group, user := uintptr(process.GID), uintptr(process.UID)
	if _, _, errno := unix.RawSyscall(unix.SYS_SETRESGID, group, group, group); errno != 0 {
		return fmt.Errorf("run as group %d: %w", process.GID, errno)
	}
	if _, _, errno := unix.RawSyscall(unix.SYS_SETRESUID, user, user, user); errno != 0 {
		return fmt.Errorf("run as user %d: %w", process.UID, errno)
	}
	return nil
}

func limitCapabilities(allowed []int) error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return err
	}
	var mask [2]uint32
	for _, capability := range allowed {
		mask[capability/32] |= 1 << (capability % 32)
	}
	for i := range data {
		data[i].Permitted &= mask[i]
		data[i].Effective = data[i].Permitted
		data[i].Inheritable = 0
	}
	return unix.Capset(&header, &data[0])
}

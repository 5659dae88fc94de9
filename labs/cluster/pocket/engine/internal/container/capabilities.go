package container

import (
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

// defaults are the capabilities that Docker gives a container (moby, daemon/pkg/oci/caps/defaults.go).
var defaults = map[string]int{
	"CHOWN": unix.CAP_CHOWN, "DAC_OVERRIDE": unix.CAP_DAC_OVERRIDE, "FSETID": unix.CAP_FSETID, "FOWNER": unix.CAP_FOWNER,
	"MKNOD": unix.CAP_MKNOD, "NET_RAW": unix.CAP_NET_RAW, "SETGID": unix.CAP_SETGID, "SETUID": unix.CAP_SETUID,
	"SETFCAP": unix.CAP_SETFCAP, "SETPCAP": unix.CAP_SETPCAP, "NET_BIND_SERVICE": unix.CAP_NET_BIND_SERVICE,
	"SYS_CHROOT": unix.CAP_SYS_CHROOT, "KILL": unix.CAP_KILL, "AUDIT_WRITE": unix.CAP_AUDIT_WRITE,
}

// extras may be asked for: what they permit ends at the pod's own processes. `kubectl debug` asks for it.
var extras = map[string]int{"SYS_PTRACE": unix.CAP_SYS_PTRACE}

// Capabilities are the default ones after add and drop, as in a securityContext; more than the default ones are refused.
func Capabilities(add, drop []string) ([]int, error) {
	chosen := map[string]bool{}
	for name := range defaults {
		chosen[name] = true
	}
	for _, name := range drop {
		if name = plain(name); name == "ALL" {
			clear(chosen)
		} else {
			delete(chosen, name)
		}
	}
	for _, name := range add {
		if _, known := number(plain(name)); !known {
			return nil, fmt.Errorf("securityContext.capabilities.add: %s is refused on the pocket cluster, which gives Docker's default capabilities and SYS_PTRACE", name)
		}
		chosen[plain(name)] = true
	}
	numbers := make([]int, 0, len(chosen))
	for name := range chosen {
		capability, _ := number(name)
		numbers = append(numbers, capability)
	}
	return numbers, nil
}

func number(name string) (int, bool) {
	if capability, known := defaults[name]; known {
		return capability, true
	}
	capability, known := extras[name]
	return capability, known
}

func plain(name string) string { return strings.TrimPrefix(strings.ToUpper(name), "CAP_") }

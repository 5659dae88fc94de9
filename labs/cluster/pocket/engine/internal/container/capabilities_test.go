package container

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestCapabilities(t *testing.T) {
	for _, one := range []struct {
		name      string
		add, drop []string
		count     int
		with      int
	}{
		{"the default ones", nil, nil, len(defaults), unix.CAP_CHOWN},
		{"all dropped, one added", []string{"NET_BIND_SERVICE"}, []string{"ALL"}, 1, unix.CAP_NET_BIND_SERVICE},
		{"one dropped", nil, []string{"CAP_MKNOD"}, len(defaults) - 1, unix.CAP_KILL},
		{"what kubectl debug asks for", []string{"SYS_PTRACE"}, nil, len(defaults) + 1, unix.CAP_SYS_PTRACE},
	} {
		t.Run(one.name, func(t *testing.T) {
			got, err := Capabilities(one.add, one.drop)
			if err != nil || len(got) != one.count || !slices.Contains(got, one.with) {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
}

func TestCapabilitiesBeyondThePodAreRefused(t *testing.T) {
	_, err := Capabilities([]string{"SYS_ADMIN"}, nil)
	if err == nil || !strings.Contains(err.Error(), "SYS_ADMIN is refused") {
		t.Errorf("the answer is %v", err)
	}
}

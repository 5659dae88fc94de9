package supervisor

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"strings"
	"syscall"
)

const manyIDs = 65536

// identities is how user and group ids of the cluster's user namespace map to the machine's.
type identities struct {
	count  int
	attr   syscall.SysProcAttr
	helped bool
	uids   []string
	gids   []string
}

// Identities is how many user ids a cluster of this account has: 65536, or 1 where it has no range of its own.
func Identities() int { return chooseIdentities().count }

func chooseIdentities() identities {
	if os.Geteuid() == 0 && mappedIDs("/proc/self/uid_map") >= manyIDs && mappedIDs("/proc/self/gid_map") >= manyIDs {
		all := []syscall.SysProcIDMap{{ContainerID: 0, HostID: 0, Size: manyIDs}}
		return identities{count: manyIDs, attr: syscall.SysProcAttr{UidMappings: all, GidMappings: all, GidMappingsEnableSetgroups: true}}
	}
	if uids, gids, ok := delegatedRanges(); ok {
		return identities{count: manyIDs, helped: true, uids: uids, gids: gids}
	}
	return identities{count: 1, attr: syscall.SysProcAttr{
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}},
	}}
}

// program is the part of `pocket` that the inner supervisor begins with.
func (i identities) program() string {
	if i.helped {
		return "inner-unmapped"
	}
	return "inner"
}

// mappedIDs counts the ids from 0 on that a map file of /proc covers without a gap.
func mappedIDs(file string) int {
	data, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	next := 0
	for line := range strings.Lines(string(data)) {
		var inside, outside, size int
		if _, err := fmt.Sscan(line, &inside, &outside, &size); err == nil && inside == next {
			next += size
		}
	}
	return next
}

// delegatedRanges says what newuidmap and newgidmap would be asked for: the caller as 0, then a range of its own.
func delegatedRanges() (uids, gids []string, ok bool) {
	for _, program := range []string{"newuidmap", "newgidmap"} {
		if _, err := exec.LookPath(program); err != nil {
			return nil, nil, false
		}
	}
	names := []string{strconv.Itoa(os.Geteuid())}
	if me, err := user.LookupId(names[0]); err == nil {
		names = append(names, me.Username)
	}
	uidStart, uidFound := subordinate("/etc/subuid", names)
	gidStart, gidFound := subordinate("/etc/subgid", names)
	return idMap(os.Geteuid(), uidStart), idMap(os.Getegid(), gidStart), uidFound && gidFound
}

func idMap(own, start int) []string {
	return []string{"0", strconv.Itoa(own), "1", "1", strconv.Itoa(start), strconv.Itoa(manyIDs - 1)}
}

// subordinate finds the first range of at least 65535 ids that file gives to one of names.
func subordinate(file string, names []string) (start int, found bool) {
	opened, err := os.Open(file)
	if err != nil {
		return 0, false
	}
	defer opened.Close()
	lines := bufio.NewScanner(opened)
	for lines.Scan() {
		fields := strings.Split(strings.TrimSpace(lines.Text()), ":")
		if len(fields) != 3 {
			continue
		}
		start, err := strconv.Atoi(fields[1])
		size, errSize := strconv.Atoi(fields[2])
		if errors.Join(err, errSize) == nil && size >= manyIDs-1 && (fields[0] == names[0] || fields[0] == names[len(names)-1]) {
			return start, true
		}
	}
	return 0, false
}

// mapFor lets newuidmap and newgidmap write the maps of a process that waits for them.
func (i identities) mapFor(pid int) error {
	for program, ranges := range map[string][]string{"newuidmap": i.uids, "newgidmap": i.gids} {
		output, err := exec.Command(program, append([]string{strconv.Itoa(pid)}, ranges...)...).CombinedOutput()
		if err != nil {
			return &Failure{
				"idmap-refused", program + " could not map this account's user ids", strings.TrimSpace(string(output)),
				"Check /etc/subuid and /etc/subgid for this account, or remove its lines there to run with one id",
			}
		}
	}
	return nil
}

func restrictedByAppArmor() bool {
	data, err := os.ReadFile("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")
	return err == nil && strings.TrimSpace(string(data)) == "1"
}

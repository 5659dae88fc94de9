package container

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"

	securejoin "github.com/cyphar/filepath-securejoin"
)

// LookupUser finds the ids of USER, USER:GROUP or "" (root), each a name or a number; files is the folder with the image's.
// Without a group it is the user's own.
func LookupUser(files, text string) (uid, gid int, err error) {
	user, group, grouped := strings.Cut(text, ":")
	if user == "" {
		user = "0"
	}
	entry, err := lookup(files, "etc/passwd", user)
	if err != nil {
		return 0, 0, fmt.Errorf("unable to find user %s: %w", user, err)
	}
	if uid, err = strconv.Atoi(entry[2]); err != nil {
		return 0, 0, fmt.Errorf("user %s: %w", user, err)
	}
	if !grouped {
		gid, _ = strconv.Atoi(entry[3])
		return uid, gid, nil
	}
	if entry, err = lookup(files, "etc/group", group); err != nil {
		return 0, 0, fmt.Errorf("unable to find group %s: %w", group, err)
	}
	gid, err = strconv.Atoi(entry[2])
	return uid, gid, err
}

// lookup finds the line of a name or a number. A number needs none.
func lookup(files, name, wanted string) ([]string, error) {
	_, notNumber := strconv.Atoi(wanted)
	plain := []string{"", "", wanted, "0"}
	if files == "" {
		if wanted == "root" {
			return []string{"", "", "0", "0"}, nil
		}
		return plain, notNumber
	}
	path, err := securejoin.SecureJoin(files, name)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for line := range strings.Lines(string(text)) {
		fields := append(strings.Split(strings.TrimSpace(line), ":"), "", "", "")
		if fields[0] == wanted || notNumber == nil && fields[2] == wanted {
			return fields, nil
		}
	}
	if notNumber == nil {
		return plain, nil
	}
	return nil, fmt.Errorf("no matching entry in the image's %s file", strings.TrimPrefix(name, "etc/"))
}

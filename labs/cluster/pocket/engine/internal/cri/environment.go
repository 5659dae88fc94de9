package cri

import (
	"slices"
	"strings"
)

// lastOfEach keeps the last value of each variable, in the place of its first.
func lastOfEach(entries []string) []string {
	var kept []string
	for _, entry := range entries {
		name, _, _ := strings.Cut(entry, "=")
		at := slices.IndexFunc(kept, func(one string) bool { return strings.HasPrefix(one, name+"=") })
		if at < 0 {
			kept = append(kept, entry)
		} else {
			kept[at] = entry
		}
	}
	return kept
}

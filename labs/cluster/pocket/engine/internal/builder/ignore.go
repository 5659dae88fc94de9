package builder

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
)

// ignore is what .dockerignore leaves out of the context.
type ignore []rule

type rule struct {
	pattern *regexp.Regexp
	kept    bool
}

func readIgnore(context string) (ignore, error) {
	text, err := os.ReadFile(filepath.Join(context, ".dockerignore"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var rules ignore
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, kept := strings.CutPrefix(line, "!")
		pattern, err := regexp.Compile(expression(path.Clean(strings.TrimPrefix(strings.TrimSpace(name), "/"))))
		if err != nil {
			return nil, err
		}
		rules = append(rules, rule{pattern, kept})
	}
	return rules, nil
}

// skips follows Docker: the last rule that fits a path, or a folder above it, decides.
func (i ignore) skips(name string) bool {
	skipped := false
	for _, one := range i {
		if one.pattern.MatchString(name) {
			skipped = !one.kept
		}
	}
	return skipped
}

// expression translates * (within a name), ** (any folders) and ?.
func expression(pattern string) string {
	var text strings.Builder
	text.WriteString("^")
	for at := 0; at < len(pattern); at++ {
		switch rest := pattern[at:]; {
		case strings.HasPrefix(rest, "**/"):
			text.WriteString("(.*/)?")
			at += 2
		case strings.HasPrefix(rest, "**"):
			text.WriteString(".*")
			at++
		case rest[0] == '*':
			text.WriteString("[^/]*")
		case rest[0] == '?':
			text.WriteString("[^/]")
		default:
			text.WriteString(regexp.QuoteMeta(rest[:1]))
		}
	}
	return text.String() + "(/.*)?$"
}

package dockerfile

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Instruction is one instruction of a Dockerfile.
type Instruction struct {
	// Line is where it begins, counted from 1; Name is in capitals; Text is all of it on one line.
	Line int
	Name string
	Text string
	// Flags are its --name=value, Args is what follows them, Exec is that as a list where it was written as one in JSON.
	Flags map[string]string
	Args  string
	Exec  []string
}

// Error is a mistake at a line.
type Error struct {
	Line    int
	Message string
}

func (e *Error) Error() string { return fmt.Sprintf("Dockerfile line %d: %s", e.Line, e.Message) }

// Errorf makes an Error of this instruction.
func (i Instruction) Errorf(format string, args ...any) error {
	return &Error{i.Line, fmt.Sprintf(format, args...)}
}

// Supported are the instructions that can be built, with their flags.
var supported = map[string][]string{
	"FROM": nil, "WORKDIR": nil, "COPY": {"from"}, "RUN": nil, "ENV": nil, "ARG": nil, "EXPOSE": nil, "USER": nil, "LABEL": nil,
	"ENTRYPOINT": nil, "CMD": nil,
}

// instead tells what to do in place of an instruction of Docker's that is not supported.
var instead = map[string]string{
	"ADD":         "use COPY",
	"HEALTHCHECK": "Kubernetes ignores it; a Pod has probes",
	"MAINTAINER":  `use LABEL maintainer="…"`,
	"ONBUILD":     "write the instruction into the Dockerfile that needs it",
	"SHELL":       `write RUN ["bash", "-c", "…"]`,
	"STOPSIGNAL":  "Kubernetes has spec.containers[].lifecycle.stopSignal",
	"VOLUME":      "Kubernetes ignores it; a Pod has volumes",
}

// Parse reads a Dockerfile. Every error is an Error.
func Parse(text string) ([]Instruction, error) {
	var all []Instruction
	for _, one := range join(strings.TrimPrefix(text, "\ufeff")) {
		parsed, err := parse(one)
		if err != nil {
			return nil, err
		}
		if len(all) == 0 && parsed.Name != "FROM" && parsed.Name != "ARG" {
			return nil, parsed.Errorf("the first instruction must be FROM (or an ARG for it), not %s", parsed.Name)
		}
		all = append(all, parsed)
	}
	if !hasFrom(all) {
		return nil, &Error{1, "there is no FROM: an image is made from another one"}
	}
	return all, nil
}

func hasFrom(all []Instruction) bool {
	for _, one := range all {
		if one.Name == "FROM" {
			return true
		}
	}
	return false
}

type logical struct {
	line int
	text string
}

// join makes one line of lines that end with a backslash, and leaves comments and empty lines away.
func join(text string) []logical {
	var all []logical
	var current *logical
	for number, line := range strings.Split(text, "\n") {
		line = strings.TrimRight(line, "\r")
		trimmed := strings.TrimSpace(line)
		if trimmed == "" || strings.HasPrefix(trimmed, "#") {
			continue
		}
		if current == nil {
			all = append(all, logical{line: number + 1})
			current = &all[len(all)-1]
		}
		kept, continued := strings.CutSuffix(strings.TrimRight(line, " \t"), `\`)
		if !continued {
			kept = line
		}
		current.text += kept
		if !continued {
			current = nil
		}
	}
	return all
}

func parse(one logical) (Instruction, error) {
	word, rest, _ := strings.Cut(strings.ReplaceAll(strings.TrimSpace(one.text), "\t", " "), " ")
	i := Instruction{Line: one.line, Name: strings.ToUpper(word), Flags: map[string]string{}, Args: strings.TrimSpace(rest)}
	i.Text = strings.Join(append([]string{i.Name}, strings.Fields(rest)...), " ")
	flags, known := supported[i.Name]
	if advice, docker := instead[i.Name]; docker {
		return i, i.Errorf("%s is not supported by this builder: %s", i.Name, advice)
	}
	if !known {
		return i, i.Errorf("unknown instruction %s", word)
	}
	if err := i.takeFlags(flags); err != nil {
		return i, err
	}
	if i.Args == "" {
		return i, i.Errorf("%s says nothing more", i.Name)
	}
	return i, i.takeForm()
}

func (i *Instruction) takeFlags(known []string) error {
	for strings.HasPrefix(i.Args, "--") {
		flag, rest, _ := strings.Cut(i.Args, " ")
		name, value, _ := strings.Cut(strings.TrimPrefix(flag, "--"), "=")
		if len(known) == 0 || known[0] != name {
			return i.Errorf("%s --%s is not supported by this builder", i.Name, name)
		}
		if value == "" {
			return i.Errorf("%s --%s needs a value: --%s=…", i.Name, name, name)
		}
		i.Flags[name], i.Args = value, strings.TrimSpace(rest)
	}
	return nil
}

func (i *Instruction) takeForm() error {
	switch i.Name {
	case "RUN", "CMD", "ENTRYPOINT", "COPY":
	default:
		return nil
	}
	if (i.Name == "RUN" || i.Name == "COPY") && strings.Contains(i.Args, "<<") && heredoc(i.Args) {
		return i.Errorf("here-documents (<<EOF) are not supported by this builder: put the text into a file and COPY it")
	}
	if strings.HasPrefix(i.Args, "[") {
		if err := json.Unmarshal([]byte(i.Args), &i.Exec); err != nil {
			i.Exec = nil
			if i.Name == "COPY" {
				return i.Errorf("the list is not JSON: %v", err)
			}
		}
	}
	return nil
}

// heredoc tells whether << begins a here-document rather than a shift in shell arithmetic.
func heredoc(args string) bool {
	_, after, _ := strings.Cut(args, "<<")
	after = strings.TrimLeft(after, "-\"'")
	return after != "" && (after[0] >= 'A' && after[0] <= 'Z' || after[0] >= 'a' && after[0] <= 'z' || after[0] == '_')
}

// Command is what RUN, CMD or ENTRYPOINT starts: the list as it stands, or a line for the shell.
func (i Instruction) Command() []string {
	if i.Exec != nil {
		return i.Exec
	}
	return []string{"/bin/sh", "-c", i.Args}
}

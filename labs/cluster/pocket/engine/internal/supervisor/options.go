package supervisor

import (
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"
)

const (
	maxNodes        = 9
	minNodeMemory   = 256 << 20
	version         = "v1.37.2"
	schema          = 1
	defaultNodeSize = "4Gi"
)

// Options are the settings of `pocket up`.
type Options struct {
	State      string
	Engine     string
	Nodes      int
	NodeCPU    string
	NodeMemory string
	Python     Python
	Port       int
}

// Python is the interpreter that stand-in images serve.
type Python struct {
	Executable string `json:"executable"`
	Prefix     string `json:"prefix"`
	Version    string `json:"version"`
}

// ParseOptions reads the arguments of `pocket up`; every mistake is a Failure.
func ParseOptions(args []string) (Options, error) {
	var options Options
	flags := flag.NewFlagSet("up", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&options.State, "state", "", "state folder")
	flags.StringVar(&options.Engine, "engine", "", "folder of the engine's programs")
	flags.IntVar(&options.Nodes, "nodes", 3, "number of nodes")
	flags.StringVar(&options.NodeCPU, "node-cpu", "2", "allocatable CPUs of a node")
	flags.StringVar(&options.NodeMemory, "node-memory", defaultNodeSize, "allocatable memory of a node")
	flags.StringVar(&options.Python.Executable, "python", "", "interpreter for stand-in images")
	flags.StringVar(&options.Python.Prefix, "python-prefix", "", "its installation folder")
	flags.StringVar(&options.Python.Version, "python-version", "", "its version")
	flags.IntVar(&options.Port, "port", 0, "port on 127.0.0.1; 0: the last one, or a free one")
	if err := flags.Parse(args); err != nil {
		return options, misuse(err)
	}
	return options, options.check()
}

func (o Options) check() error {
	if !filepath.IsAbs(o.State) || !filepath.IsAbs(o.Engine) {
		return misuse(fmt.Errorf("--state and --engine must be absolute paths"))
	}
	if o.Nodes < 1 || o.Nodes > maxNodes {
		return misuse(fmt.Errorf("--nodes must be 1 to %d, not %d", maxNodes, o.Nodes))
	}
	if o.Port < 0 || o.Port > 65535 {
		return misuse(fmt.Errorf("--port must be 0 to 65535, not %d", o.Port))
	}
	if cpu, err := ParseCPU(o.NodeCPU); err != nil || cpu < 100 {
		return misuse(fmt.Errorf("--node-cpu must be a number of CPUs such as 2 or 500m, not %q", o.NodeCPU))
	}
	if memory, err := ParseBytes(o.NodeMemory); err != nil || memory < minNodeMemory {
		return misuse(fmt.Errorf("--node-memory must be at least 256Mi, not %q", o.NodeMemory))
	}
	return nil
}

func misuse(err error) error {
	return &Failure{"bad-option", "`pocket up` was called with wrong options", err.Error(), "See `labs up --help`"}
}

// ParseCPU reads a Kubernetes CPU quantity as thousandths of a CPU.
func ParseCPU(text string) (int64, error) {
	if digits, milli := strings.CutSuffix(text, "m"); milli {
		return strconv.ParseInt(digits, 10, 32)
	}
	value, err := strconv.ParseFloat(text, 64)
	return int64(value * 1000), err
}

// ParseBytes reads a Kubernetes memory quantity.
func ParseBytes(text string) (int64, error) {
	units := []struct {
		suffix string
		factor int64
	}{{"Ki", 1 << 10}, {"Mi", 1 << 20}, {"Gi", 1 << 30}, {"Ti", 1 << 40}, {"k", 1e3}, {"M", 1e6}, {"G", 1e9}, {"T", 1e12}, {"", 1}}
	for _, unit := range units {
		if digits, found := strings.CutSuffix(text, unit.suffix); found {
			value, err := strconv.ParseFloat(digits, 64)
			if value < 0 || value > 1<<40 {
				return 0, fmt.Errorf("out of range: %s", text)
			}
			return int64(value * float64(unit.factor)), err
		}
	}
	return 0, fmt.Errorf("not a quantity: %q", text)
}

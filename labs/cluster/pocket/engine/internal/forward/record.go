package forward

import (
	"cmp"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"

	"labs/engine/internal/pki"
)

const (
	schema  = 1
	address = "127.0.0.1"
)

// Forward is one open port, as forwards.json tells it to other programs.
type Forward struct {
	Namespace string `json:"namespace"`
	Service   string `json:"service"`
	Port      int    `json:"port"`
	Name      string `json:"name"`
	Kind      string `json:"kind"`
	Address   string `json:"address"`
	HostPort  int    `json:"host_port"`
}

// File is where a state folder says which ports are open.
func File(folder string) string { return filepath.Join(folder, "forwards.json") }

func portsFile(folder string) string { return filepath.Join(folder, "forward-ports.json") }

func writeForwards(folder string, forwards []Forward) error {
	slices.SortFunc(forwards, func(a, b Forward) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Service, b.Service), cmp.Compare(a.Port, b.Port))
	})
	return write(File(folder), map[string]any{"schema": schema, "forwards": forwards})
}

// readPorts says which port of the machine each port of a Service had the last time.
func readPorts(folder string) map[string]int {
	ports := map[string]int{}
	if data, err := os.ReadFile(portsFile(folder)); err == nil {
		// What cannot be read is no loss: another port will do.
		_ = json.Unmarshal(data, &ports)
	}
	return ports
}

func writePorts(folder string, ports map[string]int) error { return write(portsFile(folder), ports) }

func write(file string, value any) error {
	data, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return pki.WriteFile(file, append(data, '\n'))
}

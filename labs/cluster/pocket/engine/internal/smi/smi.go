// Package smi is a stand-in of nvidia-smi: it shows the simulated cards that its container was given.
package smi

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// DevicesDir has a file for each device of the container, named by its UUID.
const DevicesDir = "/var/run/nvidia-container-devices"

// Device is a card or a MIG device of one, as labs.cluster.gpus describes it. Memory is in MiB.
type Device struct {
	Name       string `json:"name"`
	UUID       string `json:"uuid"`
	Index      int    `json:"index"`
	Product    string `json:"product"`
	Memory     int    `json:"memory"`
	Profile    string `json:"profile,omitempty"`
	Card       string `json:"card"`
	CardMemory int    `json:"cardMemory"`
	Replicas   int    `json:"replicas"`
	Driver     string `json:"driver"`
	CUDA       string `json:"cuda"`
}

const usage = `nvidia-smi (simulated): shows the simulated cards of this container.
  nvidia-smi                                        a table
  nvidia-smi -L                                     a line for each
  nvidia-smi --query-gpu=FIELDS --format=csv[,noheader][,nounits]
      FIELDS: index, name, uuid, memory.total, memory.used, memory.free, driver_version, mig.mode.current
`

// Main shows the devices and returns the exit code.
func Main(arguments []string, out io.Writer) int {
	devices, err := read(DevicesDir)
	if err != nil || len(devices) == 0 {
		fmt.Fprintln(out, "No devices were found (simulated)")
		return 6
	}
	switch {
	case len(arguments) == 0:
		table(out, devices)
	case arguments[0] == "-L" || arguments[0] == "--list-gpus":
		list(out, devices)
	case strings.HasPrefix(arguments[0], "--query-gpu="):
		return query(out, devices, arguments)
	default:
		fmt.Fprint(out, usage)
		if arguments[0] != "-h" && arguments[0] != "--help" {
			return 2
		}
	}
	return 0
}

func read(folder string) ([]Device, error) {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	devices := []Device{}
	for _, entry := range entries {
		data, err := os.ReadFile(filepath.Join(folder, entry.Name()))
		if err != nil {
			return nil, err
		}
		var device Device
		if err := json.Unmarshal(data, &device); err != nil {
			return nil, err
		}
		devices = append(devices, device)
	}
	slices.SortFunc(devices, func(a, b Device) int {
		return cmp.Or(cmp.Compare(a.Index, b.Index), cmp.Compare(a.Card, b.Card), cmp.Compare(a.Name, b.Name))
	})
	return devices, err
}

// card is one physical card and what of it the container has: all of it, or MIG devices.
type card struct {
	Device
	parts []Device
}

// group numbers the cards as the container sees them: from 0 on.
func group(devices []Device) []card {
	cards := []card{}
	for _, device := range devices {
		at := slices.IndexFunc(cards, func(one card) bool { return one.Card == device.Card })
		if at < 0 {
			at = len(cards)
			cards = append(cards, card{Device: device})
		}
		if device.Profile != "" {
			cards[at].parts = append(cards[at].parts, device)
		}
	}
	return cards
}

func list(out io.Writer, devices []Device) {
	for number, one := range group(devices) {
		fmt.Fprintf(out, "GPU %d: %s (UUID: %s) (simulated)\n", number, one.Product, one.Card)
		for index, part := range one.parts {
			fmt.Fprintf(out, "  MIG %-12s Device %2d: (UUID: %s)\n", part.Profile, index, part.UUID)
		}
	}
}

const width = 77

func line(out io.Writer, format string, values ...any) {
	fmt.Fprintf(out, "| %-*s |\n", width-2, fmt.Sprintf(format, values...))
}

func table(out io.Writer, devices []Device) {
	rule := "+" + strings.Repeat("-", width) + "+\n"
	first := devices[0]
	fmt.Fprint(out, rule)
	line(out, "NVIDIA-SMI %-12s  Driver Version: %-12s  CUDA Version: %s", first.Driver, first.Driver, first.CUDA)
	line(out, "simulated: these cards belong to the course and compute nothing")
	fmt.Fprint(out, rule)
	for number, one := range group(devices) {
		mig := ""
		if len(one.parts) > 0 {
			mig = "MIG enabled"
		} else if one.Replicas > 1 {
			mig = fmt.Sprintf("shared by %d", one.Replicas)
		}
		line(out, "%3d  %-30s %8d MiB / %d MiB   %s", number, one.Product, 0, one.CardMemory, mig)
		line(out, "     %s", one.Card)
		for index, part := range one.parts {
			line(out, "     MIG %-12s device %2d  %8d MiB / %d MiB", part.Profile, index, 0, part.Memory)
			line(out, "     %s", part.UUID)
		}
		fmt.Fprint(out, rule)
	}
	line(out, "Processes: none can run on a simulated card")
	fmt.Fprint(out, rule)
}

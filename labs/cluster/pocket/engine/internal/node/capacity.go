package node

import (
	"fmt"
	"os"
	"strings"
)

// capacity is what the kubelet will find the machine to have.
type capacity struct {
	milliCPU int64
	memory   int64
}

func hostCapacity() (capacity, error) {
	processors, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return capacity{}, err
	}
	memory, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return capacity{}, err
	}
	bytes, err := totalMemory(string(memory))
	return capacity{milliCPU: 1000 * countProcessors(string(processors)), memory: bytes}, err
}

func countProcessors(cpuinfo string) int64 {
	count := int64(0)
	for line := range strings.Lines(cpuinfo) {
		if name, _, _ := strings.Cut(line, ":"); strings.TrimSpace(name) == "processor" {
			count++
		}
	}
	return max(count, 1)
}

func totalMemory(meminfo string) (int64, error) {
	for line := range strings.Lines(meminfo) {
		var kilobytes int64
		if _, err := fmt.Sscanf(line, "MemTotal: %d kB", &kilobytes); err == nil {
			return kilobytes << 10, nil
		}
	}
	return 0, fmt.Errorf("no MemTotal in /proc/meminfo")
}

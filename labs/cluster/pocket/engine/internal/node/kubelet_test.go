package node

import "testing"

func TestReserved(t *testing.T) {
	spec := Spec{MilliCPU: 2000, Memory: 4 << 30}
	cases := []struct {
		name        string
		host        capacity
		cpu, memory string
	}{
		{"large machine", capacity{8000, 16 << 30}, "6000m", "12780044288"},
		{"small machine", capacity{1000, 2 << 30}, "0m", "0"},
	}
	for _, test := range cases {
		got := reserved(spec, test.host)
		if got["cpu"] != test.cpu || got["memory"] != test.memory {
			t.Errorf("%s: %v", test.name, got)
		}
	}
}

func TestCapacity(t *testing.T) {
	if got, err := totalMemory("MemFree: 1 kB\nMemTotal:       2048 kB\n"); err != nil || got != 2<<20 {
		t.Errorf("totalMemory = %d, %v", got, err)
	}
	if got := countProcessors("processor\t: 0\nmodel name\t: x\nprocessor\t: 1\n"); got != 2 {
		t.Errorf("countProcessors = %d", got)
	}
}

package supervisor

import "testing"

func TestParseBytes(t *testing.T) {
	cases := []struct {
		text string
		want int64
		bad  bool
	}{
		{"4Gi", 4 << 30, false}, {"512Mi", 512 << 20, false}, {"1.5Gi", 3 << 29, false}, {"1G", 1e9, false}, {"77", 77, false},
		{"", 0, true}, {"-1Gi", 0, true}, {"much", 0, true},
	}
	for _, test := range cases {
		got, err := ParseBytes(test.text)
		if (err != nil) != test.bad || got != test.want {
			t.Errorf("ParseBytes(%q) = %d, %v", test.text, got, err)
		}
	}
}

func TestParseOptions(t *testing.T) {
	cases := []struct {
		name string
		args []string
		ok   bool
	}{
		{"least", []string{"--state", "/s", "--engine", "/e"}, true},
		{"relative folder", []string{"--state", "s", "--engine", "/e"}, false},
		{"too many nodes", []string{"--state", "/s", "--engine", "/e", "--nodes", "10"}, false},
		{"no nodes", []string{"--state", "/s", "--engine", "/e", "--nodes", "0"}, false},
		{"tiny memory", []string{"--state", "/s", "--engine", "/e", "--node-memory", "1Mi"}, false},
		{"wrong port", []string{"--state", "/s", "--engine", "/e", "--port", "70000"}, false},
		{"unknown option", []string{"--state", "/s", "--engine", "/e", "--speed", "9"}, false},
	}
	for _, test := range cases {
		_, err := ParseOptions(test.args)
		if (err == nil) != test.ok {
			t.Errorf("%s: %v", test.name, err)
		}
		if err != nil && failureOf(err).Code != "bad-option" {
			t.Errorf("%s: code %s", test.name, failureOf(err).Code)
		}
	}
}

func TestChildOf(t *testing.T) {
	status := "Name:\tkube\nPPid:\t41\nNSpid:\t97\t8\n"
	if !childOf(status, 41, 8) || childOf(status, 41, 9) || childOf(status, 40, 8) {
		t.Error("a child was not told from others")
	}
}

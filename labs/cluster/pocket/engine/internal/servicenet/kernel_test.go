package servicenet

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

const insideVariable = "LABS_TEST_INSIDE"

// The tests run in a network namespace of their own, where backends are addresses of the loopback device.
func TestMain(m *testing.M) {
	if os.Getenv(insideVariable) != "" {
		os.Exit(m.Run())
	}
	command := exec.Command("/proc/self/exe", os.Args[1:]...)
	command.Env = append(os.Environ(), insideVariable+"=1")
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	command.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  unix.CLONE_NEWUSER | unix.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Geteuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{HostID: os.Getegid(), Size: 1}},
	}
	err := command.Run()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		fmt.Fprintln(os.Stderr, "no namespaces here:", err)
		os.Exit(1)
	}
	os.Exit(command.ProcessState.ExitCode())
}

var kernelUnderTest *kernel

func prepared(t *testing.T) *kernel {
	t.Helper()
	if kernelUnderTest == nil {
		loopback, err := netlink.LinkByName("lo")
		if err != nil {
			t.Fatal(err)
		}
		network := netip.MustParsePrefix("10.96.0.0/16")
		route := &netlink.Route{LinkIndex: loopback.Attrs().Index, Dst: &net.IPNet{IP: network.Addr().AsSlice(), Mask: net.CIDRMask(16, 32)}}
		if err := netlink.LinkSetUp(loopback); err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{"10.245.0.1/32", "10.245.0.2/32"} {
			parsed, _ := netlink.ParseAddr(text)
			if err := netlink.AddrAdd(loopback, parsed); err != nil {
				t.Fatal(err)
			}
		}
		if err := netlink.RouteAdd(route); err != nil {
			t.Fatal(err)
		}
		if kernelUnderTest, err = newKernel(network); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { put(t, map[string]Port{}) })
	return kernelUnderTest
}

func put(t *testing.T, table map[string]Port) {
	t.Helper()
	before, failures := kernelUnderTest.put(table)
	if err := errors.Join(append(failures, forgetStale(before, table))...); err != nil {
		t.Fatal(err)
	}
}

// server answers each connection, or each packet, with its name.
func server(t *testing.T, protocol, name string) netip.AddrPort {
	t.Helper()
	if protocol == "udp" {
		packets, err := net.ListenPacket("udp4", "10.245.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { packets.Close() })
		go func() {
			for {
				_, from, err := packets.ReadFrom(make([]byte, 16))
				if err != nil {
					return
				}
				_, _ = packets.WriteTo([]byte(name), from)
			}
		}()
		return netip.MustParseAddrPort(packets.LocalAddr().String())
	}
	listener, err := net.Listen("tcp4", "10.245.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = connection.Write([]byte(name))
			connection.Close()
		}
	}()
	return netip.MustParseAddrPort(listener.Addr().String())
}

func call(address string) (string, error) {
	connection, err := net.DialTimeout("tcp4", address, 2*time.Second)
	if err != nil {
		return "", err
	}
	defer connection.Close()
	answer, err := io.ReadAll(connection)
	return string(answer), err
}

func counted(t *testing.T, address string, times int) map[string]int {
	t.Helper()
	answers := map[string]int{}
	for range times {
		answer, err := call(address)
		if err != nil {
			t.Fatal(err)
		}
		answers[answer]++
	}
	return answers
}

func tcpPort(sticky time.Duration, backends ...netip.AddrPort) Port {
	frontends := []Frontend{
		{netip.MustParseAddr("10.96.3.4"), unix.IPPROTO_TCP, 80},
		{netip.MustParseAddr("10.245.0.2"), unix.IPPROTO_TCP, 30080},
	}
	return Port{Frontends: frontends, Backends: backends, Sticky: sticky}
}

func TestConnectionsSpreadAndFollowChanges(t *testing.T) {
	prepared(t)
	one, two, three := server(t, "tcp", "one"), server(t, "tcp", "two"), server(t, "tcp", "three")
	put(t, map[string]Port{"a/web/80/TCP": tcpPort(0, one, two)})
	for _, address := range []string{"10.96.3.4:80", "10.245.0.2:30080"} {
		if answers := counted(t, address, 60); answers["one"] == 0 || answers["two"] == 0 {
			t.Errorf("%s: %v", address, answers)
		}
	}
	put(t, map[string]Port{"a/web/80/TCP": tcpPort(0, three)})
	if answers := counted(t, "10.96.3.4:80", 20); answers["three"] != 20 {
		t.Errorf("after a change: %v", answers)
	}
}

func TestWhatNoPortTakesIsRefused(t *testing.T) {
	prepared(t)
	put(t, map[string]Port{"a/web/80/TCP": tcpPort(0, server(t, "tcp", "one"))})
	counted(t, "10.96.3.4:80", 1)
	for _, address := range []string{"10.96.3.4:81", "10.96.9.9:80"} {
		if _, err := call(address); !errors.Is(err, unix.ECONNREFUSED) {
			t.Errorf("%s: %v", address, err)
		}
	}
	put(t, map[string]Port{})
	for _, address := range []string{"10.96.3.4:80", "10.245.0.2:30080"} {
		if _, err := call(address); !errors.Is(err, unix.ECONNREFUSED) {
			t.Errorf("%s without endpoints: %v", address, err)
		}
	}
}

func TestAnEstablishedConnectionStays(t *testing.T) {
	prepared(t)
	listener, err := net.Listen("tcp4", "10.245.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	put(t, map[string]Port{"a/web/80/TCP": tcpPort(0, netip.MustParseAddrPort(listener.Addr().String()))})
	client, err := net.DialTimeout("tcp4", "10.96.3.4:80", 2*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	accepted, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer accepted.Close()
	put(t, map[string]Port{})
	if _, err := client.Write([]byte("still")); err != nil {
		t.Fatal(err)
	}
	_ = accepted.SetDeadline(time.Now().Add(5 * time.Second))
	if _, err := io.ReadFull(accepted, make([]byte, 5)); err != nil {
		t.Error(err)
	}
}

func TestAClientKeepsItsBackendUntilThatIsGone(t *testing.T) {
	prepared(t)
	one, two, three := server(t, "tcp", "one"), server(t, "tcp", "two"), server(t, "tcp", "three")
	names := map[string]netip.AddrPort{"one": one, "two": two, "three": three}
	put(t, map[string]Port{"a/web/80/TCP": tcpPort(time.Hour, one, two, three)})
	answers := counted(t, "10.96.3.4:80", 30)
	if len(answers) != 1 {
		t.Fatalf("not sticky: %v", answers)
	}
	for name := range answers {
		delete(names, name)
	}
	var left []netip.AddrPort
	for _, backend := range names {
		left = append(left, backend)
	}
	put(t, map[string]Port{"a/web/80/TCP": tcpPort(time.Hour, left...)})
	after := counted(t, "10.96.3.4:80", 30)
	if len(after) != 1 {
		t.Errorf("not sticky after a change: %v", after)
	}
	for name := range after {
		if _, alive := names[name]; !alive {
			t.Errorf("it still goes to %s", name)
		}
	}
	put(t, map[string]Port{"a/web/80/TCP": tcpPort(0, left...)})
	if answers := counted(t, "10.96.3.4:80", 60); len(answers) != 2 {
		t.Errorf("no longer sticky, but %v", answers)
	}
}

func TestUDPFollowsChanges(t *testing.T) {
	prepared(t)
	port := func(backend netip.AddrPort) map[string]Port {
		return map[string]Port{"a/dns/53/UDP": {
			Frontends: []Frontend{{netip.MustParseAddr("10.96.0.10"), unix.IPPROTO_UDP, 53}}, Backends: []netip.AddrPort{backend},
		}}
	}
	put(t, port(server(t, "udp", "one")))
	client, err := net.Dial("udp4", "10.96.0.10:53")
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ask := func() string {
		answer := make([]byte, 16)
		_ = client.SetDeadline(time.Now().Add(2 * time.Second))
		_, _ = client.Write([]byte("?"))
		size, err := client.Read(answer)
		if err != nil {
			t.Fatal(err)
		}
		return string(answer[:size])
	}
	if said := ask(); said != "one" {
		t.Fatal(said)
	}
	put(t, port(server(t, "udp", "two")))
	if said := ask(); said != "two" {
		t.Errorf("the same client still gets %q", said)
	}
}

package servicenet

import (
	"encoding/json"
	"maps"
	"net/netip"
	"reflect"
	"slices"
	"testing"
	"time"
)

func read[T any](t *testing.T, texts ...string) map[string]T {
	t.Helper()
	found := map[string]T{}
	for _, text := range texts {
		var object T
		var named struct {
			Metadata struct{ Namespace, Name string }
		}
		if err := json.Unmarshal([]byte(text), &object); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(text), &named); err != nil {
			t.Fatal(err)
		}
		found[named.Metadata.Namespace+"/"+named.Metadata.Name] = object
	}
	return found
}

const (
	web = `{"metadata": {"namespace": "a", "name": "web"}, "spec": {"type": "NodePort", "clusterIP": "10.96.3.4",
		"ports": [{"name": "http", "protocol": "TCP", "port": 80, "nodePort": 30080}, {"name": "dns", "protocol": "UDP", "port": 80}]}}`
	slice = `{"metadata": {"namespace": "a", "name": "web-1", "labels": {"kubernetes.io/service-name": "web"}}, "addressType": "IPv4",
		"ports": [{"name": "http", "port": 5000}], "endpoints": [`
)

func TestTable(t *testing.T) {
	ready, ending := `{"addresses": ["10.244.1.2"], "conditions": {"ready": true, "serving": true}}`,
		`{"addresses": ["10.244.2.3"], "conditions": {"ready": false, "serving": true, "terminating": true}}`
	dead := `{"addresses": ["10.244.3.4"], "conditions": {"ready": false, "serving": false, "terminating": true}}`
	unready := `{"addresses": ["10.244.3.5"], "conditions": {"ready": false, "serving": false}}`
	cases := []struct {
		name, endpoints string
		backends        []string
	}{
		{"only ready ones", ready + "," + ending + "," + unready, []string{"10.244.1.2:5000"}},
		{"ending ones where none is ready", ending + "," + dead + "," + unready, []string{"10.244.2.3:5000"}},
		{"conditions unknown counts as ready", `{"addresses": ["10.244.1.9"]}`, []string{"10.244.1.9:5000"}},
		{"twice the same is once", ready + "," + ready, []string{"10.244.1.2:5000"}},
		{"none", unready + "," + dead, nil},
	}
	nodes := []netip.Addr{netip.MustParseAddr("10.245.0.1"), netip.MustParseAddr("10.245.0.2")}
	for _, test := range cases {
		table := Table(read[Service](t, web), read[Slice](t, slice+test.endpoints+"]}"), nodes)
		got := []string(nil)
		for _, backend := range table["a/web/80/TCP"].Backends {
			got = append(got, backend.String())
		}
		if !reflect.DeepEqual(got, test.backends) {
			t.Errorf("%s: %v", test.name, got)
		}
		if _, there := table["a/web/80/UDP"]; there {
			t.Errorf("%s: a port without endpoints is in the table", test.name)
		}
	}
}

func TestFrontends(t *testing.T) {
	nodes := []netip.Addr{netip.MustParseAddr("10.245.0.1")}
	table := Table(read[Service](t, web), read[Slice](t, slice+`{"addresses": ["10.244.1.2"]}]}`), nodes)
	want := []Frontend{{netip.MustParseAddr("10.96.3.4"), 6, 80}, {netip.MustParseAddr("10.245.0.1"), 6, 30080}}
	if got := table["a/web/80/TCP"].Frontends; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v", got)
	}
}

func TestServicesWithoutAnAddressOfTheirOwn(t *testing.T) {
	services := read[Service](t,
		`{"metadata": {"namespace": "a", "name": "web"}, "spec": {"clusterIP": "None", "ports": [{"name": "http", "protocol": "TCP", "port": 80}]}}`,
		`{"metadata": {"namespace": "a", "name": "elsewhere"}, "spec": {"type": "ExternalName", "ports": [{"protocol": "TCP", "port": 80}]}}`)
	if table := Table(services, read[Slice](t, slice+`{"addresses": ["10.244.1.2"]}]}`), nil); len(table) != 0 {
		t.Errorf("got %v", slices.Collect(maps.Keys(table)))
	}
}

func TestSticky(t *testing.T) {
	service := read[Service](t, `{"metadata": {"namespace": "a", "name": "web"}, "spec": {"clusterIP": "10.96.3.4", "sessionAffinity": "ClientIP",
		"sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 60}}, "ports": [{"name": "http", "protocol": "TCP", "port": 80}]}}`)
	table := Table(service, read[Slice](t, slice+`{"addresses": ["10.244.1.2"]}]}`), nil)
	if got := table["a/web/80/TCP"].Sticky; got != time.Minute {
		t.Errorf("got %s", got)
	}
}

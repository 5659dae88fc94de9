package servicenet

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"reflect"
	"slices"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
)

// kernel holds what it was last told in tables of nftables. Every port is a chain of its own, changed at once or not at all.
type kernel struct {
	conn      *nftables.Conn
	table     *nftables.Table
	frontends *nftables.Set
	selves    *nftables.Set
	ports     map[string]Port
	callable  map[netip.Addr]bool
}

// newKernel makes the tables of this network namespace: connections to serviceRange that no port takes are refused.
func newKernel(serviceRange netip.Prefix) (*kernel, error) {
	conn, err := nftables.New()
	if err != nil {
		return nil, err
	}
	table := &nftables.Table{Name: "pocket", Family: nftables.TableFamilyIPv4}
	k := &kernel{
		conn: conn, table: table, ports: map[string]Port{}, callable: map[netip.Addr]bool{},
		frontends: &nftables.Set{
			Table: table, Name: "frontends", IsMap: true, Concatenation: true, DataType: nftables.TypeVerdict,
			KeyType: nftables.MustConcatSetType(nftables.TypeIPAddr, nftables.TypeInetProto, nftables.TypeInetService),
		},
		selves: &nftables.Set{
			Table: table, Name: "selves", Concatenation: true,
			KeyType: nftables.MustConcatSetType(nftables.TypeIPAddr, nftables.TypeIPAddr),
		},
	}
	conn.AddTable(table)
	if err := conn.AddSet(k.frontends, nil); err != nil {
		return nil, err
	}
	if err := conn.AddSet(k.selves, nil); err != nil {
		return nil, err
	}
	k.hook("prerouting", nftables.ChainTypeNAT, nftables.ChainHookPrerouting, nftables.ChainPriorityNATDest, translate(k.frontends))
	k.hook("output", nftables.ChainTypeNAT, nftables.ChainHookOutput, nftables.ChainPriorityNATDest, translate(k.frontends))
	k.hook("postrouting", nftables.ChainTypeNAT, nftables.ChainHookPostrouting, nftables.ChainPriorityNATSource, disguise(k.selves))
	refusals := refuse(serviceRange)
	k.hook("forwarded", nftables.ChainTypeFilter, nftables.ChainHookForward, nftables.ChainPriorityFilter, refusals...)
	k.hook("local", nftables.ChainTypeFilter, nftables.ChainHookOutput, nftables.ChainPriorityFilter, refusals...)
	if err := conn.Flush(); err != nil {
		return nil, fmt.Errorf("make the tables of Service addresses (nftables): %w", err)
	}
	return k, nil
}

func (k *kernel) hook(name string, kind nftables.ChainType, at *nftables.ChainHook, priority *nftables.ChainPriority, rules ...[]expr.Any) {
	chain := k.conn.AddChain(&nftables.Chain{Name: name, Table: k.table, Type: kind, Hooknum: at, Priority: priority})
	for _, rule := range rules {
		k.conn.AddRule(&nftables.Rule{Table: k.table, Chain: chain, Exprs: rule})
	}
}

// put makes the kernel's table this one. It returns what has changed, as it was before; one port that cannot be had does not
// keep the others back.
func (k *kernel) put(table map[string]Port) (changed map[string]Port, failures []error) {
	changed = map[string]Port{}
	change := func(name string, work func() error) {
		changed[name] = k.ports[name]
		if err := work(); err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", name, err))
			return
		}
		if port, wanted := table[name]; wanted {
			k.ports[name] = port
		} else {
			delete(k.ports, name)
		}
	}
	for name := range k.ports {
		if _, wanted := table[name]; !wanted {
			change(name, func() error { return k.remove(name) })
		}
	}
	if err := k.putSelves(table); err != nil {
		failures = append(failures, err)
	}
	for name, port := range table {
		if !reflect.DeepEqual(k.ports[name], port) {
			change(name, func() error { return k.set(name, port) })
		}
	}
	return changed, failures
}

// set makes or changes one port.
func (k *kernel) set(name string, port Port) error {
	old, exists := k.ports[name]
	chain := &nftables.Chain{Name: name, Table: k.table}
	if exists {
		k.conn.FlushChain(chain)
	} else {
		k.conn.AddChain(chain)
	}
	clients, err := k.remember(name, old, port)
	if err != nil {
		return err
	}
	backends := &nftables.Set{
		Table: k.table, Anonymous: true, Constant: true, IsMap: true, KeyType: nftables.TypeInteger, DataType: backendType,
	}
	if err := k.conn.AddSet(backends, numbered(port.Backends)); err != nil {
		return err
	}
	for _, rule := range choose(backends, len(port.Backends), clients, port.Sticky) {
		k.conn.AddRule(&nftables.Rule{Table: k.table, Chain: chain, Exprs: rule})
	}
	if err := k.lead(old.Frontends, port.Frontends, name); err != nil {
		return err
	}
	if err := k.conn.Flush(); err != nil {
		return err
	}
	return k.forget(clients, port.Backends)
}

func (k *kernel) remove(name string) error {
	old := k.ports[name]
	if err := k.lead(old.Frontends, nil, name); err != nil {
		return err
	}
	chain := &nftables.Chain{Name: name, Table: k.table}
	k.conn.FlushChain(chain)
	k.conn.DelChain(chain)
	if old.Sticky > 0 {
		k.conn.DelSet(k.clients(name, old))
	}
	return k.conn.Flush()
}

// lead has frontends lead to the chain of this name.
func (k *kernel) lead(old, wanted []Frontend, name string) error {
	var gone, made []nftables.SetElement
	for _, frontend := range old {
		if !slices.Contains(wanted, frontend) {
			gone = append(gone, nftables.SetElement{Key: frontend.key(), VerdictData: &expr.Verdict{Kind: expr.VerdictGoto, Chain: name}})
		}
	}
	for _, frontend := range wanted {
		if !slices.Contains(old, frontend) {
			made = append(made, nftables.SetElement{Key: frontend.key(), VerdictData: &expr.Verdict{Kind: expr.VerdictGoto, Chain: name}})
		}
	}
	return k.change(k.frontends, gone, made)
}

// change asks for nothing where there is nothing to do: an empty list of elements means all of them to the kernel.
func (k *kernel) change(set *nftables.Set, gone, made []nftables.SetElement) error {
	if len(gone) > 0 {
		if err := k.conn.SetDeleteElements(set, gone); err != nil {
			return err
		}
	}
	if len(made) > 0 {
		return k.conn.SetAddElements(set, made)
	}
	return nil
}

// clients is the map of a port's clients to the backend that each one had last.
func (k *kernel) clients(name string, port Port) *nftables.Set {
	return &nftables.Set{
		Table: k.table, Name: name, IsMap: true, Dynamic: true, HasTimeout: true, Timeout: port.Sticky, Size: 65535,
		KeyType: nftables.TypeIPAddr, DataType: backendType,
	}
}

// remember makes the map of clients anew where it is to be kept for another time than before; nil where none is.
func (k *kernel) remember(name string, old, port Port) (*nftables.Set, error) {
	if old.Sticky > 0 && old.Sticky != port.Sticky {
		k.conn.DelSet(k.clients(name, old))
	}
	if port.Sticky == 0 {
		return nil, nil
	}
	clients := k.clients(name, port)
	if old.Sticky == port.Sticky {
		return clients, nil
	}
	return clients, k.conn.AddSet(clients, nil)
}

// forget lets clients of backends that are gone choose anew.
func (k *kernel) forget(clients *nftables.Set, backends []netip.AddrPort) error {
	if clients == nil {
		return nil
	}
	known, err := k.conn.GetSetElements(clients)
	if err != nil {
		return err
	}
	for _, one := range known {
		if !slices.ContainsFunc(backends, func(backend netip.AddrPort) bool { return slices.Equal(one.Val, data(backend)) }) {
			if err := k.conn.SetDeleteElements(clients, []nftables.SetElement{{Key: one.Key}}); err != nil {
				return err
			}
			// It may have been forgotten meanwhile: its time is over, too.
			_ = k.conn.Flush()
		}
	}
	return nil
}

// putSelves keeps the pairs of source and destination of backends that call themselves.
func (k *kernel) putSelves(table map[string]Port) error {
	wanted := map[netip.Addr]bool{}
	for _, port := range table {
		for _, backend := range port.Backends {
			wanted[backend.Addr()] = true
		}
	}
	if err := k.change(k.selves, pairs(k.callable, wanted), pairs(wanted, k.callable)); err != nil {
		return err
	}
	if err := k.conn.Flush(); err != nil {
		return err
	}
	k.callable = wanted
	return nil
}

// pairs are the elements of those addresses that are not among the others.
func pairs(addresses, others map[netip.Addr]bool) []nftables.SetElement {
	var elements []nftables.SetElement
	for address := range addresses {
		if !others[address] {
			elements = append(elements, nftables.SetElement{Key: append(address.AsSlice(), address.AsSlice()...)})
		}
	}
	return elements
}

func numbered(backends []netip.AddrPort) []nftables.SetElement {
	elements := make([]nftables.SetElement, len(backends))
	for i, backend := range backends {
		elements[i] = nftables.SetElement{Key: binary.NativeEndian.AppendUint32(nil, uint32(i)), Val: data(backend)}
	}
	return elements
}

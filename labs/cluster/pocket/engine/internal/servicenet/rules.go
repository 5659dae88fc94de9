package servicenet

import (
	"encoding/binary"
	"net"
	"net/netip"
	"time"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// Registers of the kernel's rule machine, four bytes each. Parts of a key or of a value lie side by side.
const (
	address = unix.NFT_REG32_00 + iota
	port
	_
	client
	number
)

const (
	sourceOffset      = 12
	destinationOffset = 16
	// dynsetUpdate is NFT_DYNSET_OP_UPDATE of linux/netfilter/nf_tables.h: add, or begin the element's time anew.
	dynsetUpdate = 1
	portClosed   = 3
)

var backendType = nftables.MustConcatSetType(nftables.TypeIPAddr, nftables.TypeInetService)

// key is the frontend as an element of a set: every part fills up a register.
func (f Frontend) key() []byte {
	key := append(f.Address.AsSlice(), f.Protocol, 0, 0, 0)
	return append(binary.BigEndian.AppendUint16(key, f.Port), 0, 0)
}

// data is the backend as a value of a map.
func data(backend netip.AddrPort) []byte {
	return append(binary.BigEndian.AppendUint16(backend.Addr().AsSlice(), backend.Port()), 0, 0)
}

func sourceAddress(register uint32) expr.Any {
	return &expr.Payload{DestRegister: register, Base: expr.PayloadBaseNetworkHeader, Offset: sourceOffset, Len: 4}
}

func destinationAddress(register uint32) expr.Any {
	return &expr.Payload{DestRegister: register, Base: expr.PayloadBaseNetworkHeader, Offset: destinationOffset, Len: 4}
}

// translate goes to the chain of the port that is called.
func translate(frontends *nftables.Set) []expr.Any {
	return []expr.Any{
		destinationAddress(address),
		&expr.Meta{Key: expr.MetaKeyL4PROTO, Register: address + 1},
		&expr.Payload{DestRegister: address + 2, Base: expr.PayloadBaseTransportHeader, Offset: 2, Len: 2},
		&expr.Lookup{SourceRegister: address, IsDestRegSet: true, DestRegister: unix.NFT_REG_VERDICT, SetName: frontends.Name, SetID: frontends.ID},
	}
}

// disguise gives a pod that reaches itself through a Service another source address: it would not answer its own.
func disguise(selves *nftables.Set) []expr.Any {
	return []expr.Any{
		sourceAddress(address),
		destinationAddress(address + 1),
		&expr.Lookup{SourceRegister: address, SetName: selves.Name, SetID: selves.ID},
		&expr.Masq{},
	}
}

// refuse answers what still goes to a Service address: TCP by a reset, all else by an ICMP message.
func refuse(network netip.Prefix) [][]expr.Any {
	toService := []expr.Any{
		destinationAddress(address),
		&expr.Bitwise{SourceRegister: address, DestRegister: address, Len: 4, Mask: net.CIDRMask(network.Bits(), 32), Xor: make([]byte, 4)},
		&expr.Cmp{Op: expr.CmpOpEq, Register: address, Data: network.Masked().Addr().AsSlice()},
	}
	tcp := []expr.Any{
		&expr.Meta{Key: expr.MetaKeyL4PROTO, Register: port},
		&expr.Cmp{Op: expr.CmpOpEq, Register: port, Data: []byte{unix.IPPROTO_TCP}},
		&expr.Reject{Type: unix.NFT_REJECT_TCP_RST},
	}
	other := &expr.Reject{Type: unix.NFT_REJECT_ICMP_UNREACH, Code: portClosed}
	return [][]expr.Any{append(toService[:len(toService):len(toService)], tcp...), append(toService[:len(toService):len(toService)], other)}
}

// choose are the rules of one port: the backend that the client had, where clients are remembered, else any.
func choose(backends *nftables.Set, count int, clients *nftables.Set, sticky time.Duration) [][]expr.Any {
	anyOne := []expr.Any{
		&expr.Numgen{Register: number, Modulus: uint32(count), Type: unix.NFT_NG_RANDOM},
		&expr.Lookup{SourceRegister: number, IsDestRegSet: true, DestRegister: address, SetName: backends.Name, SetID: backends.ID},
	}
	reach := &expr.NAT{Type: expr.NATTypeDestNAT, Family: unix.NFPROTO_IPV4, RegAddrMin: address, RegProtoMin: port}
	if clients == nil {
		return [][]expr.Any{append(anyOne, reach)}
	}
	remember := []expr.Any{
		&expr.Dynset{
			SrcRegKey: client, SrcRegData: address, SetName: clients.Name, SetID: clients.ID, Operation: dynsetUpdate, Timeout: sticky,
		},
		reach,
	}
	hadOne := []expr.Any{
		sourceAddress(client),
		&expr.Lookup{SourceRegister: client, IsDestRegSet: true, DestRegister: address, SetName: clients.Name, SetID: clients.ID},
	}
	first := append([]expr.Any{sourceAddress(client)}, anyOne...)
	return [][]expr.Any{append(hadOne, remember...), append(first, remember...)}
}

package supervisor

import (
	"encoding/json"
	"fmt"
	"os"
	"sync"

	"labs/engine/internal/fleet"
	"labs/engine/internal/node"
)

// nodeLink is the pipe by which a node is told its settings, which have secrets, and later whether the fleet gives it cards.
type nodeLink struct {
	spec []byte

	mu          sync.Mutex
	read, write *os.File
	order       node.Order
}

// open makes a new pipe for a node that starts, and returns the node's end.
func (l *nodeLink) open() (*os.File, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.read != nil {
		l.read.Close()
		l.write.Close()
	}
	var err error
	if l.read, l.write, err = os.Pipe(); err != nil {
		return nil, err
	}
	if _, err := l.write.Write(l.spec); err != nil {
		return nil, err
	}
	return l.read, l.send()
}

func (l *nodeLink) tell(order node.Order) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if order == l.order {
		return nil
	}
	l.order = order
	if l.write == nil {
		return nil
	}
	return l.send()
}

func (l *nodeLink) send() error { return json.NewEncoder(l.write).Encode(l.order) }

// fleetChanged tells each node whether it has cards.
func (c *cluster) fleetChanged(maps map[string]fleet.Map) {
	for name, link := range c.links {
		cards := false
		for _, each := range maps {
			_, named := each.Data[name]
			cards = cards || named
		}
		if err := link.tell(node.Order{GPUs: cards}); err != nil {
			fmt.Fprintf(os.Stderr, "tell %s about its cards: %v\n", name, err)
		}
	}
}

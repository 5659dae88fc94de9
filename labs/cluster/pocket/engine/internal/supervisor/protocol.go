package supervisor

// spec is all that the outer supervisor tells the inner one, over their socket.
type spec struct {
	Options Options `json:"options"`
	// IDs is how many user and group ids the cluster's user namespace maps: 65536, or 1.
	IDs int `json:"ids"`
}

// message is one line between the two supervisors. Exactly one field is set; Stop goes in, all others come out.
type message struct {
	Step    *step        `json:"step,omitempty"`
	Process *processInfo `json:"process,omitempty"`
	Nodes   []nodeInfo   `json:"nodes,omitempty"`
	Ready   bool         `json:"ready,omitempty"`
	Failure *Failure     `json:"failure,omitempty"`
	Stop    bool         `json:"stop,omitempty"`
}

// step is progress for people: a component and what became of it, seconds after the start of `up`.
type step struct {
	Event   string  `json:"event"`
	Name    string  `json:"name"`
	State   string  `json:"state"`
	Seconds float64 `json:"seconds"`
	Detail  string  `json:"detail,omitempty"`
}

type processInfo struct {
	Name     string  `json:"name"`
	PID      int     `json:"pid"`
	Restarts int     `json:"restarts"`
	Since    float64 `json:"since"`
}

type nodeInfo struct {
	Name  string `json:"name"`
	Ready bool   `json:"ready"`
}

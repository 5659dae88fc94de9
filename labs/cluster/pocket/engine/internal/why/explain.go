package why

import (
	"context"
	"fmt"
	"slices"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	fwk "k8s.io/kube-scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler"
	"k8s.io/kubernetes/pkg/scheduler/framework"
)

// explanation is what there is to know of a Pod that waits. Message is what the scheduler would say now, empty when it would
// find a node.
type explanation struct {
	Waits   []rejection `json:"waits"`
	Message string      `json:"message"`
	Columns []column    `json:"columns"`
	Nodes   []*row      `json:"nodes"`
	Devices []device    `json:"devices"`
}

// rejection is why the scheduler does not even try (PreEnqueue).
type rejection struct {
	Plugin string `json:"plugin"`
	Reason string `json:"reason"`
}

// row is one node. First is the column of the scheduler's own reason, empty on a feasible node.
type row struct {
	Node    string             `json:"node"`
	First   string             `json:"first"`
	Reasons map[string][]cause `json:"reasons"`
}

// cause is the scheduler's reason, and what about this node makes it so.
type cause struct {
	Reason string `json:"reason"`
	Detail string `json:"detail,omitempty"`
}

// study is one Pod on one snapshot.
type study struct {
	*world
	objects snapshot
	pod     *v1.Pod
	without []string
	rows    map[string]*row
	columns columns
	message string
	failed  bool
}

func explain(ctx context.Context, asked *request) (*explanation, error) {
	objects, err := readSnapshot(asked.Snapshot)
	if err != nil {
		return nil, err
	}
	found, err := readObject("Pod", asked.Pod)
	if err != nil {
		return nil, err
	}
	s := &study{objects: objects, pod: found.(*v1.Pod), rows: map[string]*row{}}
	if s.pod.Spec.SchedulerName != profileName {
		return nil, fmt.Errorf("another scheduler is to place it: %s", s.pod.Spec.SchedulerName)
	}
	if err := objects["Pod"].Update(s.pod); err != nil {
		return nil, fmt.Errorf("put the Pod into the snapshot: %w", err)
	}
	return s.run(ctx)
}

func (s *study) run(ctx context.Context) (*explanation, error) {
	var err error
	if s.world, err = newWorld(ctx, s.objects, nil); err != nil {
		return nil, err
	}
	s.columns.begin(s.pod, s.filters())
	nodes, err := s.nodes()
	if err != nil {
		return nil, err
	}
	for _, node := range nodes {
		s.rows[node.Node().Name] = &row{Node: node.Node().Name, Reasons: map[string][]cause{}}
	}
	if len(nodes) == 0 {
		s.message = scheduler.ErrNoNodesAvailable.Error()
	}
	said := &explanation{Waits: s.waits(ctx), Nodes: []*row{}, Devices: s.devices(ctx)}
	if err := s.try(ctx, nodes); err != nil {
		return nil, err
	}
	for _, node := range nodes {
		one := s.rows[node.Node().Name]
		one.First = s.columns.leftmost(one)
		said.Nodes = append(said.Nodes, one)
	}
	said.Message, said.Columns = s.message, s.columns.shown(said.Nodes)
	return said, nil
}

// nodes are all of the snapshot, by name.
func (s *study) nodes() ([]fwk.NodeInfo, error) {
	listed, err := s.seen.NodeInfos().List()
	if err != nil {
		return nil, fmt.Errorf("list the nodes: %w", err)
	}
	nodes := slices.Clone(listed)
	slices.SortFunc(nodes, func(a, b fwk.NodeInfo) int { return compareNames(a.Node().Name, b.Node().Name) })
	return nodes, nil
}

// filters are the names of the filter plugins in the order in which the scheduler runs them.
func (s *study) filters() []string {
	var names []string
	for _, plugin := range s.ListPlugins().Filter.Enabled {
		names = append(names, plugin.Name)
	}
	return names
}

func (s *study) waits(ctx context.Context) []rejection {
	waits := []rejection{}
	for _, plugin := range s.PreEnqueuePlugins() {
		if status := plugin.PreEnqueue(ctx, s.pod); !status.IsSuccess() {
			waits = append(waits, rejection{plugin.Name(), status.Message()})
		}
	}
	return waits
}

// try runs PreFilter and Filter, again without the plugins that refuse every node at once, so that the others are heard too.
func (s *study) try(ctx context.Context, nodes []fwk.NodeInfo) error {
	for len(nodes) > 0 {
		state := framework.NewCycleState()
		narrowed, status, by := s.RunPreFilterPlugins(ctx, state, s.pod)
		if status.IsSuccess() {
			s.filter(ctx, state, nodes, narrowed, by)
			return nil
		}
		refusing := sets.List(by)
		if status.Plugin() != "" {
			refusing = []string{status.Plugin()}
		}
		s.refuse(status, refusing)
		if len(refusing) == 0 || slices.Contains(s.without, refusing[0]) {
			return nil
		}
		s.without = append(s.without, refusing...)
		var err error
		if s.world, err = newWorld(ctx, s.objects, s.without); err != nil {
			return err
		}
		if nodes, err = s.nodes(); err != nil {
			return err
		}
	}
	return nil
}

// refuse marks every node with what PreFilter says.
func (s *study) refuse(status *fwk.Status, by []string) {
	key := s.columns.early(by)
	for _, each := range s.rows {
		each.mark(key, cause{Reason: status.Message()})
	}
	if s.message != "" {
		return
	}
	if !status.IsRejected() {
		s.message = status.AsError().Error()
		return
	}
	diagnosis := framework.Diagnosis{NodeToStatus: framework.NewDefaultNodeToStatus(), PreFilterMsg: status.Message()}
	s.message = (&framework.FitError{Pod: s.pod, NumAllNodes: len(s.rows), Diagnosis: diagnosis}).Error()
}

// filter has every filter speak on every node; narrowed are the nodes that PreFilter leaves.
func (s *study) filter(ctx context.Context, state fwk.CycleState, nodes []fwk.NodeInfo, narrowed *fwk.PreFilterResult, by sets.Set[string]) {
	diagnosis := framework.Diagnosis{NodeToStatus: framework.NewDefaultNodeToStatus()}
	alone := s.alone(state)
	feasible := 0
	for _, node := range nodes {
		name := node.Node().Name
		if !narrowed.AllNodes() && !narrowed.NodeNames.Has(name) {
			status := fwk.NewStatus(fwk.UnschedulableAndUnresolvable, fmt.Sprintf("node(s) didn't satisfy plugin(s) %v", sets.List(by)))
			diagnosis.NodeToStatus.Set(name, status)
			s.rows[name].mark(s.columns.early(sets.List(by)), cause{Reason: status.Message()})
		} else if status := s.RunFilterPluginsWithNominatedPods(ctx, state, s.pod, node); !status.IsSuccess() {
			diagnosis.NodeToStatus.Set(name, status)
			s.add(node, status)
			s.fail(status)
		} else {
			feasible++
		}
		for _, plugin := range s.filters() {
			if only, asked := alone[plugin]; asked && s.rows[name].First != "" {
				s.add(node, s.RunFilterPluginsWithNominatedPods(ctx, only, s.pod, node))
			}
		}
	}
	if feasible == 0 && s.message == "" {
		s.message = (&framework.FitError{Pod: s.pod, NumAllNodes: len(nodes), Diagnosis: diagnosis}).Error()
	}
}

// alone has, for each plugin that has to do with the Pod, a state in which all others are skipped.
func (s *study) alone(state fwk.CycleState) map[string]fwk.CycleState {
	states := map[string]fwk.CycleState{}
	all := sets.New(s.filters()...)
	for plugin := range all.Difference(state.GetSkipFilterPlugins()) {
		states[plugin] = state.Clone()
		states[plugin].SetSkipFilterPlugins(all.Difference(sets.New(plugin)))
	}
	return states
}

// fail notes that a plugin failed, which stops the whole attempt, whatever the other nodes are like.
func (s *study) fail(status *fwk.Status) {
	if !status.IsRejected() && !s.failed {
		s.message, s.failed = status.AsError().Error(), true
	}
}

// add notes what a plugin says against a node.
func (s *study) add(node fwk.NodeInfo, status *fwk.Status) {
	if status.IsSuccess() {
		return
	}
	for _, reason := range status.Reasons() {
		key := s.columns.of(status.Plugin(), reason)
		s.rows[node.Node().Name].mark(key, cause{reason, s.detail(node, status.Plugin(), reason)})
	}
}

func (r *row) mark(key string, why cause) {
	if r.First == "" {
		r.First = key
	}
	if !slices.Contains(r.Reasons[key], why) {
		r.Reasons[key] = append(r.Reasons[key], why)
	}
}

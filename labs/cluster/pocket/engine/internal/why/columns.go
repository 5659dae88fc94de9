package why

import (
	"slices"
	"strings"

	v1 "k8s.io/api/core/v1"
	"k8s.io/component-helpers/resource"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/names"
)

// column is one kind of reason; a table has them in the order in which the scheduler asks.
type column struct {
	Key    string `json:"key"`
	Plugin string `json:"plugin"`
	Title  string `json:"title"`
}

// titles are of the plugins that give one kind of reason. What stands side by side may share one.
var titles = map[string]string{
	names.NodeName:             "node name",
	names.NodeUnschedulable:    "cordon",
	names.TaintToleration:      "taint",
	names.NodeAffinity:         "selector",
	names.NodePorts:            "ports",
	names.VolumeRestrictions:   "volumes",
	names.NodeVolumeLimits:     "volumes",
	names.VolumeBinding:        "volumes",
	names.VolumeZone:           "volumes",
	names.PodTopologySpread:    "spread",
	names.InterPodAffinity:     "pod affinity",
	names.DynamicResources:     "claim",
	names.NodeDeclaredFeatures: "features",
	names.GangScheduling:       "gang",
}

const tooMany, insufficient, earlyPrefix = "Too many pods", "Insufficient ", "early "

// columns are all that may be needed, in order; asked are those that the Pod has to do with.
type columns struct {
	before  []column
	filters []column
	asked   map[string]bool
}

func (c *columns) begin(pod *v1.Pod, filters []string) {
	c.asked = map[string]bool{titles[names.TaintToleration]: true}
	for _, plugin := range filters {
		if plugin != names.NodeResourcesFit {
			c.put(column{title(plugin), plugin, title(plugin)})
			continue
		}
		c.put(column{"pods", plugin, "pods"})
		for _, name := range resources(pod) {
			c.put(column{name, plugin, resourceTitle(name)})
			c.asked[name] = true
		}
	}
	c.mark(pod)
}

// mark says which columns to show even where no node fails in them.
func (c *columns) mark(pod *v1.Pod) {
	affinity := pod.Spec.Affinity
	c.asked["selector"] = pod.Spec.NodeSelector != nil || affinity != nil && affinity.NodeAffinity != nil
	c.asked["pod affinity"] = affinity != nil && (affinity.PodAffinity != nil || affinity.PodAntiAffinity != nil)
	c.asked["spread"] = len(pod.Spec.TopologySpreadConstraints) > 0
	c.asked["claim"] = len(pod.Spec.ResourceClaims) > 0
	for _, each := range pod.Spec.Volumes {
		c.asked["volumes"] = c.asked["volumes"] || each.PersistentVolumeClaim != nil || each.Ephemeral != nil
	}
	for _, each := range pod.Spec.Containers {
		for _, port := range each.Ports {
			c.asked["ports"] = c.asked["ports"] || port.HostPort != 0
		}
	}
}

func (c *columns) put(one column) {
	if !slices.ContainsFunc(c.filters, func(other column) bool { return other.Key == one.Key }) {
		c.filters = append(c.filters, one)
	}
}

// early is the key of the column of what is said before any filter runs.
func (c *columns) early(plugins []string) string {
	words := make([]string, 0, len(plugins))
	for _, plugin := range plugins {
		words = append(words, title(plugin))
	}
	one := column{earlyPrefix + strings.Join(words, ", "), strings.Join(plugins, ","), strings.Join(words, ", ")}
	if !slices.Contains(c.before, one) {
		c.before = append(c.before, one)
	}
	return one.Key
}

// of is the key of the column where a plugin's reason belongs.
func (c *columns) of(plugin, reason string) string {
	if plugin != names.NodeResourcesFit {
		return title(plugin)
	}
	if name, lacks := strings.CutPrefix(reason, insufficient); lacks {
		c.put(column{name, plugin, resourceTitle(name)})
		return name
	}
	return "pods"
}

// leftmost is the first column of the plugin that speaks first of a node: one plugin may give several reasons at once.
func (c *columns) leftmost(one *row) string {
	is := func(key string) func(column) bool { return func(each column) bool { return each.Key == key } }
	index := slices.IndexFunc(c.filters, is(one.First))
	if index < 0 {
		return one.First
	}
	for _, each := range c.filters {
		if each.Plugin == c.filters[index].Plugin && len(one.Reasons[each.Key]) > 0 {
			return each.Key
		}
	}
	return one.First
}

// shown are the columns that the Pod has to do with, or in which some node fails.
func (c *columns) shown(rows []*row) []column {
	shown := []column{}
	for _, one := range append(slices.Clone(c.before), c.filters...) {
		fails := func(each *row) bool { return len(each.Reasons[one.Key]) > 0 }
		if slices.ContainsFunc(rows, fails) || c.asked[one.Key] && !c.isEarly(one) {
			shown = append(shown, one)
		}
	}
	return shown
}

// isEarly says that the plugin of a column has spoken before the filters, and so has not run as one.
func (c *columns) isEarly(one column) bool {
	return slices.ContainsFunc(c.before, func(other column) bool { return other.Title == one.Title })
}

// resources are the names that the Pod asks for, as the scheduler adds them up: CPU and memory first.
func resources(pod *v1.Pod) []string {
	first := []string{string(v1.ResourceCPU), string(v1.ResourceMemory), string(v1.ResourceEphemeralStorage)}
	var asked, others []string
	requests := resource.PodRequests(pod, resource.PodResourcesOptions{})
	for _, name := range first {
		if quantity, has := requests[v1.ResourceName(name)]; has && !quantity.IsZero() {
			asked = append(asked, name)
		}
	}
	for name, quantity := range requests {
		if !slices.Contains(first, string(name)) && !quantity.IsZero() {
			others = append(others, string(name))
		}
	}
	slices.Sort(others)
	return append(asked, others...)
}

func title(plugin string) string {
	if known, has := titles[plugin]; has {
		return known
	}
	return plugin
}

func resourceTitle(name string) string {
	if name == string(v1.ResourceCPU) {
		return "CPU"
	}
	return name
}

// compareNames sorts numbers in names by their value: node-2 before node-10.
func compareNames(a, b string) int {
	if len(a) != len(b) && strings.TrimRight(a, "0123456789") == strings.TrimRight(b, "0123456789") {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}

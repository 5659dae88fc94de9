package why

import (
	"context"
	"fmt"
	"slices"

	resourceapi "k8s.io/api/resource/v1"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"
	"k8s.io/dynamic-resource-allocation/cel"
	"k8s.io/dynamic-resource-allocation/resourceclaim"
	"k8s.io/kubernetes/pkg/features"
)

// device is one device of a node and what each request of the Pod's claims says to it.
type device struct {
	Nodes    []string  `json:"nodes"`
	Driver   string    `json:"driver"`
	Pool     string    `json:"pool"`
	Device   string    `json:"device"`
	HeldBy   string    `json:"heldBy"`
	Requests []verdict `json:"requests"`
}

// verdict is what one request makes of a device, held or not: Fits when nothing in Selectors and Taints is against it.
type verdict struct {
	Claim     string     `json:"claim"`
	Request   string     `json:"request"`
	Fits      bool       `json:"fits"`
	Selectors []selector `json:"selectors"`
	Taints    []string   `json:"taints"`
}

// selector is one condition; From is the object that states it.
type selector struct {
	From       string `json:"from"`
	Expression string `json:"expression"`
	Matches    bool   `json:"matches"`
	Error      string `json:"error,omitempty"`
}

// wanted is a request that a device must satisfy by itself: `exactly`, or one of `firstAvailable`.
type wanted struct {
	claim, name, class string
	selectors          []resourceapi.DeviceSelector
	tolerations        []resourceapi.DeviceToleration
	capacity           *resourceapi.CapacityRequirements
}

var expressions *cel.Cache

func compiled(expression string) cel.CompilationResult {
	if expressions == nil {
		expressions = cel.NewCache(100, cel.Features{
			EnableConsumableCapacity: utilfeature.DefaultFeatureGate.Enabled(features.DRAConsumableCapacity),
			EnableListTypeAttributes: utilfeature.DefaultFeatureGate.Enabled(features.DRAListTypeAttributes),
		})
	}
	return expressions.GetOrCompile(expression)
}

// devices are all of the snapshot, when the Pod has a claim.
func (s *study) devices(ctx context.Context) []device {
	devices := []device{}
	wants := s.wants()
	slicesOfAll, err := s.SharedDRAManager().ResourceSlices().ListWithDeviceTaintRules()
	if len(wants) == 0 || err != nil {
		return devices
	}
	held := s.held()
	for _, slice := range slicesOfAll {
		for _, each := range slice.Spec.Devices {
			one := device{Nodes: s.on(slice, &each), Driver: slice.Spec.Driver, Pool: slice.Spec.Pool.Name, Device: each.Name}
			one.HeldBy = held[one.id()]
			for _, want := range wants {
				one.Requests = append(one.Requests, s.judge(ctx, want, slice.Spec.Driver, &each))
			}
			devices = append(devices, one)
		}
	}
	slices.SortFunc(devices, func(a, b device) int { return compareNames(a.id(), b.id()) })
	return devices
}

func (d *device) id() string { return d.Driver + "/" + d.Pool + "/" + d.Device }

// wants are the requests of the Pod's claims, as far as the claims are there.
func (s *study) wants() []wanted {
	var wants []wanted
	for _, reference := range s.pod.Spec.ResourceClaims {
		name, _, err := resourceclaim.Name(s.pod, &reference)
		if err != nil || name == nil {
			continue
		}
		claim, err := s.SharedDRAManager().ResourceClaims().Get(s.pod.Namespace, *name)
		if err != nil {
			continue
		}
		for _, request := range claim.Spec.Devices.Requests {
			if exact := request.Exactly; exact != nil {
				wants = append(wants, wanted{claim.Name, request.Name, exact.DeviceClassName, exact.Selectors, exact.Tolerations, exact.Capacity})
			}
			for _, sub := range request.FirstAvailable {
				wants = append(wants, wanted{claim.Name, request.Name + "/" + sub.Name, sub.DeviceClassName, sub.Selectors, sub.Tolerations, sub.Capacity})
			}
		}
	}
	return wants
}

// held says which claim has which device.
func (s *study) held() map[string]string {
	held := map[string]string{}
	claims, err := s.SharedDRAManager().ResourceClaims().List()
	if err != nil {
		return held
	}
	for _, claim := range claims {
		if claim.Status.Allocation == nil {
			continue
		}
		for _, result := range claim.Status.Allocation.Devices.Results {
			if result.AdminAccess == nil || !*result.AdminAccess {
				held[result.Driver+"/"+result.Pool+"/"+result.Device] = claim.Namespace + "/" + claim.Name
			}
		}
	}
	return held
}

// on are the nodes that can use a device.
func (s *study) on(slice *resourceapi.ResourceSlice, each *resourceapi.Device) []string {
	name, all, selected := slice.Spec.NodeName, slice.Spec.AllNodes, slice.Spec.NodeSelector
	if own := slice.Spec.PerDeviceNodeSelection; own != nil && *own {
		name, all, selected = each.NodeName, each.AllNodes, each.NodeSelector
	}
	nodes := []string{}
	if name != nil && *name != "" {
		return append(nodes, *name)
	}
	infos, _ := s.nodes()
	for _, info := range infos {
		matches := all != nil && *all
		if selected != nil {
			if chooses, err := nodeaffinity.NewNodeSelector(selected); err == nil {
				matches = chooses.Match(info.Node())
			}
		}
		if matches {
			nodes = append(nodes, info.Node().Name)
		}
	}
	return nodes
}

func (s *study) judge(ctx context.Context, want wanted, driver string, each *resourceapi.Device) verdict {
	said := verdict{Claim: want.claim, Request: want.name, Fits: true, Selectors: []selector{}, Taints: []string{}}
	if class, err := s.SharedDRAManager().DeviceClasses().Get(want.class); err == nil {
		said.ask(ctx, "DeviceClass "+want.class, class.Spec.Selectors, driver, each)
	} else {
		said.Fits = false
		said.Selectors = append(said.Selectors, selector{From: "DeviceClass " + want.class, Error: "it does not exist"})
	}
	said.ask(ctx, "ResourceClaim "+want.claim, want.selectors, driver, each)
	said.measure(want, each)
	for _, taint := range each.Taints {
		if taint.Effect != resourceapi.DeviceTaintEffectNone && !tolerated(want.tolerations, taint) {
			said.Taints, said.Fits = append(said.Taints, fmt.Sprintf("%s=%s:%s", taint.Key, taint.Value, taint.Effect)), false
		}
	}
	return said
}

func tolerated(tolerations []resourceapi.DeviceToleration, taint resourceapi.DeviceTaint) bool {
	return slices.ContainsFunc(tolerations, func(each resourceapi.DeviceToleration) bool { return resourceclaim.ToleratesTaint(each, taint) })
}

// ask evaluates each selector, also beyond the first that does not match.
func (v *verdict) ask(ctx context.Context, from string, selectors []resourceapi.DeviceSelector, driver string, each *resourceapi.Device) {
	for _, one := range selectors {
		if one.CEL == nil {
			continue
		}
		said := selector{From: from, Expression: one.CEL.Expression}
		if program := compiled(one.CEL.Expression); program.Error != nil {
			said.Error = program.Error.Error()
		} else {
			input := cel.Device{Driver: driver, AllowMultipleAllocations: each.AllowMultipleAllocations, Attributes: each.Attributes, Capacity: each.Capacity}
			matches, _, err := program.DeviceMatches(ctx, input)
			said.Matches = matches
			if err != nil {
				said.Error = cel.EnhanceRuntimeError(err).Error()
			}
		}
		v.Fits = v.Fits && said.Matches
		v.Selectors = append(v.Selectors, said)
	}
}

// measure compares the capacity that a request asks for.
func (v *verdict) measure(want wanted, each *resourceapi.Device) {
	if want.capacity == nil {
		return
	}
	for name, needed := range want.capacity.Requests {
		has, known := each.Capacity[name]
		said := selector{From: "ResourceClaim " + want.claim, Expression: fmt.Sprintf("capacity %s: %s", name, needed.String())}
		said.Matches = known && has.Value.Cmp(needed) >= 0
		v.Fits = v.Fits && said.Matches
		v.Selectors = append(v.Selectors, said)
	}
}

package why

import (
	"fmt"
	"slices"
	"strings"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	corev1helpers "k8s.io/component-helpers/scheduling/corev1"
	"k8s.io/klog/v2"
	fwk "k8s.io/kube-scheduler/framework"
	"k8s.io/kubernetes/pkg/features"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/helper"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/names"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/noderesources"
)

// detail says what about a node is behind a plugin's reason; empty where the reason says it all.
func (s *study) detail(node fwk.NodeInfo, plugin, reason string) string {
	switch plugin {
	case names.TaintToleration:
		return s.taints(node.Node())
	case names.NodeResourcesFit:
		return s.amounts(node, reason)
	case names.NodeAffinity:
		return s.labels(node.Node())
	}
	return ""
}

func (s *study) taints(node *v1.Node) string {
	var words []string
	comparing := utilfeature.DefaultFeatureGate.Enabled(features.TaintTolerationComparisonOperators)
	for _, taint := range node.Spec.Taints {
		_, untolerated := corev1helpers.FindMatchingUntoleratedTaint(klog.Background(), []v1.Taint{taint}, s.pod.Spec.Tolerations,
			helper.DoNotScheduleTaintsFilterFunc(), comparing)
		if untolerated {
			words = append(words, taint.ToString())
		}
	}
	return strings.Join(words, ", ")
}

func (s *study) amounts(node fwk.NodeInfo, reason string) string {
	options := noderesources.ResourceRequestsOptions{
		EnablePodLevelResources:           utilfeature.DefaultFeatureGate.Enabled(features.PodLevelResources),
		EnableDRAExtendedResource:         utilfeature.DefaultFeatureGate.Enabled(features.DRAExtendedResource),
		EnableDRANodeAllocatableResources: utilfeature.DefaultFeatureGate.Enabled(features.DRANodeAllocatableResources),
	}
	for _, lack := range noderesources.Fits(s.pod, node, s.SharedDRAManager(), options) {
		if lack.Reason == reason {
			return fmt.Sprintf("asks for %s, %s of %s are in use", amount(lack.ResourceName, lack.Requested),
				amount(lack.ResourceName, lack.Used), amount(lack.ResourceName, lack.Capacity))
		}
	}
	return ""
}

// amount is a number of the scheduler's as a manifest would have it.
func amount(name v1.ResourceName, value int64) string {
	switch name {
	case v1.ResourceCPU:
		return resource.NewMilliQuantity(value, resource.DecimalSI).String()
	case v1.ResourceMemory, v1.ResourceEphemeralStorage:
		return resource.NewQuantity(value, resource.BinarySI).String()
	}
	return fmt.Sprint(value)
}

// labels are what the node has for the keys that the Pod chooses nodes by.
func (s *study) labels(node *v1.Node) string {
	var words []string
	for _, key := range s.chosenBy() {
		if value, has := node.Labels[key]; has {
			words = append(words, key+"="+value)
		} else {
			words = append(words, "no label "+key)
		}
	}
	return strings.Join(words, ", ")
}

func (s *study) chosenBy() []string {
	var keys []string
	for key := range s.pod.Spec.NodeSelector {
		keys = append(keys, key)
	}
	if affinity := s.pod.Spec.Affinity; affinity != nil && affinity.NodeAffinity != nil {
		if required := affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution; required != nil {
			for _, term := range required.NodeSelectorTerms {
				for _, expression := range term.MatchExpressions {
					keys = append(keys, expression.Key)
				}
			}
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

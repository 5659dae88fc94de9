package why

import (
	"context"
	"fmt"

	utilfeature "k8s.io/apiserver/pkg/util/feature"
	"k8s.io/client-go/tools/events"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/features"
	"k8s.io/kubernetes/pkg/scheduler"
	"k8s.io/kubernetes/pkg/scheduler/apis/config"
	"k8s.io/kubernetes/pkg/scheduler/apis/config/latest"
	"k8s.io/kubernetes/pkg/scheduler/backend/cache"
	"k8s.io/kubernetes/pkg/scheduler/framework"
)

const profileName = "default-scheduler"

// gangs is on in our clusters (see control.Scheduler); without PodGroups it changes nothing.
func gangs() error {
	return utilfeature.DefaultMutableFeatureGate.SetFromMap(map[string]bool{string(features.GenericWorkload): true})
}

// world is a scheduler that knows a snapshot and never runs.
type world struct {
	framework.Framework
	seen *cache.Snapshot
}

// newWorld leaves the plugins named in without out of PreFilter and Filter.
func newWorld(ctx context.Context, objects snapshot, without []string) (*world, error) {
	settings, err := latest.Default()
	if err != nil {
		return nil, fmt.Errorf("the scheduler's defaults: %w", err)
	}
	for _, name := range without {
		plugins := settings.Profiles[0].Plugins
		plugins.PreFilter.Disabled = append(plugins.PreFilter.Disabled, config.Plugin{Name: name})
		plugins.Filter.Disabled = append(plugins.Filter.Disabled, config.Plugin{Name: name})
	}
	watched, err := objects.informers()
	if err != nil {
		return nil, err
	}
	seen := cache.NewEmptySnapshot()
	built, err := scheduler.New(ctx, nil, watched, nil, silent,
		scheduler.WithProfiles(settings.Profiles...), scheduler.WithNodeInfoSnapshot(seen))
	if err != nil {
		return nil, fmt.Errorf("build the scheduler: %w", err)
	}
	if err := built.Cache.UpdateSnapshot(klog.FromContext(ctx), seen); err != nil {
		return nil, fmt.Errorf("take the scheduler's snapshot: %w", err)
	}
	return &world{Framework: built.Profiles[profileName], seen: seen}, nil
}

// silent records no event.
func silent(string) events.EventRecorderLogger { return &events.FakeRecorder{} }

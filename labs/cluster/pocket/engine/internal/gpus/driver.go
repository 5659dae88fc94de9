package gpus

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	resourceapi "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/dynamic-resource-allocation/kubeletplugin"
	"k8s.io/dynamic-resource-allocation/resourceslice"

	"labs/engine/internal/cdi"
	"labs/engine/internal/fleet"
	"labs/engine/internal/kubeapi"
	"labs/engine/internal/smi"
)

const (
	driverName = "gpu.nvidia.com"
	// The level of klog at which calls of the kubelet would be logged.
	quiet = 9
	// The kubelet forgets a device's health when it is not told again within 30 seconds.
	healthPeriod = 10 * time.Second
	// The kubelet looks for new drivers once a second.
	registrationStep, registrationLimit = 20 * time.Millisecond, 30 * time.Second
)

// driver serves cards as a DRA driver, while the fleet says so.
type driver struct {
	settings Settings
	changed  func()
	client   *kubeapi.Client
	helper   *kubeletplugin.Helper
	offered  []json.RawMessage
	// withdrawn is set while the API server has no devices of ours.
	withdrawn bool

	mu      sync.Mutex
	devices map[string]smi.Device
	sick    map[string]bool
	news    chan struct{}
}

// offer publishes what the fleet has for DRA; the driver starts with the first of it and ends with the last.
func (d *driver) offer(ctx context.Context, told *fleet.Node) error {
	if told == nil || len(told.Slices) == 0 {
		return d.withdraw(ctx)
	}
	if d.helper != nil && slices.EqualFunc(d.offered, told.Slices, equalText) {
		return nil
	}
	parts, sick, err := parse(told.Slices)
	if err != nil {
		return err
	}
	d.know(told.ByName(), sick)
	d.withdrawn = false
	if err := d.start(ctx); err != nil {
		return err
	}
	if err := d.registered(ctx); err != nil {
		return err
	}
	if err := d.publish(ctx, parts); err != nil {
		return err
	}
	d.offered = told.Slices
	return nil
}

func equalText(a, b json.RawMessage) bool { return string(a) == string(b) }

func parse(texts []json.RawMessage) ([]resourceslice.Slice, map[string]bool, error) {
	parts, sick := make([]resourceslice.Slice, len(texts)), map[string]bool{}
	for i, text := range texts {
		var spec resourceapi.ResourceSliceSpec
		if err := json.Unmarshal(text, &spec); err != nil {
			return nil, nil, fmt.Errorf("read the devices of the fleet: %w", err)
		}
		parts[i] = resourceslice.Slice{Devices: spec.Devices, SharedCounters: spec.SharedCounters}
		for _, device := range spec.Devices {
			sick[device.Name] = len(device.Taints) > 0
		}
	}
	return parts, sick, nil
}

func (d *driver) know(devices map[string]smi.Device, sick map[string]bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.devices, d.sick = devices, sick
	if d.news != nil {
		close(d.news)
	}
	d.news = make(chan struct{})
}

func (d *driver) start(ctx context.Context) error {
	if d.helper != nil {
		return nil
	}
	client, err := kubernetes.NewForConfig(&rest.Config{
		Host: d.settings.Server, TLSClientConfig: rest.TLSClientConfig{
			CAData: []byte(d.settings.Authority), CertData: []byte(d.settings.Certificate), KeyData: []byte(d.settings.Key),
		},
	})
	if err != nil {
		return err
	}
	data := filepath.Join(kubeletplugin.KubeletPluginsDir, driverName)
	for _, folder := range []string{data, kubeletplugin.KubeletRegistryDir, cdi.Dir} {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return err
		}
	}
	d.helper, err = kubeletplugin.Start(ctx, d,
		kubeletplugin.KubeClient(client), kubeletplugin.NodeName(d.settings.Node), kubeletplugin.DriverName(driverName),
		kubeletplugin.PluginDataDirectoryPath(data), kubeletplugin.GRPCVerbosity(quiet),
	)
	return err
}

// registered waits until the kubelet knows the driver: a Pod that comes before would fail, and be tried again only after a minute.
// The helper keeps what the kubelet says, but does not tell.
func (d *driver) registered(ctx context.Context) error {
	return wait.PollUntilContextTimeout(ctx, registrationStep, registrationLimit, true, func(context.Context) (bool, error) {
		status := d.helper.RegistrationStatus()
		return status != nil && status.PluginRegistered, nil
	})
}

func (d *driver) publish(ctx context.Context, parts []resourceslice.Slice) error {
	pools := map[string]resourceslice.Pool{d.settings.Node: {Slices: parts}}
	return d.helper.PublishResources(ctx, resourceslice.DriverResources{Pools: pools})
}

// withdraw ends the driver and takes its devices away, those of an earlier run of this program, too.
func (d *driver) withdraw(ctx context.Context) error {
	d.end()
	if d.withdrawn {
		return nil
	}
	selected := "?fieldSelector=spec.driver%3D" + driverName + ",spec.nodeName%3D" + d.settings.Node
	err := d.client.Delete(ctx, "/apis/resource.k8s.io/v1/resourceslices"+selected)
	d.withdrawn = err == nil
	return err
}

// end stops serving; what was prepared stays.
func (d *driver) end() {
	if d.helper != nil {
		d.helper.Stop()
		d.helper, d.offered = nil, nil
	}
}

// PrepareResourceClaims makes the devices of claims ready to be shown in containers.
func (d *driver) PrepareResourceClaims(_ context.Context, claims []*resourceapi.ResourceClaim) (map[types.UID]kubeletplugin.PrepareResult, error) {
	defer d.changed()
	results := map[types.UID]kubeletplugin.PrepareResult{}
	for _, claim := range claims {
		devices, err := d.prepare(claim)
		results[claim.UID] = kubeletplugin.PrepareResult{Devices: devices, Err: err}
	}
	return results, nil
}

func (d *driver) prepare(claim *resourceapi.ResourceClaim) ([]kubeletplugin.Device, error) {
	prepared, given := []kubeletplugin.Device{}, []smi.Device{}
	for _, result := range claim.Status.Allocation.Devices.Results {
		if result.Driver != driverName || result.Pool != d.settings.Node {
			continue
		}
		device, known := d.device(result.Device)
		if !known {
			return nil, fmt.Errorf("the node %s has no device %s", d.settings.Node, result.Device)
		}
		given = append(given, device)
		prepared = append(prepared, kubeletplugin.Device{
			Requests: []string{result.Request}, PoolName: result.Pool, DeviceName: result.Device, ShareID: result.ShareID,
			CDIDeviceIDs: []string{cdiID(claim.UID, result.Device)},
		})
	}
	return prepared, writeCDI(claim.UID, given)
}

func (d *driver) device(name string) (smi.Device, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	device, known := d.devices[name]
	return device, known
}

// UnprepareResourceClaims undoes that.
func (d *driver) UnprepareResourceClaims(_ context.Context, claims []kubeletplugin.NamespacedObject) (map[types.UID]error, error) {
	defer d.changed()
	results := map[types.UID]error{}
	for _, claim := range claims {
		results[claim.UID] = removeCDI(claim.UID)
	}
	return results, nil
}

// HandleError notes what goes wrong in the background; the helper tries again by itself.
func (d *driver) HandleError(_ context.Context, err error, said string) {
	fmt.Fprintf(os.Stderr, "gpus: %s: %v\n", said, err)
}

// WatchHealthStatus tells the kubelet, as long as it listens, which devices are sick.
func (d *driver) WatchHealthStatus(ctx context.Context, reports chan<- kubeletplugin.DeviceHealthReport) error {
	for {
		report, news := d.health()
		select {
		case <-ctx.Done():
			return nil
		case reports <- report:
		}
		select {
		case <-ctx.Done():
			return nil
		case <-news:
		case <-time.After(healthPeriod):
		}
	}
}

func (d *driver) health() (kubeletplugin.DeviceHealthReport, <-chan struct{}) {
	d.mu.Lock()
	defer d.mu.Unlock()
	report := kubeletplugin.DeviceHealthReport{}
	for name, sick := range d.sick {
		one := kubeletplugin.DeviceHealth{PoolName: d.settings.Node, DeviceName: name, Health: kubeletplugin.HealthStatusHealthy, LastUpdated: time.Now()}
		if sick {
			one.Health, one.Message = kubeletplugin.HealthStatusUnhealthy, "the fleet says that this card is sick"
		}
		report.Devices = append(report.Devices, one)
	}
	return report, d.news
}

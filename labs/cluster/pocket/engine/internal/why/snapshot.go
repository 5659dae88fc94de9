package why

import (
	"encoding/json"
	"fmt"
	"time"

	v1 "k8s.io/api/core/v1"
	resourceapi "k8s.io/api/resource/v1"
	schedulingapi "k8s.io/api/scheduling/v1beta1"
	storageapi "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	defaults "k8s.io/kubernetes/pkg/apis/core/v1"
	claimdefaults "k8s.io/kubernetes/pkg/apis/resource/v1"
)

// object is what every kind of a snapshot is.
type object interface {
	runtime.Object
	metav1.Object
}

// kinds are those that the scheduler looks at when it filters nodes.
var kinds = map[string]func() object{
	"CSIDriver":             func() object { return &storageapi.CSIDriver{} },
	"CSINode":               func() object { return &storageapi.CSINode{} },
	"CSIStorageCapacity":    func() object { return &storageapi.CSIStorageCapacity{} },
	"DeviceClass":           func() object { return &resourceapi.DeviceClass{} },
	"DeviceTaintRule":       func() object { return &resourceapi.DeviceTaintRule{} },
	"Namespace":             func() object { return &v1.Namespace{} },
	"Node":                  func() object { return &v1.Node{} },
	"PersistentVolume":      func() object { return &v1.PersistentVolume{} },
	"PersistentVolumeClaim": func() object { return &v1.PersistentVolumeClaim{} },
	"Pod":                   func() object { return &v1.Pod{} },
	"PodGroup":              func() object { return &schedulingapi.PodGroup{} },
	"ResourceClaim":         func() object { return &resourceapi.ResourceClaim{} },
	"ResourceSlice":         func() object { return &resourceapi.ResourceSlice{} },
	"StorageClass":          func() object { return &storageapi.StorageClass{} },
	"VolumeAttachment":      func() object { return &storageapi.VolumeAttachment{} },
}

// snapshot has the objects of a cluster by kind.
type snapshot map[string]*still

func readSnapshot(raw map[string][]json.RawMessage) (snapshot, error) {
	read := snapshot{}
	for kind := range kinds {
		read[kind] = newStill()
	}
	for kind, list := range raw {
		into, known := read[kind]
		if !known {
			continue
		}
		for _, text := range list {
			found, err := readObject(kind, text)
			if err != nil {
				return nil, err
			}
			if pod, isPod := found.(*v1.Pod); isPod && ended(pod) {
				continue
			}
			if err := into.Add(found); err != nil {
				return nil, fmt.Errorf("keep %s %s: %w", kind, found.GetName(), err)
			}
		}
	}
	return read, nil
}

// readObject reads one object and fills in what the API server would have: a snapshot may be of a cluster that is not.
func readObject(kind string, text []byte) (object, error) {
	found := kinds[kind]()
	if err := json.Unmarshal(text, found); err != nil {
		return nil, fmt.Errorf("read a %s: %w", kind, err)
	}
	if found.GetUID() == "" {
		found.SetUID(types.UID(kind + "/" + found.GetNamespace() + "/" + found.GetName()))
	}
	switch typed := found.(type) {
	case *v1.Pod:
		defaults.SetObjectDefaults_Pod(typed)
	case *resourceapi.ResourceClaim:
		claimdefaults.SetObjectDefaults_ResourceClaim(typed)
	}
	return found, nil
}

// ended says that the scheduler does not see a Pod any more.
func ended(pod *v1.Pod) bool {
	return pod.Status.Phase == v1.PodSucceeded || pod.Status.Phase == v1.PodFailed
}

// informers are those that a scheduler watches a cluster with; they are for one scheduler.
func (s snapshot) informers() (informers.SharedInformerFactory, error) {
	factory := informers.NewSharedInformerFactory(nil, 0)
	for kind, create := range kinds {
		own := newStill()
		if err := own.Replace(s[kind].List(), ""); err != nil {
			return nil, fmt.Errorf("list %s: %w", kind, err)
		}
		factory.InformerFor(create(), func(kubernetes.Interface, time.Duration) cache.SharedIndexInformer { return own })
	}
	return factory, nil
}

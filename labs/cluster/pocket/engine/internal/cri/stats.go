package cri

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// The kernel counts processor time in ticks of this length (USER_HZ, the same on every Linux architecture that Go runs on).
const nanosecondsPerTick = 10_000_000

// usage is what the processes of one PID namespace use: processor time in nanoseconds, memory in bytes.
type usage struct{ cpu, memory uint64 }

// usages sums all processes that this node sees, by the name of their PID namespace.
func usages() (map[string]usage, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	sums := map[string]usage{}
	for _, entry := range entries {
		if _, err := strconv.Atoi(entry.Name()); err != nil {
			continue
		}
		folder := filepath.Join("/proc", entry.Name())
		namespace, err := os.Readlink(filepath.Join(folder, "ns/pid"))
		if err != nil {
			continue
		}
		text, err := os.ReadFile(filepath.Join(folder, "stat"))
		if err != nil {
			continue
		}
		one, err := parseStat(string(text))
		if err != nil {
			return nil, err
		}
		sum := sums[namespace]
		sums[namespace] = usage{cpu: sum.cpu + one.cpu, memory: sum.memory + one.memory}
	}
	return sums, nil
}

// parseStat reads fields 14, 15 and 24 of /proc/PID/stat (proc(5)). The name in field 2 may hold spaces and brackets.
func parseStat(text string) (usage, error) {
	fields := strings.Fields(text[strings.LastIndex(text, ")")+1:])
	if len(fields) < 22 {
		return usage{}, fmt.Errorf("unknown form of /proc/PID/stat: %q", text)
	}
	var numbers [3]uint64
	for i, at := range []int{11, 12, 21} {
		number, err := strconv.ParseUint(fields[at], 10, 64)
		if err != nil {
			return usage{}, err
		}
		numbers[i] = number
	}
	return usage{cpu: (numbers[0] + numbers[1]) * nanosecondsPerTick, memory: numbers[2] * uint64(os.Getpagesize())}, nil
}

func (t *task) stats(sums map[string]usage) *runtimeapi.ContainerStats {
	now, sum := time.Now().UnixNano(), usage{}
	if pid := t.pid(); pid != 0 {
		if namespace, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/pid", pid)); err == nil {
			sum = sums[namespace]
		}
	}
	memory := &runtimeapi.UInt64Value{Value: sum.memory}
	return &runtimeapi.ContainerStats{
		Attributes: &runtimeapi.ContainerAttributes{
			Id: t.record.ID, Metadata: t.config.GetMetadata(), Labels: t.config.GetLabels(), Annotations: t.config.GetAnnotations(),
		},
		Cpu:    &runtimeapi.CpuUsage{Timestamp: now, UsageCoreNanoSeconds: &runtimeapi.UInt64Value{Value: sum.cpu}},
		Memory: &runtimeapi.MemoryUsage{Timestamp: now, WorkingSetBytes: memory, UsageBytes: memory, RssBytes: memory},
		WritableLayer: &runtimeapi.FilesystemUsage{
			Timestamp: now, FsId: &runtimeapi.FilesystemIdentifier{Mountpoint: t.server.config.StateDir},
			UsedBytes: &runtimeapi.UInt64Value{}, InodesUsed: &runtimeapi.UInt64Value{},
		},
	}
}

// ContainerStats tells what one container uses.
func (s *Server) ContainerStats(_ context.Context, request *runtimeapi.ContainerStatsRequest) (*runtimeapi.ContainerStatsResponse, error) {
	found, err := s.findTask(request.GetContainerId())
	if err != nil {
		return nil, err
	}
	sums, err := usages()
	if err != nil {
		return nil, err
	}
	return &runtimeapi.ContainerStatsResponse{Stats: found.stats(sums)}, nil
}

// ListContainerStats tells what each running container uses.
func (s *Server) ListContainerStats(_ context.Context, request *runtimeapi.ListContainerStatsRequest) (*runtimeapi.ListContainerStatsResponse, error) {
	filter, response := request.GetFilter(), &runtimeapi.ListContainerStatsResponse{}
	running := s.running(func(one *task) bool {
		return (filter.GetId() == "" || filter.GetId() == one.record.ID) &&
			(filter.GetPodSandboxId() == "" || filter.GetPodSandboxId() == one.record.Sandbox) &&
			selected(filter.GetLabelSelector(), one.config.GetLabels())
	})
	if len(running) == 0 {
		return response, nil
	}
	sums, err := usages()
	if err != nil {
		return nil, err
	}
	for _, one := range running {
		response.Stats = append(response.Stats, one.stats(sums))
	}
	return response, nil
}

func (s *Server) running(wanted func(*task) bool) []*task {
	var found []*task
	for _, one := range s.tasks() {
		if one.pid() != 0 && wanted(one) {
			found = append(found, one)
		}
	}
	return found
}

func (s *Server) podStats(b *sandbox, sums map[string]usage) *runtimeapi.PodSandboxStats {
	linux, now, total := &runtimeapi.LinuxPodSandboxStats{}, time.Now().UnixNano(), usage{}
	for _, one := range s.running(func(one *task) bool { return one.sandbox == b }) {
		stats := one.stats(sums)
		linux.Containers = append(linux.Containers, stats)
		total.cpu += stats.GetCpu().GetUsageCoreNanoSeconds().GetValue()
		total.memory += stats.GetMemory().GetRssBytes().GetValue()
	}
	memory := &runtimeapi.UInt64Value{Value: total.memory}
	linux.Cpu = &runtimeapi.CpuUsage{Timestamp: now, UsageCoreNanoSeconds: &runtimeapi.UInt64Value{Value: total.cpu}}
	linux.Memory = &runtimeapi.MemoryUsage{Timestamp: now, WorkingSetBytes: memory, UsageBytes: memory, RssBytes: memory}
	return &runtimeapi.PodSandboxStats{
		Attributes: &runtimeapi.PodSandboxAttributes{
			Id: b.record.ID, Metadata: b.config.GetMetadata(), Labels: b.config.GetLabels(), Annotations: b.config.GetAnnotations(),
		},
		Linux: linux,
	}
}

// PodSandboxStats tells what one pod uses.
func (s *Server) PodSandboxStats(_ context.Context, request *runtimeapi.PodSandboxStatsRequest) (*runtimeapi.PodSandboxStatsResponse, error) {
	found, err := s.findSandbox(request.GetPodSandboxId())
	if err != nil {
		return nil, err
	}
	sums, err := usages()
	if err != nil {
		return nil, err
	}
	return &runtimeapi.PodSandboxStatsResponse{Stats: s.podStats(found, sums)}, nil
}

// ListPodSandboxStats tells what each pod uses.
func (s *Server) ListPodSandboxStats(_ context.Context, request *runtimeapi.ListPodSandboxStatsRequest) (*runtimeapi.ListPodSandboxStatsResponse, error) {
	sums, err := usages()
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	pods := make([]*sandbox, 0, len(s.sandboxes))
	for _, one := range s.sandboxes {
		if one.ready && (request.GetFilter().GetId() == "" || request.GetFilter().GetId() == one.record.ID) {
			pods = append(pods, one)
		}
	}
	s.mu.Unlock()
	response := &runtimeapi.ListPodSandboxStatsResponse{}
	for _, one := range pods {
		response.Stats = append(response.Stats, s.podStats(one, sums))
	}
	return response, nil
}

// CheckpointContainer cannot be had here.
func (s *Server) CheckpointContainer(context.Context, *runtimeapi.CheckpointContainerRequest) (*runtimeapi.CheckpointContainerResponse, error) {
	return nil, status.Error(codes.Unimplemented, "the pocket cluster makes no checkpoints")
}

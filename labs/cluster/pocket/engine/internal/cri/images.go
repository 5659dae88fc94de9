package cri

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"golang.org/x/sys/unix"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"labs/engine/internal/image"
	"labs/engine/internal/registry"
)

// described tells the kubelet of an image, and which user it wants: the kubelet passes that on, and refuses root where a Pod
// must not run as root.
func described(one image.Image) *runtimeapi.Image {
	shown := &runtimeapi.Image{
		Id: one.ID, RepoTags: []string{one.Reference}, Size: uint64(max(one.Size, 1)),
		Spec: &runtimeapi.ImageSpec{Image: one.Reference, Annotations: one.Labels},
	}
	user, _, _ := strings.Cut(one.User, ":")
	switch id, err := strconv.ParseInt(user, 10, 32); {
	case user == "":
		shown.Uid = &runtimeapi.Int64Value{}
	case err == nil:
		shown.Uid = &runtimeapi.Int64Value{Value: id}
	default:
		shown.Username = user
	}
	return shown
}

// ListImages lists the images of the node.
func (s *Server) ListImages(_ context.Context, request *runtimeapi.ListImagesRequest) (*runtimeapi.ListImagesResponse, error) {
	response, wanted := &runtimeapi.ListImagesResponse{}, request.GetFilter().GetImage().GetImage()
	all, err := s.images.List()
	if err != nil {
		return nil, err
	}
	for _, one := range all {
		if wanted == "" || wanted == one.ID || image.Normalize(wanted) == one.Reference {
			response.Images = append(response.Images, described(one))
		}
	}
	return response, nil
}

// ImageStatus has no image in its answer when there is none.
func (s *Server) ImageStatus(_ context.Context, request *runtimeapi.ImageStatusRequest) (*runtimeapi.ImageStatusResponse, error) {
	found, known, err := s.images.Find(request.GetImage().GetImage())
	if err != nil || !known {
		return &runtimeapi.ImageStatusResponse{}, err
	}
	return &runtimeapi.ImageStatusResponse{Image: described(found)}, nil
}

// PullImage makes an image available or tells why it cannot be had.
func (s *Server) PullImage(ctx context.Context, request *runtimeapi.PullImageRequest) (*runtimeapi.PullImageResponse, error) {
	login := request.GetAuth()
	pulled, err := s.images.Pull(request.GetImage().GetImage(), func(reference string) error {
		return registry.Ask(ctx, s.images.Library, registry.Request{Reference: reference, Login: authn.AuthConfig{
			Username: login.GetUsername(), Password: login.GetPassword(), Auth: login.GetAuth(),
			IdentityToken: login.GetIdentityToken(), RegistryToken: login.GetRegistryToken(),
		}})
	})
	if err != nil {
		return nil, status.Error(codes.NotFound, err.Error())
	}
	return &runtimeapi.PullImageResponse{ImageRef: pulled.ID}, nil
}

// RemoveImage forgets an image that was pulled.
func (s *Server) RemoveImage(_ context.Context, request *runtimeapi.RemoveImageRequest) (*runtimeapi.RemoveImageResponse, error) {
	return &runtimeapi.RemoveImageResponse{}, s.images.Remove(request.GetImage().GetImage())
}

// ImageFsInfo tells how full the node's disk is.
func (s *Server) ImageFsInfo(context.Context, *runtimeapi.ImageFsInfoRequest) (*runtimeapi.ImageFsInfoResponse, error) {
	var disk unix.Statfs_t
	if err := unix.Statfs(s.config.StateDir, &disk); err != nil {
		return nil, err
	}
	usage := []*runtimeapi.FilesystemUsage{{
		Timestamp: time.Now().UnixNano(), FsId: &runtimeapi.FilesystemIdentifier{Mountpoint: s.config.StateDir},
		UsedBytes:  &runtimeapi.UInt64Value{Value: (disk.Blocks - disk.Bfree) * uint64(disk.Bsize)},
		InodesUsed: &runtimeapi.UInt64Value{Value: disk.Files - disk.Ffree},
	}}
	return &runtimeapi.ImageFsInfoResponse{ImageFilesystems: usage, ContainerFilesystems: usage}, nil
}

// Package image knows the images of the pocket cluster: those that were built or pulled, and stand-ins for common base images,
// made of the machine's own programs.
package image

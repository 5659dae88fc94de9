// Package rootfs builds root file systems of nodes and containers out of mounts: an empty tmpfs with the machine's read-only
// /usr, the course's Python, and /etc, /dev, /proc and /sys of its own.
package rootfs

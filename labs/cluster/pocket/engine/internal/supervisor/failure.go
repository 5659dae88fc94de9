package supervisor

import (
	"errors"
	"fmt"
	"syscall"
)

// Failure is an error that a learner can act on: what happened, why, and what to do next.
type Failure struct {
	Code string `json:"code"`
	What string `json:"what"`
	Why  string `json:"why"`
	Next string `json:"next"`
}

func (f *Failure) Error() string { return fmt.Sprintf("%s: %s. %s", f.What, f.Why, f.Next) }

// failureOf finds the Failure in err, or makes one of it.
func failureOf(err error) *Failure {
	var failure *Failure
	if errors.As(err, &failure) {
		return failure
	}
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return &Failure{"disk-full", "The cluster cannot write its state", err.Error(), "Free some disk space, then run `labs up` again"}
	}
	return &Failure{"failed", "The cluster could not be started", err.Error(), "Run `labs doctor`; the cluster's logs are in its state folder"}
}

func namespacesRefused(err error) error {
	if errors.Is(err, syscall.ENOSPC) {
		return &Failure{
			"userns-refused", "This machine allows no more user namespaces", err.Error(),
			"Ask its administrator for: sudo sysctl -w user.max_user_namespaces=15000 user.max_net_namespaces=15000",
		}
	}
	return &Failure{
		"userns-refused", "This machine does not let us make namespaces", err.Error(),
		"Run `labs doctor`; inside Docker, start the container with --privileged or --security-opt seccomp=unconfined",
	}
}

func mountRefused(err error) error {
	next := "Run `labs doctor`; inside Docker, start the container with --privileged"
	if restrictedByAppArmor() {
		next = "Run once: sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"
	}
	return &Failure{"mount-refused", "This machine lets us make namespaces but no mounts inside them", err.Error(), next}
}

func nftablesRefused(err error) error {
	return &Failure{
		"nftables-refused", "This machine does not let us translate the addresses of Services", err.Error(),
		"Ask its administrator for: sudo modprobe -a nf_tables nft_chain_nat nft_nat nft_masq nft_numgen nft_reject_ipv4",
	}
}

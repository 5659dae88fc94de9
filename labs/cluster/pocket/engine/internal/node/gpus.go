package node

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"labs/engine/internal/control"
)

// Order is what a node is told while it runs: whether the fleet gives it cards.
type Order struct {
	GPUs bool `json:"gpus"`
}

// obey passes on whether cards are wanted, the newest word only, until the supervisor is gone.
func obey(decoder *json.Decoder, wanted chan bool) {
	for {
		var order Order
		if err := decoder.Decode(&order); err != nil {
			return
		}
		select {
		case <-wanted:
		default:
		}
		wanted <- order.GPUs
	}
}

// keepGPUs runs the program that serves the node's cards. It ends by itself, without an error, when there are none any more and
// nothing of them is left; all else that ends it is an accident.
func keepGPUs(ctx context.Context, spec Spec, orders <-chan bool) {
	ended := make(chan error, 1)
	ordered, unfinished, running := false, false, false
	for {
		if (ordered || unfinished) && !running {
			running = true
			go func() { ended <- runGPUs(ctx, spec) }()
		}
		select {
		case <-ctx.Done():
			return
		case ordered = <-orders:
		case err := <-ended:
			running, unfinished = false, err != nil
			if ctx.Err() != nil {
				return
			}
			if unfinished {
				fmt.Fprintln(os.Stderr, "node: the GPU program ended:", err)
			}
			time.Sleep(kubeletPause)
		}
	}
}

func runGPUs(ctx context.Context, spec Spec) error {
	settings, err := json.Marshal(map[string]string{
		"node": spec.Name, "server": control.Server(), "authority": spec.Authority,
		"certificate": spec.GPUs.Certificate, "key": spec.GPUs.Key,
	})
	if err != nil {
		return err
	}
	command := exec.Command(filepath.Join(programsDir, "gpus"))
	command.Env = []string{"PATH=/usr/bin:/bin", "HOME=/root", "GOGC=50", "GOMEMLIMIT=32MiB"}
	command.Stdout, command.Stderr = os.Stderr, os.Stderr
	input, err := command.StdinPipe()
	if err != nil {
		return err
	}
	if err := command.Start(); err != nil {
		return err
	}
	release := context.AfterFunc(ctx, func() { _ = command.Process.Kill() })
	defer release()
	// The program lives for as long as this stays open.
	if _, err := io.Copy(input, bytes.NewReader(settings)); err != nil {
		fmt.Fprintln(os.Stderr, "node: tell the GPU program:", err)
	}
	return command.Wait()
}

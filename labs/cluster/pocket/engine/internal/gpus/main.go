package gpus

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// Settings are what the program is told by its standard input. It ends when that is closed.
type Settings struct {
	Node        string `json:"node"`
	Server      string `json:"server"`
	Authority   string `json:"authority"`
	Certificate string `json:"certificate"`
	Key         string `json:"key"`
}

// Main serves one node and returns the exit code: 0 when it has no cards any more.
func Main() int {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "gpus:", err)
		return 1
	}
	return 0
}

func run() error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	var settings Settings
	decoder := json.NewDecoder(os.Stdin)
	if err := decoder.Decode(&settings); err != nil {
		return fmt.Errorf("read the settings: %w", err)
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		stop()
	}()
	made, err := newAgent(settings)
	if err != nil {
		return err
	}
	if err := made.run(ctx); err != nil {
		return err
	}
	return ctx.Err()
}

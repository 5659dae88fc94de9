package why

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"k8s.io/klog/v2"
)

// request is one line of the input.
type request struct {
	ID       int                          `json:"id"`
	Pod      json.RawMessage              `json:"pod"`
	Snapshot map[string][]json.RawMessage `json:"snapshot"`
}

// reply is one line of the output: Error or all the rest.
type reply struct {
	ID    int    `json:"id"`
	Error string `json:"error,omitempty"`
	*explanation
}

// Main answers JSON lines until its input ends; it returns the exit code.
func Main() int {
	klog.LogToStderr(false)
	klog.SetOutput(io.Discard)
	if err := serve(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "why:", err)
		return 1
	}
	return 0
}

func serve(input io.Reader, output io.Writer) error {
	if err := gangs(); err != nil {
		return fmt.Errorf("switch gangs on: %w", err)
	}
	lines, replies := json.NewDecoder(bufio.NewReaderSize(input, 1<<16)), json.NewEncoder(output)
	for {
		var asked request
		if err := lines.Decode(&asked); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("read a request: %w", err)
		}
		if err := replies.Encode(answer(&asked)); err != nil {
			return fmt.Errorf("write a reply: %w", err)
		}
	}
}

func answer(asked *request) (said reply) {
	said.ID = asked.ID
	defer func() {
		if failure := recover(); failure != nil {
			said = reply{ID: asked.ID, Error: fmt.Sprint("the scheduler's code failed: ", failure)}
		}
	}()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	explained, err := explain(ctx, asked)
	if err != nil {
		said.Error = err.Error()
		return said
	}
	said.explanation = explained
	return said
}

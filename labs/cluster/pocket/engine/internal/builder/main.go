package builder

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"labs/engine/internal/dockerfile"
	"labs/engine/internal/image"
)

// Options are the settings of `pocket build`.
type Options struct {
	Library   image.Library
	Context   string
	Reference string
	Arguments map[string]string
	Python    image.Python
	// PipPython is an interpreter that has pip: the one whose settings and whose pip the RUN steps get.
	PipPython string
}

// Main builds an image, says what it does as one JSON object a line, and returns the exit code.
func Main(args []string) int {
	say := func(line any) { _ = json.NewEncoder(os.Stdout).Encode(line) }
	options, err := parse(args)
	if err == nil {
		var made image.Image
		if made, err = Build(options, func(s Step) { say(s) }); err == nil {
			say(map[string]any{"event": "built", "reference": made.Reference, "id": made.ID, "size": made.Size})
			return 0
		}
	}
	say(explain(err))
	return 1
}

// Step is what is being done: the number of the instruction, its text, and starting, running or ready.
type Step struct {
	Event   string  `json:"event"`
	Name    string  `json:"name"`
	State   string  `json:"state"`
	Detail  string  `json:"detail"`
	Seconds float64 `json:"seconds,omitempty"`
}

func parse(args []string) (Options, error) {
	options := Options{Arguments: map[string]string{}}
	var tag string
	flags := flag.NewFlagSet("build", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&options.Library.Folder, "images", "", "folder of the images")
	flags.StringVar(&options.Context, "context", "", "folder with the Dockerfile")
	flags.StringVar(&tag, "tag", "", "name of the image")
	flags.Func("build-arg", "NAME=VALUE for an ARG", func(text string) error {
		name, value, found := strings.Cut(text, "=")
		if !found {
			return fmt.Errorf("%q is not NAME=VALUE", text)
		}
		options.Arguments[name] = value
		return nil
	})
	flags.StringVar(&options.Python.Executable, "python", "", "interpreter for stand-in images")
	flags.StringVar(&options.Python.Prefix, "python-prefix", "", "its installation folder")
	flags.StringVar(&options.Python.Version, "python-version", "", "its version")
	flags.StringVar(&options.PipPython, "pip-python", "", "interpreter that has pip")
	if err := flags.Parse(args); err != nil {
		return options, err
	}
	if strings.Contains(tag, "@") || tag == "" {
		return options, fmt.Errorf("%q is no name for an image: NAME:TAG is wanted", tag)
	}
	options.Reference = image.Normalize(tag)
	return options, nil
}

// failure is an error that a learner can act on.
type failure struct {
	Event string `json:"event"`
	What  string `json:"what"`
	Why   string `json:"why"`
	Next  string `json:"next"`
}

func explain(err error) failure {
	var step *runError
	var mistake *dockerfile.Error
	switch {
	case errors.As(err, &step):
		return failure{"error", step.Error(), step.output, step.next()}
	case errors.As(err, &mistake):
		return failure{"error", fmt.Sprintf("Line %d of the Dockerfile cannot be built", mistake.Line), mistake.Message, "Change that line and build again"}
	}
	return failure{"error", "The image cannot be built", err.Error(), "Run `labs doctor`"}
}

func since(began time.Time) float64 { return float64(time.Since(began).Milliseconds()) / 1000 }

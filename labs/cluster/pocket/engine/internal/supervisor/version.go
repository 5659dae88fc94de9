package supervisor

import (
	"encoding/json"
	"os"
	"runtime"
)

// Version prints, as JSON, what this program belongs to. It returns the exit code.
func Version([]string) int {
	err := json.NewEncoder(os.Stdout).Encode(map[string]any{
		"kubernetes": version, "schema": schema, "go": runtime.Version(), "platform": runtime.GOOS + "/" + runtime.GOARCH,
	})
	if err != nil {
		return 1
	}
	return 0
}

package supervisor

import (
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestWatchesThatAreUsedUpAreNamed(t *testing.T) {
	left := 5
	open := func() (int, error) {
		if left--; left < 0 {
			return -1, unix.EMFILE
		}
		file, err := os.Open(os.DevNull)
		if err != nil {
			return -1, err
		}
		defer file.Close()
		return unix.Dup(int(file.Fd()))
	}
	err := haveWatches(9, open)
	if code(err) != "watches-used-up" || !strings.Contains(err.Error(), "with 9 of them, and 5 are left") {
		t.Errorf("got %v", err)
	}
	left = 5
	if err := haveWatches(5, open); err != nil {
		t.Errorf("just enough: %v", err)
	}
}

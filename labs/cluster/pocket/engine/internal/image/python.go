package image

// Python is the interpreter of the course: the file, the folder it is installed in, and its version.
type Python struct {
	Executable string
	Prefix     string
	Version    string
}

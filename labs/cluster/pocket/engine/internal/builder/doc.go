// Package builder makes images from a subset of Dockerfiles: the program `pocket build`.
//
// Each step that changes files gives a snapshot whose name is a digest of all that went into it, so that a step is done once.
package builder

// Package dockerfile reads the subset of Dockerfiles that the course's builder knows, and names the line of all else.
package dockerfile

// Package kubeapi is a client of the API server for the few kinds of objects that our own programs read and write.
package kubeapi

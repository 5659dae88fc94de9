// Package control holds the arguments of the four programs of the control plane.
package control

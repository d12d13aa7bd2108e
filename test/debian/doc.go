// Package debian finds programs that the distribution carries, and installs the packages that lack. Tests and the local
// cluster use it, so that both work on a bare machine. It imports nothing of this project.
package debian

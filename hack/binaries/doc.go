// Package binaries compiles the programs of a local cluster from Go modules, each once, into a cache keyed by
// everything that goes into them. It imports progress and internal/flock only. Start reading at Cache.Dir.
//
// What is compiled, and how, is data: see components.go.
package binaries

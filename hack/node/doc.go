// Package node runs a one-node Kubernetes inside its own namespaces, so that ending one process ends all of it.
//
// Three processes take part, all of them the program that imports this package:
//
//	caller   Start writes certificates and configuration and starts the keeper. It holds the keeper's standard input.
//	keeper   lives outside the namespaces and outlives the caller for as long as cleaning up takes: it makes the
//	         control groups, starts pid 1, and when the caller or pid 1 dies, however they die, ends the other side
//	         and removes control groups and state. It holds the lock of the state folder.
//	pid 1    of new mount, network, pid, uts and ipc namespaces: sets up mounts and network, starts the components,
//	         reaps orphans. Any component's exit ends it, and the kernel then ends the rest and drops the namespaces.
//
// A program that imports this package becomes keeper or pid 1 when started under their names: see reexec.go.
// It imports pki, progress and internal/flock. Start reading at Start in start.go, then keeper.go and boot.go.
package node

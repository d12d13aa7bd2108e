package node

import "os"

// The names under which this program is the keeper or pid 1 rather than itself.
const (
	keeperName = "followup-node-keeper"
	bootName   = "followup-node"
)

// A program that uses this package becomes its own keeper and pid 1, so nothing has to be installed. It must happen
// before main, which would otherwise start yet another node; the main thread, on which this runs, is also the one whose
// end the kernel reports to pid 1.
func init() { //nolint:gochecknoinits // see above
	switch os.Args[0] {
	case keeperName:
		os.Exit(keep())
	case bootName:
		boot()
		os.Exit(1)
	}
}

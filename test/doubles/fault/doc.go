// Package fault makes a test double fail on purpose, in the ways that its vendor can fail.
//
// It imports nothing of this module. Start reading at Fault, then Set.Serve.
package fault

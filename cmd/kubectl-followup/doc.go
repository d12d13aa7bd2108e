// Command kubectl-followup is a plugin of kubectl: on the PATH, it is "kubectl followup".
//
// It only assembles. The commands are in internal/cli.
package main

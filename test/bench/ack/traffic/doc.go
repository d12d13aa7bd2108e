// Package traffic makes the requests of the benchmark: commands and clicks as Slack sends them, of many workspaces, signed
// beforehand.
//
// It imports nothing of this module. Start reading at New.
package traffic

// Package control lets another process work the doubles: type commands as a Slack user, look at the screens, inject
// faults, count calls. Handler is the side of the doubles, Client the side of a demo or a test.
//
// It imports test/doubles only. Start reading at Client.
package control

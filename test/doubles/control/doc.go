// Package control lets another process work the doubles: type commands and press buttons as a Slack user, send
// events, look at the screens, inject faults, count calls. Handler is the side of the doubles, Client the side of a demo or a test.
//
// It imports test/doubles only. Start reading at Client.
package control

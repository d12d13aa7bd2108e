// Package logs keeps what a program under test logs.
//
// It imports nothing of this module. Start reading at Buffer.
package logs

// Package calls counts what a test double was asked and how it answered.
//
// It imports nothing of this module. Start reading at Counts.
package calls

// Package rounds sums up what the rounds of a benchmark came to, and says whether an aim is met.
//
// It imports nothing of the project.
package rounds

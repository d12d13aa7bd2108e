// Command jobs measures how soon jobs start: when nothing else is to be done, and when one tenant has just asked for 4,000 of
// them. `make bench-jobs` runs it; docs/performance.md has what came out, and says what it means.
//
// Jobs are admitted, enqueued and worked by the webhook's own code, in one process, on a Postgres with durable commits. Beside
// it stands plain first in, first out: the same jobs inserted by River alone, which asks for no place in the line. Measurements
// of all kinds take turns, round by round.
//
// Start reading at run.
package main

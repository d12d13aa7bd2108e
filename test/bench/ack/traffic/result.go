package traffic

import "time"

// Result is what the load saw of a peer.
type Result struct {
	Requests int     // answered as they should be
	Seconds  float64 // until the last answer
	P50      float64 // milliseconds, as P99 and P999
	P99      float64
	P999     float64
	CPU      time.Duration // the load's own

	Acknowledged int    // Requests, and those of the warm-up
	Errors       int    // connections that ended with one
	Error        string // one of them
}

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

	Errors int    // answered otherwise, or not
	Error  string // one of them

	// With the warm-up, for counting what the peer has written.
	Sent         int
	Acknowledged int // as they should be
}

package main

import "time"

// timing is how long things may take.
type timing struct {
	budget time.Duration // from a request's arrival to its ack

	jobTimeout  time.Duration // of one run, of a kind that has no limit of its own (workers.Grace)
	rescueAfter time.Duration // from a run's start to another, if its process died

	// A drain takes these one after the other: together less than the 30 s that Kubernetes gives.
	linger time.Duration // serve on, while proxies learn that this process is not ready
	serve  time.Duration // finish the requests in flight
	work   time.Duration // finish the running jobs; longer ones are run again elsewhere
	tell   time.Duration // say what is left to say to users
}

var production = timing{
	budget:      2 * time.Second, // of the 3 s that Slack waits, a third is the network's
	jobTimeout:  30 * time.Second,
	rescueAfter: 45 * time.Second,
	linger:      5 * time.Second,
	serve:       10 * time.Second,
	work:        10 * time.Second,
	tell:        2 * time.Second,
}

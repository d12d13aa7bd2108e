package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/followup-dev/followup-operator/test/bench/ack/traffic"
)

// lane is one connection with the requests that are still to be sent on it.
type lane struct {
	conn     net.Conn
	answers  *bufio.Reader
	requests []traffic.Request
	took     []time.Duration
	err      error // ended the lane
}

// makeLanes shares the requests out. It connects last: a server does not wait long for the first request.
func makeLanes(address string, connections int, source *traffic.Traffic, total int) ([]*lane, error) {
	lanes := make([]*lane, connections)
	for i := range lanes {
		share := total / connections
		lanes[i] = &lane{requests: make([]traffic.Request, share), took: make([]time.Duration, 0, share)}
		for n := range share {
			lanes[i].requests[n] = source.Next()
		}
	}
	for _, l := range lanes {
		conn, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", address)
		if err != nil {
			return nil, fmt.Errorf("connect: %w", err)
		}
		l.conn, l.answers = conn, bufio.NewReader(conn)
	}
	return lanes, nil
}

// drive sends on all lanes for that long and returns how long it was until the last answer.
func drive(lanes []*lane, lasting time.Duration) time.Duration {
	begin := time.Now()
	var all sync.WaitGroup
	for _, l := range lanes {
		all.Go(func() { l.drive(begin.Add(lasting)) })
	}
	all.Wait()
	return time.Since(begin)
}

func (l *lane) drive(until time.Time) {
	for l.err == nil {
		if len(l.requests) == 0 {
			l.err = errSpent
			return
		}
		sent := time.Now()
		if sent.After(until) {
			return
		}
		l.err = l.requests[0].Send(l.conn, l.answers)
		l.requests = l.requests[1:]
		if l.err == nil {
			l.took = append(l.took, time.Since(sent))
		}
	}
}

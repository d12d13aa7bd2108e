package main

import (
	"bufio"
	"context"
	"errors"
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
	wrong    int   // requests that were not answered as they should be
	err      error // the last of them
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
		if err := l.connect(address); err != nil {
			return nil, err
		}
	}
	return lanes, nil
}

func (l *lane) connect(address string) error {
	conn, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", address)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	l.conn, l.answers = conn, bufio.NewReader(conn)
	return nil
}

// drive sends on all lanes for that long and returns how long it was until the last answer.
func drive(lanes []*lane, lasting time.Duration) (time.Duration, error) {
	begin := time.Now()
	errs := make([]error, len(lanes))
	var all sync.WaitGroup
	for i, l := range lanes {
		all.Go(func() { errs[i] = l.drive(begin.Add(lasting)) })
	}
	all.Wait()
	return time.Since(begin), errors.Join(errs...)
}

func (l *lane) drive(until time.Time) error {
	for {
		sent := time.Now()
		if sent.After(until) {
			return nil
		}
		if len(l.requests) == 0 {
			return errSpent
		}
		err := l.requests[0].Send(l.conn, l.answers)
		l.requests = l.requests[1:]
		if err == nil {
			l.took = append(l.took, time.Since(sent))
			continue
		}
		l.wrong, l.err = l.wrong+1, err
		// What comes next on this connection could be the rest of that answer.
		l.conn.Close()
		if err := l.connect(l.conn.RemoteAddr().String()); err != nil {
			return err
		}
	}
}

package main

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// countConnections looks every 20 ms how many the operator's login has to Postgres. What it returns ends that, and tells the most.
func (b *bed) countConnections(ctx context.Context) (end func() (most int, err error), err error) {
	conn, err := pgx.Connect(ctx, b.database.Admin)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	most, failed := 0, make(chan error, 1)
	go func() {
		defer close(failed)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for ctx.Err() == nil {
			var now int
			err := conn.QueryRow(ctx, "SELECT count(*) FROM pg_stat_activity WHERE usename = 'followup_operator'").Scan(&now)
			if err != nil && ctx.Err() == nil {
				failed <- err
				return
			}
			most = max(most, now)
			<-tick.C
		}
	}()
	return sync.OnceValues(func() (int, error) {
		cancel()
		err := <-failed
		_ = conn.Close(context.Background())
		return most, err
	}), nil
}

package telemetry

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Slow is how long a statement or a call to a vendor takes when it is worth a line in the log.
const Slow = time.Second

// Reasons why a statement failed.
const (
	QueryRefused    = "refused"    // the database answered with an error
	QueryTimeout    = "timeout"    // no answer in the time that it had
	QueryCancelled  = "cancelled"  // whoever asked no longer wants to know
	QueryConnection = "connection" // it could not be sent, or its connection was lost
)

var queryReasons = set(QueryRefused, QueryTimeout, QueryCancelled, QueryConnection)

// Queries has the metrics of statements sent to the database.
type Queries struct {
	took   *prometheus.HistogramVec
	failed *prometheus.CounterVec
}

// NewQueries registers the metrics of statements; it panics if they are registered already.
func NewQueries(reg prometheus.Registerer) *Queries {
	q := &Queries{
		took: histogram("database_query_seconds", "From sending a statement to the database to the end of its result.",
			[]float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, 1, 5}, "statement"),
		failed: counter("database_query_errors_total", "Statements that failed, by reason.", "statement", "reason"),
	}
	reg.MustRegister(q.took, q.failed)
	return q
}

// Observer returns what is to be told of each statement of the named pool. The names of statements are from a fixed set,
// as store.Observer says; of an error only its kind is looked at, as its text may quote what was sent.
func (q *Queries) Observer(pool string, log *slog.Logger) func(statement string, took time.Duration, err error) {
	return func(statement string, took time.Duration, err error) {
		q.took.WithLabelValues(statement).Observe(took.Seconds())
		if err != nil {
			q.failed.WithLabelValues(statement, whyFailed(err)).Inc()
		}
		if took > Slow {
			log.Warn("slow query", "statement", statement, "took_ms", took.Milliseconds(), "pool", pool)
		}
	}
}

func whyFailed(err error) string {
	var answer interface{ SQLState() string } // what errors of Postgres have, whichever client reads them
	switch {
	case errors.As(err, &answer):
		return whyRefused(answer.SQLState())
	case errors.Is(err, context.Canceled):
		return QueryCancelled
	case errors.Is(err, context.DeadlineExceeded):
		return QueryTimeout
	default:
		return QueryConnection
	}
}

// whyRefused knows the farewell of a server that goes away, and those who speak in its place.
//
// Source: https://www.postgresql.org/docs/current/errcodes-appendix.html
func whyRefused(sqlState string) string {
	if strings.HasPrefix(sqlState, "57P") || strings.HasPrefix(sqlState, "08") {
		return QueryConnection
	}
	return QueryRefused
}

package store

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Observer is told of each statement that the database was asked, with its name, the time until its result was read, and
// nil or why it failed. Statements that go out together each count from that moment until their own result.
//
// Names are few: the X of the line "-- name: X" that leads each statement of ours and of River's, begin, commit and
// rollback, acquire (getting a connection: waiting for a free one, or dialling), and other.
//
// It is called on the path of the statement, by many goroutines at once. The error may quote what was sent: say of what
// kind it is, never what it says.
type Observer func(statement string, took time.Duration, err error)

const (
	statementAcquire = "acquire"
	statementOther   = "other"
	maxStatementName = 60
)

// tracer tells observe what pgx tells it. It keeps nothing: what the end of a call must know travels in its context.
type tracer struct {
	observe Observer
	now     func() time.Time
}

var (
	_ pgx.QueryTracer       = (*tracer)(nil)
	_ pgx.BatchTracer       = (*tracer)(nil)
	_ pgxpool.AcquireTracer = (*tracer)(nil)
)

// call is the context of one call. It is a type of its own because context.WithValue allocates twice.
type call struct {
	context.Context        //nolint:containedctx // it is a context
	statement       string // of a batch, the last: what it is sent for
	started         time.Time
	answered        bool // a statement of the batch was observed
}

func (t *tracer) begin(ctx context.Context, statement string) context.Context {
	return &call{Context: ctx, statement: statement, started: t.now()}
}

func (t *tracer) end(ctx context.Context, err error) {
	if c, ok := ctx.(*call); ok {
		t.observe(c.statement, t.now().Sub(c.started), err)
	}
}

// TraceQueryStart implements pgx.QueryTracer.
func (t *tracer) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	return t.begin(ctx, statementName(data.SQL))
}

// TraceQueryEnd implements pgx.QueryTracer.
func (t *tracer) TraceQueryEnd(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryEndData) {
	t.end(ctx, data.Err)
}

// TraceBatchStart implements pgx.BatchTracer.
func (t *tracer) TraceBatchStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceBatchStartData) context.Context {
	queued := data.Batch.QueuedQueries
	return t.begin(ctx, statementName(queued[len(queued)-1].SQL)) // pgx does not trace an empty batch
}

// TraceBatchQuery implements pgx.BatchTracer.
func (t *tracer) TraceBatchQuery(ctx context.Context, _ *pgx.Conn, data pgx.TraceBatchQueryData) {
	if c, ok := ctx.(*call); ok {
		c.answered = true
		t.observe(statementName(data.SQL), t.now().Sub(c.started), data.Err)
	}
}

// TraceBatchEnd implements pgx.BatchTracer. Usually all is said by then; but of a batch that can't be sent, or whose
// statements don't parse, pgx traces the end alone, twice.
func (t *tracer) TraceBatchEnd(ctx context.Context, _ *pgx.Conn, data pgx.TraceBatchEndData) {
	if c, ok := ctx.(*call); ok && !c.answered {
		c.answered = true
		t.end(ctx, data.Err)
	}
}

// TraceAcquireStart implements pgxpool.AcquireTracer.
func (t *tracer) TraceAcquireStart(ctx context.Context, _ *pgxpool.Pool, _ pgxpool.TraceAcquireStartData) context.Context {
	return t.begin(ctx, statementAcquire)
}

// TraceAcquireEnd implements pgxpool.AcquireTracer.
func (t *tracer) TraceAcquireEnd(ctx context.Context, _ *pgxpool.Pool, data pgxpool.TraceAcquireEndData) {
	t.end(ctx, data.Err)
}

// statementName is a part of sql or a constant: it allocates nothing.
func statementName(sql string) string {
	rest, named := strings.CutPrefix(sql, "-- name: ")
	if !named {
		return verb(sql)
	}
	n := 0
	for n < len(rest) && n <= maxStatementName && alphanumeric(rest[n]) {
		n++
	}
	if n == 0 || n > maxStatementName || (n < len(rest) && rest[n] != '\n' && rest[n] != ' ') {
		return statementOther
	}
	return rest[:n]
}

// verb knows the statements that pgx makes up itself.
func verb(sql string) string {
	for _, verb := range [...]string{"begin", "commit", "rollback"} {
		if rest, found := strings.CutPrefix(sql, verb); found && (rest == "" || rest[0] == ' ') {
			return verb
		}
	}
	return statementOther
}

func alphanumeric(c byte) bool {
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
}

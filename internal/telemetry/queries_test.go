package telemetry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/followup-dev/followup-operator/internal/outcome"
)

// planted stands for a customer's text in what the database is asked; Postgres quotes it in several places.
const planted = "planted-jane@customer.example"

func quoting(sqlState string) error {
	return fmt.Errorf("user %s: %w", planted, &pgconn.PgError{
		Severity: "ERROR", Code: sqlState, Message: planted, Detail: planted, Hint: planted, Where: planted,
		InternalQuery: planted, ColumnName: planted, ConstraintName: planted,
	})
}

func TestQueryMetricsSayWhyAStatementFailed(t *testing.T) {
	for name, tc := range map[string]struct {
		err  error
		want string // "" for none
	}{
		"no error":                    {},
		"a constraint":                {quoting("23505"), QueryRefused},
		"the server's time limit":     {quoting("57014"), QueryRefused},
		"the server is shutting down": {quoting("57P01"), QueryConnection},
		"a pooler lost its server":    {quoting("08006"), QueryConnection},
		"our own time limit":          {fmt.Errorf("%s: %w", planted, context.DeadlineExceeded), QueryTimeout},
		"nobody waits":                {fmt.Errorf("%s: %w", planted, context.Canceled), QueryCancelled},
		"the connection broke":        {fmt.Errorf("%s: %w", planted, io.ErrUnexpectedEOF), QueryConnection},
		"anything else":               {errors.New(planted), QueryConnection},
	} {
		t.Run(name, func(t *testing.T) {
			reg := prometheus.NewPedanticRegistry()
			NewQueries(reg).Observer("webhook", slog.New(slog.DiscardHandler))("admit", 3*time.Millisecond, tc.err)

			text := scrape(t, reg)

			if !strings.Contains(text, `followup_database_query_seconds_bucket{statement="admit",le="0.005"} 1`+"\n") {
				t.Errorf("not in the histogram:\n%s", text)
			}
			errorLine := fmt.Sprintf(`followup_database_query_errors_total{reason=%q,statement="admit"} 1`, tc.want)
			if got := strings.Contains(text, errorLine+"\n"); got != (tc.want != "") {
				t.Errorf("line %s: %v in\n%s", errorLine, got, text)
			}
		})
	}
}

func TestWhatIsSlowOrFailsIsLoggedWithoutAnyText(t *testing.T) {
	var log strings.Builder
	logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
	reg := prometheus.NewPedanticRegistry()
	query, call := NewQueries(reg).Observer("worker", logger), NewWebhook(reg).VendorCalls(logger)

	for _, took := range []time.Duration{time.Millisecond, Slow, Slow + 200*time.Millisecond} {
		query("saveUser", took, quoting("22P02"))
		call(outcome.Call{Vendor: "slack", Operation: "views.update", Took: took})
	}
	refused := &outcome.Error{Vendor: "crono", Operation: "update_deal", Class: outcome.Permanent, Status: 400, Code: "invalid_amount"}
	call(outcome.Call{Vendor: "crono", Operation: "update_deal", Failed: refused, Took: time.Millisecond})

	want := `level=WARN msg="slow query" statement=saveUser took_ms=1200 pool=worker
level=WARN msg="slow vendor call" vendor=slack operation=views.update took_ms=1200
level=WARN msg="vendor call failed" error="crono update_deal: permanent, HTTP 400, invalid_amount" took_ms=1
`
	if diff := cmp.Diff(want, log.String()); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	if text := scrape(t, reg); strings.Contains(text, "planted") {
		t.Errorf("a metric tells what it must not:\n%s", text)
	}
}

// It is on the road of each request to Slack's answer.
func BenchmarkQueryObserver(b *testing.B) {
	observe := NewQueries(prometheus.NewPedanticRegistry()).Observer("webhook", slog.New(slog.DiscardHandler))
	b.ReportAllocs()
	for b.Loop() {
		observe("admit", time.Millisecond, nil)
	}
}

package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/followup-dev/followup-operator/test/bench/ack/recording"
	"github.com/followup-dev/followup-operator/test/bench/ack/traffic"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "peer:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	listen := flag.String("listen", "", "address to serve, host:port")
	dsnFile := flag.String("dsn-file", "", "file with the DSN of the webhook's login")
	connections := flag.Int("connections", 10, "size of the pool")
	recorded := flag.String("recording", "", "file with what the webhook sent; without it a request is one audit row")
	flag.Parse()

	work := auditRow
	if *recorded != "" {
		text, err := os.ReadFile(*recorded)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(text, &work); err != nil {
			return fmt.Errorf("read the recording: %w", err)
		}
	}
	pool, err := openPool(ctx, *dsnFile, *connections)
	if err != nil {
		return err
	}
	defer pool.Close()
	tenants, err := loadTenants(ctx, pool)
	if err != nil {
		return err
	}
	server := &http.Server{Addr: *listen, Handler: &handler{pool: pool, tenants: tenants, work: work}}
	context.AfterFunc(ctx, func() { server.Close() })
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", *listen)
	if err != nil {
		return err
	}
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func openPool(ctx context.Context, dsnFile string, connections int) (*pgxpool.Pool, error) {
	dsn, err := os.ReadFile(dsnFile)
	if err != nil {
		return nil, err
	}
	config, err := pgxpool.ParseConfig(string(dsn))
	if err != nil {
		return nil, err
	}
	config.MaxConns = int32(connections)
	config.ConnConfig.RuntimeParams["search_path"] = "followup"
	config.ConnConfig.RuntimeParams["application_name"] = "bench-peer"
	return pgxpool.NewWithConfig(ctx, config)
}

// loadTenants returns the tenants' IDs by workspace.
func loadTenants(ctx context.Context, pool *pgxpool.Pool) (map[string]string, error) {
	rows, err := pool.Query(ctx, "SELECT team_id, id::text FROM tenant_directory($1, '')", traffic.AppID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	tenants := map[string]string{}
	for rows.Next() {
		var team, id string
		if err := rows.Scan(&team, &id); err != nil {
			return nil, err
		}
		tenants[team] = id
	}
	return tenants, rows.Err()
}

// auditRow is the smallest work that leaves a trace: one row, in a batch behind the setting that row-level security asks for.
var auditRow = recording.Work{Command: auditStatements("command.meetings"), Click: auditStatements("action.meetings")}

func auditStatements(event string) []recording.Statement {
	text := func(value string) *recording.Value { return &recording.Value{Parts: []string{value}} }
	return []recording.Statement{
		{
			SQL:    "SELECT set_config('app.tenant_id', $1, true)",
			Values: []*recording.Value{{Parts: []string{"", ""}, Holes: []recording.Hole{recording.TenantID}}},
		},
		{
			SQL: "INSERT INTO audit_logs (tenant_id, event_type, event_category, actor_slack_id) VALUES ($1, $2, 'data_access', $3)",
			Values: []*recording.Value{
				{Parts: []string{"", ""}, Holes: []recording.Hole{recording.TenantID}},
				text(event),
				{Parts: []string{"", ""}, Holes: []recording.Hole{recording.UserID}},
			},
		},
	}
}

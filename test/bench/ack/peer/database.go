package main

import (
	"context"
	"os"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/followup-dev/followup-operator/test/bench/ack/traffic"
)

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

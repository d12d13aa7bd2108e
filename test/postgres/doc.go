// Package postgres gives tests a real Postgres: a server per test process on a Unix socket, and a database per test,
// migrated already.
//
// Postgres is found on the machine, or installed from Debian. It never runs as root. The first run builds a data
// directory with a migrated template database and keeps it in the user's cache, keyed by what the migrations say; later
// runs copy it. Programs, such as benchmarks, take Run instead. It imports internal/schema. Start reading at New.
package postgres

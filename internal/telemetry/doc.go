// Package telemetry declares every Prometheus metric of the project: names, help, labels. What is slow, it logs too.
//
// Labels are bounded: a value that is not one of the listed constants is counted as "other", so no request of a
// stranger creates a series, and no label holds a tenant or a user. Start reading at Webhook (data plane), then
// Operator (control plane) and Queries (both).
//
// It imports nothing of the project: what it needs of a pool or a directory comes as plain numbers.
package telemetry

// Package plan says what applying objects would change, before it is done. It runs the controllers' own reconcilers: reads see the
// given objects on top of the cluster, writes go to the API server as dry runs, and SQL is taken back (ADR 0012).
//
// It imports the packages of the kinds, internal/planreport, internal/reconciler, internal/store and api/v1alpha1. Start reading at
// Planner.Plan.
package plan

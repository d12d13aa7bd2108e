// Package reconciler is what the controllers share: phases run over a scope, the kinds of failure, the one place that maps
// an outcome to status, event, metric and retry (Reporter), and server-side apply that sends nothing when nothing would
// change (Applier).
//
// It imports Kubernetes only, and the names of the conditions from api/v1alpha1. Start reading at Run, then Reporter.Finish.
package reconciler

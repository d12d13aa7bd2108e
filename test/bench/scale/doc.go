// Command scale measures the released operator with thousands of Tenants on a real kube-apiserver and a real Postgres, and says
// whether it is in the ranges of ranges.yaml. It counts what the operator does: requests by its own metrics and the API server's,
// rows by Postgres' statistics, memory by /proc.
//
// The generator makes all Secrets and stands in for External Secrets and the Deployment controller: nothing is fetched and no
// pod runs. Half of the Tenants, each with their two CRMConnections, name Secrets (secretRef); half of them have theirs fetched
// (externalSecret). The operator works as the cluster's administrator; what its role allows is proven in controllers/integration.
//
// The bare loop, on a cluster and a database of its own, does the statements and the writes that the operator was seen to do.
//
// KUBEBUILDER_ASSETS and ESO_CRDS are as in controllers/integration. A small form of it, scale_test.go, is a test of what holds
// on any machine. Start reading at measure.
package main

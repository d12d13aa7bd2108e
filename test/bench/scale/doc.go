// Package scale runs the released operator with thousands of Tenants on a real kube-apiserver and a real Postgres, and counts
// what it does: requests by its own metrics and the API server's, rows by Postgres' statistics, memory by /proc.
//
// The generator makes all Secrets and stands in for External Secrets and the Deployment controller: nothing is fetched and no
// pod runs. Half of the Tenants, each with their two CRMConnections, name Secrets (secretRef); half of them have theirs fetched
// (externalSecret). The operator works as the cluster's administrator; what its role allows is proven in controllers/integration.
//
// KUBEBUILDER_ASSETS and ESO_CRDS are as in controllers/integration. Start reading at scale_test.go.
package scale

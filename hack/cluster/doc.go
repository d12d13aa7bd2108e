// Package cluster is a local Kubernetes for the demo and the end-to-end tests: Up compiles what is missing, starts a
// node, loads images and deploys CoreDNS. InstallExternalSecrets and StartPostgres put beside it what the operator needs.
// It reads no KUBECONFIG and no ~/.kube: all it does goes to the node that it started.
//
// It imports node, binaries, image and progress. Start reading at Up.
package cluster

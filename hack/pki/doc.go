// Package pki makes the certificates of a local cluster and the kubeconfig files that carry them. Keys are ECDSA
// P-256, made anew for each cluster. It imports nothing of this module. Start reading at NewAuthority.
package pki

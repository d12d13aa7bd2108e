// Package credentials reads the secrets that rows only name, and says which shapes they may have.
//
// A [Secret] shows itself to nobody but the code that calls Reveal. A [Source] yields the raw bytes behind a
// tenancy.SecretRef, for the [Owner] that the Secret is labelled for: [Informer] from the Secrets of one namespace,
// [Directory] from files, for a process outside Kubernetes. The Parse functions turn these bytes into typed credentials; the operator checks with them what
// the data plane will use.
//
// It imports tenancy and nothing above; of Kubernetes only the core/v1 client. Start reading at Secret, then shapes.go.
package credentials

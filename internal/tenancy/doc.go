// Package tenancy says who a request is for: the tenant, its workspace, and the errors of not finding one.
//
// It is the floor of the project: it imports nothing of it, no SQL, no HTTP, no Kubernetes. Start reading at Tenant.
package tenancy

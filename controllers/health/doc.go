// Package health tells in Tenants and CRMConnections what the webhooks found out about their credentials and providers: it makes
// the condition Verified, and wakes the objects of which something new is known. None of it enters Ready.
//
// It imports internal/reconciler, internal/store and api/v1alpha1. Start reading at Verified, then Listener.
package health

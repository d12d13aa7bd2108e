// Package kstatus is what every status that the operator writes must keep to.
//
// It imports internal/reconciler and api/v1alpha1. Start reading at Check.
package kstatus

// Package crm is what the product asks of a CRM, whichever it is. A provider is a package below this one, which implements
// CRM and, as its Capabilities say, Tasks and Deals.
//
// Whatever is written carries a Ref, a line of ours by which a write of unknown outcome is found again before it is repeated.
// Errors are *outcome.Error, or ErrNotFound.
//
// It imports nothing of the project. Start reading at CRM.
package crm

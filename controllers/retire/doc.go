// Package retire retires the rows of deleted objects. There is no finalizer to wait for that: a deletion never hangs, and one
// that nobody saw is found by a scan.
//
// It imports internal/reconciler and internal/store. Start reading at Retirer.Deleted.
package retire

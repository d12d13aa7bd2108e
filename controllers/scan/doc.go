// Package scan compares rows with the objects that declare them: rows of deleted objects are retired, and an object whose row
// was changed or removed by somebody else is looked at again, which repairs it. There is no finalizer to wait for a row's
// retirement: a deletion never hangs, and one that nobody saw is found here.
//
// It imports internal/reconciler and internal/store. Start reading at Scanner.Scan.
package scan

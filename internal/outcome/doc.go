// Package outcome says how a call to a vendor ended, in the few classes that its caller acts on: done (no error), certainly
// not done, or unknown.
//
// An Error says vendor, operation, class, HTTP status and a code word, and nothing else: what a vendor answers, the URL and
// the headers may hold customer text or a credential, so they are dropped where they arise, in package vendorhttp.
//
// It imports nothing of the project, and no HTTP, so that use cases may act on it. Start reading at Error.
package outcome

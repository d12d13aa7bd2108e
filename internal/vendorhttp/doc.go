// Package vendorhttp is the one road to every vendor's API: a call is bounded in time and size, follows no redirect,
// ends in one of a few classes of error, and is observed.
//
// Its errors say vendor, operation, class, HTTP status and a code word, and nothing else: what a vendor answers, the URL
// and the headers may hold customer text or a credential, so they are dropped where they arise.
//
// It imports nothing of the project. Start reading at Client.Call.
package vendorhttp

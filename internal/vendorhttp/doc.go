// Package vendorhttp is the one road to every vendor's API: a call is bounded in time and size, follows no redirect,
// ends in one of a few classes of error, and is observed.
//
// Its errors are those of package outcome, and all that they say is safe to log.
//
// A vendor's limits belong to all who share them: Client.Through keeps calls behind a Gate.
//
// It imports outcome. Start reading at Client.Call.
package vendorhttp

// Package workers runs the jobs: a River worker for each kind, which finds the tenant and its credentials, joins vendors
// and store to the interfaces of one use case in package followup, and runs that.
//
// It is a top floor: it may import all below. Start reading at ListMeetings.
package workers

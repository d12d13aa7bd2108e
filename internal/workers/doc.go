// Package workers runs the jobs: a River worker for each kind, which finds the tenant, makes the user's screen, and runs
// one use case that package adapters makes.
//
// It is a top floor: it may import all below. Start reading at ListMeetings.
package workers

// Package workers runs the jobs: a River worker for each kind, which finds the tenant, makes what the user sees, and runs
// one use case that package adapters makes. What they share is in Worker.
//
// A run that waits for a vendor snoozes its job, which costs no attempt. Each run has less time than River's rescuer waits
// before it takes a process for dead, so that no job runs twice at once.
//
// It is a top floor: it may import all below. Start reading at ListMeetings.
package workers

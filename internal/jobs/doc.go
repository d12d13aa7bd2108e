// Package jobs says what work waits between the ack and its answer, and in which queue.
//
// [ListMeetings] and those in followups.go are the arguments of jobs, with the [Click] that asked for them; [Enqueuer] inserts one
// inside the ack's transaction; [NewClient] makes the River client that runs them, with workers from the floor above, by which
// jobs enqueue jobs ([Follow]); [Sweeper] enqueues what comes with time alone.
//
// It imports store for the pools, telemetry, tenancy and River. Start reading at ListMeetings.
package jobs

// Package jobs says what work waits between the ack and its answer, and in which queue.
//
// [ListMeetings] is the arguments of a job; [Enqueuer] inserts it inside the ack's transaction; [NewClient] makes the
// River client that runs it, with workers from the floor above.
//
// It imports store for the pools, telemetry, tenancy and River. Start reading at ListMeetings.
package jobs

// Package road tests the whole road of a follow-up through the real parts: a click in Slack, intake, Postgres, a worker, the
// vendors. Only Slack, Fathom, Anthropic, Google and Crono are doubles.
//
// Jobs are run one by one, as River would, so that a test can kill a run where it wants to and run the job again. Start
// reading at newWorld.
package road

// Command ack measures how fast a signed request of Slack is acknowledged: the webhook as it is released, beside three peers,
// in one run. `make bench-ack` runs it; docs/performance.md has what came out, and says what it means.
//
// All work on one Postgres with durable commits, with the same number of connections to it:
//
//   - the webhook, jobs not run (--workers=0);
//   - the floor: the same SQL, as Postgres logged it, in one batch behind net/http and the signature (peer, recording);
//   - one audit row: the same handler committing only that;
//   - Bolt for JavaScript, Slack's own framework, committing one audit row, with its installations in Postgres (bolt).
//
// Another process asks them in turn (load), with requests made beforehand (traffic). Start reading at run.
package main

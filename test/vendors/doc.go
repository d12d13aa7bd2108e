// Package vendors lets the vendors' own clients judge the test doubles: what these take for Slack, Fathom or Anthropic is close
// enough to be tested against.
//
// Each *.mjs is a judge that runs in Node and fails, or prints what it has proved; the tests start the doubles for it.
// The clients that are written in Go judge in the tests of the doubles themselves: slack-go, the SDKs of AWS, Google and
// Anthropic.
//
// It imports test/doubles only. Start reading at run.
package vendors

// Package vendors lets the vendors' own clients judge the test doubles: what these take for Slack or Fathom is close
// enough to be tested against.
//
// Each *.mjs is a judge that runs in Node and fails, or prints what it has proved; the tests start the doubles for it.
// slack-go and the AWS SDK, which are written in Go, judge in the tests of test/doubles/slack and test/doubles/awssm.
//
// It imports test/doubles only. Start reading at run.
package vendors

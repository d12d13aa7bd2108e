// Command doubles runs the test doubles of Slack, Fathom, Anthropic, Google, Crono and AWS Secrets Manager in one process,
// with an API to work them (package control). They start from a file (package seed) and keep everything in memory.
package main

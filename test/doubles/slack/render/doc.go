// Package render draws views and messages as plain text, as a person would see them in Slack.
//
// It imports nothing of this module. Start reading at View.
package render

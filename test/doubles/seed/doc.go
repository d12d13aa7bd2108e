// Package seed is the file that the doubles start from: who is in Slack, what Fathom has recorded, what AWS keeps.
//
// A seed is JSON and is read strictly: a misspelt name is an error. Times are relative to the start, so that meetings
// are always recent. It imports test/doubles only. Start reading at File.
package seed

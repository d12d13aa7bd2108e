// Package migrations holds the database's history: goose files, applied in order, never changed once released, and the
// roles that they grant to.
//
// It imports nothing. River's own migrations run before these, so a file here may name River's tables. Start reading at
// 00001_tenants.sql; internal/schema runs it all.
package migrations

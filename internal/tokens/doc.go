// Package tokens keeps access tokens that are minted at run time: encrypted, in rows that all replicas share.
//
// A row is refreshed by one caller at a time, under its lock, and is written before its tokens are used: a vendor that
// rotates refresh tokens takes each only once. What is kept follows from a declared credential, and never outlives it.
//
// It imports credentials, store and tenancy. Start reading at Keeper.Token.
package tokens

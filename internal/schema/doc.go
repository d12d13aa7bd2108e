// Package schema brings a database to the shape that this binary was built for, and says whether one has it.
//
// Migrate and Logins run with the admin's DSN, in the operator's init container; Check runs in every pod at start, with
// the pod's own. It imports the migrations and nothing else of the project. Start reading at Migrate.
package schema

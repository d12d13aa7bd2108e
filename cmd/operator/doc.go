// Command operator is the control plane: the controllers of SlackApp, Tenant and CRMConnection, and the housekeeping of the
// database. "operator migrate" brings the database up to date and writes the logins that the other programs use; only it sees
// the administrator's DSN.
//
// It only assembles. Start reading at main, then manage.
package main

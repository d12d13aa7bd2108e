package reconciler

import "github.com/followup-dev/followup-operator/api/v1alpha1"

// refusal is what a SQLSTATE means for the object whose statement it answered.
type refusal struct {
	kind   kind
	reason string
	what   string // happened
	do     string // about it
}

// refusals by SQLSTATE, or by its class, its first two characters. Stalled is a value that the database will never take, which
// only a change of the spec cures. What a person has to mend in the database is retried all the same: nothing tells when it is done.
//
// Source: https://www.postgresql.org/docs/current/errcodes-appendix.html
var refusals = map[string]refusal{
	"22": unstorable, // data exception
	"23": unstorable, // integrity constraint violation
	"54": unstorable, // program limit exceeded: a value too long for an index

	"08": unavailable("the connection to the database was lost"),
	"40": unavailable("the database gave up the transaction for another one's sake"),
	"53": unavailable("the database lacks memory, disk or connections"),
	"55": unavailable("the database has the row locked"),
	"57": unavailable("the database shuts down, starts, or cut the statement off"),

	"25006": toMend("the database is read-only", "point the DSN to the primary"),
	"28":    toMend("the database refuses the login", "restart the operator, which renews the logins"),
	"3D":    toMend("there is no such database", "correct the name in the administrator's DSN"),
	"42":    toMend("the schema is not that of this release", "restart the operator, which migrates it"),
	"42501": toMend("the login lacks a right", "restart the operator, which grants what this release needs"),
}

var unstorable = refusal{
	stalled, v1alpha1.ReasonRejected, "a value of the spec can't be stored",
	`correct it: look for control characters, and for a "/" in the name or key of a Secret`,
}

func unavailable(what string) refusal {
	return refusal{kind: transient, reason: v1alpha1.ReasonDatabaseUnavailable, what: what}
}

func toMend(what, do string) refusal {
	return refusal{transient, v1alpha1.ReasonDatabaseRefused, what, ", but lasts until somebody mends it: " + do}
}

// refusalOf is that of the state or, if it has none, of its class.
func refusalOf(state string) refusal {
	if found, known := refusals[state]; known {
		return found
	}
	if len(state) == 5 {
		if found, known := refusals[state[:2]]; known {
			return found
		}
	}
	return unavailable("the database refused")
}

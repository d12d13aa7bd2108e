package outcome

import "time"

// Call is one try of a call to a vendor, as it is counted.
type Call struct {
	Vendor    string // these two are from small fixed sets
	Operation string
	Failed    *Error // nil if it succeeded
	Took      time.Duration
}

// Outcome is "ok" or the class of the failure.
func (c Call) Outcome() string {
	if c.Failed == nil {
		return "ok"
	}
	return string(c.Failed.Class)
}

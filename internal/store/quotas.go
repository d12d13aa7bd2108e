package store

import "encoding/json"

// Quotas are how much of a resource a tenant may use in a period, by "<resource>/<period>" in the seed's words, such as
// "meetings_processed/daily". What is not there has no limit.
type Quotas map[string]int

// String is the one JSON of these quotas: the same for equal ones.
func (q Quotas) String() string {
	if len(q) == 0 {
		return "{}"
	}
	text, _ := json.Marshal(q) // a map of numbers can always be written
	return string(text)
}

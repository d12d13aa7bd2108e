package adapters

import (
	"strings"
	"unicode/utf8"

	"github.com/followup-dev/followup-operator/internal/followup"
)

// What is kept of the recordings that one key saw is bounded, whatever Fathom sends: less than a megabyte, and of usual
// meetings 50 KiB. Texts are counted in code points. Who is beyond the bounds does not find the recording, but lists it.
const (
	maxRecent   = 100
	maxInvitees = 100  // of one recording
	maxPeople   = 1000 // invitees of all recordings
	maxTitle    = 200
	maxName     = 100
	maxAddress  = 254 // as of any address: https://www.rfc-editor.org/errata/eid1690
)

// kept is what a search needs of recordings, newest first, in memory of its own. A search shows no links.
type kept struct {
	meetings []followup.Meeting
	people   int
}

// add leaves out what has no place in Fathom's list.
func (k *kept) add(page []followup.Meeting) {
	for _, m := range page {
		if len(k.meetings) == maxRecent {
			return
		}
		if _, err := followup.ParsePosition(m.Position().String()); err != nil {
			continue
		}
		m.RecordingID, m.Title, m.URL = strings.Clone(m.RecordingID), cut(m.Title, maxTitle), ""
		m.RecordedBy = keptPerson(m.RecordedBy)
		m.Invitees = keptPeople(m.Invitees, min(maxInvitees, maxPeople-k.people))
		k.people += len(m.Invitees)
		k.meetings = append(k.meetings, m)
	}
}

func keptPeople(all []followup.Person, most int) []followup.Person {
	few := make([]followup.Person, min(len(all), most))
	for i := range few {
		few[i] = keptPerson(all[i])
	}
	return few
}

func keptPerson(p followup.Person) followup.Person {
	return followup.Person{Name: cut(p.Name, maxName), Email: address(p.Email), Company: cut(p.Company, maxAddress), External: p.External}
}

// address is not cut: it decides who sees a recording, and another's could be what is left.
func address(s string) string {
	if utf8.RuneCountInString(s) > maxAddress {
		return ""
	}
	return strings.Clone(s)
}

// cut copies: a part of a string keeps the whole in memory.
func cut(s string, most int) string {
	for i := range s {
		if most == 0 {
			return strings.Clone(s[:i])
		}
		most--
	}
	return strings.Clone(s)
}

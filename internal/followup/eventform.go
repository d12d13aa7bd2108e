package followup

import (
	"cmp"
	"time"

	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// usualMinutes is how long an event is of which nothing was said.
const usualMinutes = 30

// eventForm proposes what the meeting agreed on, or else half an hour at ten of the next working day.
func (e *Editor) eventForm(tenant tenancy.Tenant, session Session, revision Revision) Form {
	zone := zoneOf(tenant)
	var said Proposal
	if revision.Texts.Event != nil {
		said = *revision.Texts.Event
	}
	start, err := time.ParseInLocation(hourLayout, said.Start, zone)
	if now := e.Now().In(zone); err != nil || start.Before(now) {
		start = nextWorkday(now, 10)
	}
	input := EventInput{
		Title:       cmp.Or(said.Title, session.Meeting.Title),
		Description: said.Description,
		Start:       start.Format(hourLayout),
		Minutes:     cmp.Or(said.Minutes, usualMinutes),
		Zone:        zone.String(),
	}
	return &EventForm{Session: session, Revision: revision, Input: input, Guests: session.Recipients()}
}

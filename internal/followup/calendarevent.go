package followup

import (
	"context"
	"fmt"
	"time"
)

// calendarEvent is an event in the user's own calendar.
type calendarEvent struct {
	calendar Calendar
	event    Event
}

func (a *Actor) calendarEvent(ctx context.Context, d *deed) (performer, error) {
	var input EventInput
	if err := d.input(&input); err != nil {
		return nil, err
	}
	start, err := localTime(input.Start, input.Zone)
	if err != nil {
		return nil, fmt.Errorf("read when the event starts: %w", err)
	}
	calendar, err := a.Offices.Calendar(ctx, d.session.Viewer)
	if err != nil {
		return nil, err
	}
	event := Event{
		Key:         d.action.Key,
		Title:       input.Title,
		Description: input.Description,
		Start:       start,
		Length:      time.Duration(input.Minutes) * time.Minute,
		Meet:        input.Meet,
	}
	if input.Invite {
		event.Attendees = d.session.Recipients()
	}
	return calendarEvent{calendar: calendar, event: event}, nil
}

// look finds nothing: to insert an event again is to find it.
func (calendarEvent) look(context.Context) (Artefact, bool, error) { return Artefact{}, false, nil }

func (c calendarEvent) do(ctx context.Context) (Artefact, error) {
	return c.calendar.Insert(ctx, c.event)
}

func (c calendarEvent) undo(ctx context.Context, made Artefact) error {
	return c.calendar.Delete(ctx, made.ExternalID)
}

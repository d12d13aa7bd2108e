package google

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"net/http"
	"net/mail"
	"strings"
	"time"

	"google.golang.org/api/calendar/v3"

	"github.com/followup-dev/followup-operator/internal/outcome"
	"github.com/followup-dev/followup-operator/internal/vendorhttp"
)

const (
	primary = "primary" // the user's own calendar

	confirmed = "confirmed"
	cancelled = "cancelled"

	tellAll  = "all"
	tellNone = "none"
)

// insertEvent is repeatable, as an event has the ID that we give it: the second time it is a duplicate.
var (
	insertEvent = vendorhttp.Operation{Vendor: vendor, Name: "events.insert", Timeout: timeout, Repeatable: true, Refused: refused}
	getEvent    = vendorhttp.Operation{Vendor: vendor, Name: "events.get", Timeout: timeout, Repeatable: true, Refused: refused}
	patchEvent  = vendorhttp.Operation{Vendor: vendor, Name: "events.patch", Timeout: timeout, Repeatable: true, Refused: refused}
	deleteEvent = vendorhttp.Operation{Vendor: vendor, Name: "events.delete", Timeout: timeout, Repeatable: true, Refused: refused}
)

// Calendar is a user's own. Errors of its methods are those of the token source, or *outcome.Error.
type Calendar struct {
	api    *API
	tokens TokenSource
}

// Calendar returns the primary calendar of the user whom the tokens act for.
func (a *API) Calendar(tokens TokenSource) *Calendar { return &Calendar{api: a, tokens: tokens} }

// Event is a calendar event.
type Event struct {
	Key         string // makes its ID; unique in the calendar
	Title       string
	Description string
	Start       time.Time // in a zone of the IANA database, where the event stays when its offset changes
	Length      time.Duration
	Attendees   []mail.Address // Google writes to each of them
	Meet        bool           // with a link to a Google Meet
}

// Insert makes the event. One that is there already is what was asked for; one that its user cancelled is restored, and is
// then as it is asked for now.
func (c *Calendar) Insert(ctx context.Context, event Event) (Made, error) {
	wanted := event.described()
	made, err := c.write(ctx, insertEvent, func(ctx context.Context, events *calendar.EventsService) (*calendar.Event, error) {
		return events.Insert(primary, wanted).ConferenceDataVersion(1).SendUpdates(event.told()).Context(ctx).Do()
	})
	if !duplicate(err) {
		return made, err
	}
	there, err := c.get(ctx, wanted.Id)
	if err != nil {
		return Made{}, err
	}
	if there.Status != cancelled {
		return Made{ID: there.Id, URL: there.HtmlLink}, nil
	}
	wanted.Status = confirmed
	return c.write(ctx, patchEvent, func(ctx context.Context, events *calendar.EventsService) (*calendar.Event, error) {
		return events.Patch(primary, wanted.Id, wanted).ConferenceDataVersion(1).SendUpdates(event.told()).Context(ctx).Do()
	})
}

// Delete cancels an event and tells whoever was invited. One that is not there any more is no error.
func (c *Calendar) Delete(ctx context.Context, id string) error {
	err := c.call(ctx, deleteEvent, func(ctx context.Context, events *calendar.EventsService) error {
		return events.Delete(primary, id).SendUpdates(tellAll).Context(ctx).Do()
	})
	if gone(err) {
		return nil
	}
	return err
}

// eventID is as Google wants IDs: base32hex in lower case, 5 to 1024 characters.
func eventID(key string) string {
	digest := sha256.Sum256([]byte(key))
	return strings.ToLower(base32.HexEncoding.WithPadding(base32.NoPadding).EncodeToString(digest[:20]))
}

func (e Event) told() string {
	if len(e.Attendees) > 0 {
		return tellAll
	}
	return tellNone
}

func (e Event) described() *calendar.Event {
	event := &calendar.Event{
		Id:          eventID(e.Key),
		Summary:     e.Title,
		Description: e.Description,
		Start:       moment(e.Start),
		End:         moment(e.Start.Add(e.Length)),
		ExtendedProperties: &calendar.EventExtendedProperties{
			Private: map[string]string{"followupKey": hash(e.Key)},
		},
	}
	for _, attendee := range e.Attendees {
		event.Attendees = append(event.Attendees, &calendar.EventAttendee{Email: attendee.Address, DisplayName: attendee.Name})
	}
	if e.Meet {
		event.ConferenceData = &calendar.ConferenceData{CreateRequest: &calendar.CreateConferenceRequest{
			RequestId:             event.Id,
			ConferenceSolutionKey: &calendar.ConferenceSolutionKey{Type: "hangoutsMeet"},
		}}
	}
	return event
}

// moment has the offset as well as the zone: of an hour that a clock shows twice, it is this one.
func moment(t time.Time) *calendar.EventDateTime {
	return &calendar.EventDateTime{DateTime: t.Format(time.RFC3339), TimeZone: t.Location().String()}
}

func duplicate(err error) bool {
	failed, ok := errors.AsType[*outcome.Error](err)
	return ok && failed.Status == http.StatusConflict && failed.Code == "duplicate"
}

func (c *Calendar) get(ctx context.Context, id string) (*calendar.Event, error) {
	var event *calendar.Event
	err := c.call(ctx, getEvent, func(ctx context.Context, events *calendar.EventsService) error {
		var err error
		event, err = events.Get(primary, id).Context(ctx).Do()
		return err
	})
	return event, err
}

func (c *Calendar) write(
	ctx context.Context, op vendorhttp.Operation, do func(context.Context, *calendar.EventsService) (*calendar.Event, error),
) (Made, error) {
	var made Made
	err := c.call(ctx, op, func(ctx context.Context, events *calendar.EventsService) error {
		event, err := do(ctx, events)
		if err != nil {
			return err
		}
		if event.Id == "" {
			return errNoID
		}
		made = Made{ID: event.Id, URL: event.HtmlLink}
		return nil
	})
	return made, err
}

func (c *Calendar) call(ctx context.Context, op vendorhttp.Operation, do func(context.Context, *calendar.EventsService) error) error {
	return c.api.call(ctx, op, c.tokens, func(ctx context.Context, client *http.Client) error {
		service, err := calendar.NewService(ctx, options(client, c.api.urls.Calendar)...)
		if err != nil {
			return err
		}
		return do(ctx, service.Events)
	})
}

package google

import (
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"time"
)

const (
	confirmed = "confirmed"
	cancelled = "cancelled"

	wallClock = "2006-01-02T15:04:05"
)

var eventIDForm = regexp.MustCompile(`^[0-9a-v]{5,}$`)

// Event is one that was made. A cancelled one stays, with its ID.
type Event struct {
	ID          string
	Status      string // confirmed or cancelled
	Title       string
	Description string
	Start, End  time.Time
	Zone        string
	Attendees   []string
	Meet        string // a link, "" without
	Private     map[string]string
}

// Invitation is an e-mail that Calendar has sent to an attendee.
type Invitation struct {
	From, To string
	EventID  string
	Kind     string // "invitation", "update" or "cancellation"
}

// event is as Calendar has it, as far as the double knows it.
type event struct {
	Kind        string  `json:"kind,omitempty"`
	ID          string  `json:"id,omitempty"`
	Status      string  `json:"status,omitempty"`
	HTMLLink    string  `json:"htmlLink,omitempty"`
	Created     string  `json:"created,omitempty"`
	Updated     string  `json:"updated,omitempty"`
	Summary     string  `json:"summary,omitempty"`
	Description string  `json:"description,omitempty"`
	Creator     *person `json:"creator,omitempty"`
	Organizer   *person `json:"organizer,omitempty"`
	Start       *moment `json:"start,omitempty"`
	End         *moment `json:"end,omitempty"`
	ICalUID     string  `json:"iCalUID,omitempty"`
	Sequence    int     `json:"sequence"`

	Attendees          []person    `json:"attendees,omitempty"`
	HangoutLink        string      `json:"hangoutLink,omitempty"`
	ConferenceData     *conference `json:"conferenceData,omitempty"`
	ExtendedProperties *properties `json:"extendedProperties,omitempty"`
	EventType          string      `json:"eventType,omitempty"`
}

// wanted is what of an event a request may say.
type wanted struct {
	ID                 string      `json:"id"`
	Status             string      `json:"status"`
	Summary            *string     `json:"summary"`
	Description        *string     `json:"description"`
	Start              *moment     `json:"start"`
	End                *moment     `json:"end"`
	Attendees          []person    `json:"attendees"`
	ConferenceData     *conference `json:"conferenceData"`
	ExtendedProperties *properties `json:"extendedProperties"`
}

type person struct {
	Email          string `json:"email"`
	DisplayName    string `json:"displayName,omitempty"`
	ResponseStatus string `json:"responseStatus,omitempty"`
	Self           bool   `json:"self,omitempty"`
}

type moment struct {
	DateTime string `json:"dateTime"`
	TimeZone string `json:"timeZone,omitempty"`
}

type conference struct {
	CreateRequest *createRequest `json:"createRequest,omitempty"`
	EntryPoints   []entryPoint   `json:"entryPoints,omitempty"`
}

type createRequest struct {
	RequestID             string            `json:"requestId"`
	ConferenceSolutionKey map[string]string `json:"conferenceSolutionKey"`
	Status                map[string]string `json:"status,omitempty"`
}

type entryPoint struct {
	Type string `json:"entryPointType"`
	URI  string `json:"uri"`
}

type properties struct {
	Private map[string]string `json:"private,omitempty"`
	Shared  map[string]string `json:"shared,omitempty"`
}

// Events returns what was ever in a user's calendar, oldest first.
func (s *Server) Events(email string) ([]Event, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, err := s.ofUser(email)
	if err != nil {
		return nil, err
	}
	var all []Event
	for _, e := range u.events {
		start, _ := e.Start.time() // checked when it was made
		end, _ := e.End.time()
		shown := Event{
			ID: e.ID, Status: e.Status, Title: e.Summary, Description: e.Description,
			Start: start, End: end, Zone: e.Start.TimeZone, Meet: e.HangoutLink,
		}
		for _, attendee := range e.Attendees {
			shown.Attendees = append(shown.Attendees, attendee.Email)
		}
		if e.ExtendedProperties != nil {
			shown.Private = maps.Clone(e.ExtendedProperties.Private)
		}
		all = append(all, shown)
	}
	return all, nil
}

// Invitations returns what was sent to attendees, oldest first.
func (s *Server) Invitations() []Invitation {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.invitations)
}

// CancelEvent deletes an event as its user would on Calendar's page, and tells nobody.
func (s *Server) CancelEvent(email, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, err := s.ofUser(email)
	if err != nil {
		return err
	}
	e, failure := u.event(id)
	if failure != nil {
		return fmt.Errorf("google double: event %s: %s", id, failure.message)
	}
	e.Status = cancelled
	return nil
}

func (s *Server) insertEvent(u *user, r *http.Request) (answer, *refusal) {
	asked, tell, failure := read(r)
	if failure != nil {
		return answer{}, failure
	}
	if asked.ID == "" {
		return answer{}, invalid("the double wants an ID")
	}
	if !eventIDForm.MatchString(asked.ID) || len(asked.ID) > 1024 {
		return answer{}, invalid("Invalid resource id value.")
	}
	if _, failure := u.event(asked.ID); failure == nil {
		return answer{}, reasons["duplicate"]
	}
	now := s.now().UTC().Format(time.RFC3339)
	made := &event{
		Kind: "calendar#event", ID: asked.ID, Status: confirmed, Created: now, ICalUID: asked.ID + "@google.com", EventType: "default",
		HTMLLink: "https://www.google.com/calendar/event?eid=" + base64.RawURLEncoding.EncodeToString([]byte(asked.ID+" "+u.email)),
		Creator:  &person{Email: u.email, Self: true}, Organizer: &person{Email: u.email, Self: true},
	}
	if failure := made.apply(asked, now); failure != nil {
		return answer{}, failure
	}
	u.events = append(u.events, made)
	s.tell(u, made, tell, "invitation")
	return ok(made)
}

func (s *Server) getEvent(u *user, r *http.Request) (answer, *refusal) {
	e, failure := u.event(r.PathValue("id"))
	if failure != nil {
		return answer{}, failure
	}
	return ok(e)
}

func (s *Server) patchEvent(u *user, r *http.Request) (answer, *refusal) {
	asked, tell, failure := read(r)
	if failure != nil {
		return answer{}, failure
	}
	e, failure := u.event(r.PathValue("id"))
	if failure != nil {
		return answer{}, failure
	}
	if asked.ID != "" && asked.ID != e.ID {
		return answer{}, invalid("Invalid resource id value.")
	}
	changed := *e
	if failure := changed.apply(asked, s.now().UTC().Format(time.RFC3339)); failure != nil {
		return answer{}, failure
	}
	changed.Sequence++
	*e = changed
	s.tell(u, e, tell, "update")
	return ok(e)
}

func (s *Server) deleteEvent(u *user, r *http.Request) (answer, *refusal) {
	tell, failure := told(r)
	if failure != nil {
		return answer{}, failure
	}
	e, failure := u.event(r.PathValue("id"))
	if failure != nil {
		return answer{}, failure
	}
	if e.Status == cancelled {
		return answer{}, reasons["deleted"]
	}
	e.Status = cancelled
	s.tell(u, e, tell, "cancellation")
	return answer{http.StatusNoContent, nil}, nil
}

func (u *user) event(id string) (*event, *refusal) {
	i := slices.IndexFunc(u.events, func(e *event) bool { return e.ID == id })
	if i < 0 {
		return nil, notFound()
	}
	return u.events[i], nil
}

// read reads what a request wants of an event. Without conferenceDataVersion=1, conferenceData is ignored.
func read(r *http.Request) (wanted, string, *refusal) {
	var asked wanted
	if err := decode(r, &asked); err != nil {
		return wanted{}, "", invalid(err.Error())
	}
	switch r.URL.Query().Get("conferenceDataVersion") {
	case "", "0":
		asked.ConferenceData = nil
	case "1":
	default:
		return wanted{}, "", invalid("conferenceDataVersion: want 0 or 1")
	}
	tell, failure := told(r)
	return asked, tell, failure
}

func told(r *http.Request) (string, *refusal) {
	tell := r.URL.Query().Get("sendUpdates")
	if !slices.Contains([]string{"", "all", "externalOnly", "none"}, tell) {
		return "", invalid("sendUpdates: want all, externalOnly or none")
	}
	return tell, nil
}

// apply changes what is asked for, or nothing.
func (e *event) apply(asked wanted, now string) *refusal {
	e.Updated = now
	if asked.Summary != nil {
		e.Summary = *asked.Summary
	}
	if asked.Description != nil {
		e.Description = *asked.Description
	}
	if asked.Start != nil {
		e.Start = asked.Start
	}
	if asked.End != nil {
		e.End = asked.End
	}
	if asked.ExtendedProperties != nil {
		e.ExtendedProperties = asked.ExtendedProperties
	}
	switch asked.Status {
	case "":
	case confirmed, cancelled:
		e.Status = asked.Status
	default:
		return invalid("Invalid value for status")
	}
	if failure := e.invite(asked.Attendees); failure != nil {
		return failure
	}
	if failure := e.meet(asked.ConferenceData); failure != nil {
		return failure
	}
	return e.checkTimes()
}

func (e *event) invite(attendees []person) *refusal {
	if attendees == nil {
		return nil
	}
	e.Attendees = nil
	for _, attendee := range attendees {
		parsed, err := mail.ParseAddress(attendee.Email)
		if err != nil || parsed.Address != attendee.Email {
			return invalid("Invalid attendee email.")
		}
		attendee.ResponseStatus = "needsAction"
		e.Attendees = append(e.Attendees, attendee)
	}
	return nil
}

func (e *event) meet(asked *conference) *refusal {
	if asked == nil || asked.CreateRequest == nil {
		return nil
	}
	if asked.CreateRequest.RequestID == "" || asked.CreateRequest.ConferenceSolutionKey["type"] != "hangoutsMeet" {
		return invalid("Invalid conference type value.")
	}
	if e.ConferenceData != nil && e.ConferenceData.CreateRequest.RequestID == asked.CreateRequest.RequestID {
		return nil // a repeated request is ignored
	}
	id := e.ID[:min(len(e.ID), 10)]
	e.HangoutLink = "https://meet.google.com/" + id[:3] + "-" + id[3:]
	made := *asked.CreateRequest
	made.Status = map[string]string{"statusCode": "success"}
	e.ConferenceData = &conference{CreateRequest: &made, EntryPoints: []entryPoint{{Type: "video", URI: e.HangoutLink}}}
	return nil
}

func (e *event) checkTimes() *refusal {
	if e.Start == nil || e.End == nil {
		return &refusal{http.StatusBadRequest, global, "required", "Missing end time."}
	}
	start, startErr := e.Start.time()
	end, endErr := e.End.time()
	if startErr != nil || endErr != nil {
		return invalid("Invalid value for start or end: want a dateTime, and a timeZone of the IANA database")
	}
	if !end.After(start) {
		return reasons["timeRangeEmpty"]
	}
	return nil
}

// time reads a moment: with an offset, or without one in its zone.
func (m *moment) time() (time.Time, error) {
	zone := time.UTC
	if m.TimeZone != "" {
		if m.TimeZone == "Local" {
			return time.Time{}, fmt.Errorf("zone %q", m.TimeZone)
		}
		found, err := time.LoadLocation(m.TimeZone)
		if err != nil {
			return time.Time{}, err
		}
		zone = found
	}
	if at, err := time.Parse(time.RFC3339, m.DateTime); err == nil {
		return at.In(zone), nil
	}
	if m.TimeZone == "" {
		return time.Time{}, fmt.Errorf("%q has neither offset nor zone", m.DateTime)
	}
	return time.ParseInLocation(wallClock, m.DateTime, zone)
}

// tell writes to the attendees that sendUpdates names. Its default is none.
func (s *Server) tell(u *user, e *event, whom, kind string) {
	_, own, _ := strings.Cut(u.email, "@")
	for _, attendee := range e.Attendees {
		if whom == "all" || (whom == "externalOnly" && !strings.HasSuffix(attendee.Email, "@"+own)) {
			s.invitations = append(s.invitations, Invitation{From: u.email, To: attendee.Email, EventID: e.ID, Kind: kind})
		}
	}
}

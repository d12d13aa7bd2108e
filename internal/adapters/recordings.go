package adapters

import (
	"cmp"
	"context"
	"crypto/sha256"
	"log/slog"
	"strings"
	"time"

	"github.com/followup-dev/followup-operator/internal/credentials"
	"github.com/followup-dev/followup-operator/internal/fathom"
	"github.com/followup-dev/followup-operator/internal/followup"
	"github.com/followup-dev/followup-operator/internal/outcome"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// recordings is Fathom as followup.MeetingSource.
type recordings struct {
	fathom *fathom.Client // nil without a key
	log    *slog.Logger
}

// Page implements followup.MeetingSource.
func (r recordings) Page(ctx context.Context, span followup.Span, cursor string) ([]followup.Meeting, string, error) {
	if r.fathom == nil {
		return nil, "", &followup.Problem{Reason: followup.FathomNotSetUp}
	}
	page, err := r.fathom.Meetings(ctx, fathom.Query{CreatedAfter: span.After, CreatedBefore: span.Before, Cursor: cursor})
	if err != nil {
		r.log.WarnContext(ctx, "Fathom did not list", "error", err)
		return nil, "", fathomProblem(err)
	}
	found := make([]followup.Meeting, 0, len(page.Meetings))
	for _, m := range page.Meetings {
		found = append(found, meeting(m))
	}
	return found, page.Next, nil
}

func fathomProblem(err error) *followup.Problem {
	switch outcome.ClassOf(err) {
	case outcome.Unauthorized:
		return &followup.Problem{Reason: followup.FathomKeyRefused}
	case outcome.Throttled:
		return &followup.Problem{Reason: followup.FathomBusy, RetryAfter: outcome.RetryAfterOf(err)}
	default:
		return &followup.Problem{Reason: followup.FathomDown}
	}
}

func meeting(m fathom.Meeting) followup.Meeting {
	found := followup.Meeting{
		RecordingID: string(m.RecordingID),
		Title:       storable(cmp.Or(m.Title, m.CalendarTitle)),
		URL:         storable(m.URL),
		CreatedAt:   firstKnown(m.CreatedAt, m.RecordingStart, m.ScheduledStart),
		Start:       firstKnown(m.RecordingStart, m.ScheduledStart, m.CreatedAt),
		Duration:    length(m),
		RecordedBy:  person(m.RecordedBy),
	}
	for _, invitee := range m.Invitees {
		found.Invitees = append(found.Invitees, person(invitee))
	}
	return found
}

func person(p fathom.Person) followup.Person {
	_, host, _ := strings.Cut(p.Email, "@")
	return followup.Person{
		Name:     storable(p.Name),
		Email:    storable(p.Email),
		Company:  storable(cmp.Or(p.Domain, host)),
		External: p.External,
	}
}

func firstKnown(times ...fathom.Time) time.Time {
	for _, t := range times {
		if !t.IsZero() {
			return t.Time
		}
	}
	return time.Time{}
}

// maxLength is longer than any meeting; a recording that claims more has a wrong clock.
const maxLength = 7 * 24 * time.Hour

// length is that of the recording, else of the invitation; 0 when unknown.
func length(m fathom.Meeting) time.Duration {
	for _, span := range [][2]fathom.Time{{m.RecordingStart, m.RecordingEnd}, {m.ScheduledStart, m.ScheduledEnd}} {
		took := span[1].Sub(span[0].Time)
		if !span[0].IsZero() && !span[1].IsZero() && took > 0 && took <= maxLength {
			return took
		}
	}
	return 0
}

// storable drops the one character that Postgres keeps in no text.
func storable(s string) string { return strings.ReplaceAll(s, "\x00", "") }

// fathom returns the tenant's client of Fathom, and a word for its key that does not tell the key. Without a key that
// can be read the client is nil.
func (a *Adapters) fathom(ctx context.Context, tenant tenancy.Tenant) (*fathom.Client, string) {
	raw, err := a.Credentials.Get(credentials.OfTenant(tenant.Owner), tenant.FathomKey)
	if err != nil {
		a.log(tenant).WarnContext(ctx, "Fathom key not readable", "error", err)
		return nil, ""
	}
	key, err := credentials.ParseFathom(raw)
	if err != nil {
		a.log(tenant).WarnContext(ctx, "Fathom key not readable", "secret", tenant.FathomKey, "error", err)
		return nil, ""
	}
	digest := sha256.Sum256([]byte(key.APIKey.Reveal()))
	return fathom.New(a.through(tenant), a.FathomURL, key.APIKey), string(digest[:])
}

package adapters

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/followup-dev/followup-operator/internal/followup"
	"github.com/followup-dev/followup-operator/internal/outcome"
	"github.com/followup-dev/followup-operator/internal/slackapi"
	"github.com/followup-dev/followup-operator/internal/store"
)

// people is the store as followup.People.
type people struct{ rows *store.Tenant }

// Find implements followup.People.
func (p people) Find(ctx context.Context, slackUserID string) (followup.Viewer, error) {
	user, err := p.rows.FindUser(ctx, slackUserID)
	if errors.Is(err, store.ErrNotFound) {
		return followup.Viewer{}, followup.ErrUnknownViewer
	}
	return viewer(user), err
}

// Save implements followup.People.
func (p people) Save(ctx context.Context, v followup.Viewer) (followup.Viewer, error) {
	user, err := p.rows.SaveUser(ctx, store.User{
		SlackUserID: v.SlackUserID,
		Email:       v.Email,
		RealName:    v.Name,
		RefreshedAt: v.RefreshedAt,
	})
	return viewer(user), err
}

func viewer(u store.User) followup.Viewer {
	return followup.Viewer{
		ID:          u.ID,
		SlackUserID: u.SlackUserID,
		Profile:     followup.Profile{Name: u.RealName, Email: u.Email},
		RefreshedAt: u.RefreshedAt,
	}
}

// sessions is the store as followup.Sessions.
type sessions struct{ rows *store.Tenant }

// SaveListed implements followup.Sessions.
func (s sessions) SaveListed(ctx context.Context, v followup.Viewer, meetings []followup.Meeting) error {
	if len(meetings) == 0 {
		return nil
	}
	rows := make([]store.ListedMeeting, 0, len(meetings))
	for _, m := range meetings {
		rows = append(rows, listed(m))
	}
	return s.rows.SaveListedMeetings(ctx, v.ID, rows)
}

func listed(m followup.Meeting) store.ListedMeeting {
	row := store.ListedMeeting{
		RecordingID:     m.RecordingID,
		CreatedAt:       m.CreatedAt,
		Title:           m.Title,
		Date:            m.Start,
		DurationMinutes: int(m.Duration.Round(time.Minute) / time.Minute),
		URL:             m.URL,
	}
	for _, p := range m.Participants() {
		row.Participants = append(row.Participants, cmp.Or(p.Email, nameOnly(p.Name)))
	}
	return row
}

// nameOnly keeps a name from being taken for an address later: Shown decides by addresses who sees a meeting.
func nameOnly(name string) string { return strings.ReplaceAll(name, "@", " at ") }

// Shown implements followup.Shown.
func (s sessions) Shown(ctx context.Context, v followup.Viewer) ([]followup.Meeting, error) {
	rows, err := s.rows.ListedMeetings(ctx, v.ID)
	if err != nil {
		return nil, err
	}
	meetings := make([]followup.Meeting, 0, len(rows))
	for _, row := range rows {
		meetings = append(meetings, shown(row))
	}
	return meetings, nil
}

func shown(row store.ListedMeeting) followup.Meeting {
	m := followup.Meeting{
		RecordingID: row.RecordingID,
		Title:       row.Title,
		URL:         row.URL,
		CreatedAt:   row.CreatedAt,
		Start:       row.Date,
		Duration:    time.Duration(row.DurationMinutes) * time.Minute,
	}
	for _, participant := range row.Participants {
		_, host, isAddress := strings.Cut(participant, "@")
		if isAddress {
			m.Invitees = append(m.Invitees, followup.Person{Email: participant, Company: host})
		} else {
			m.Invitees = append(m.Invitees, followup.Person{Name: participant})
		}
	}
	return m
}

// profiles is Slack as followup.Profiles.
type profiles struct {
	bot *slackapi.Bot
	log *slog.Logger
}

// Profile implements followup.Profiles.
func (p profiles) Profile(ctx context.Context, slackUserID string) (followup.Profile, error) {
	user, err := p.bot.UserInfo(ctx, slackUserID)
	if err != nil {
		p.log.WarnContext(ctx, "Slack did not tell who asks", "error", err)
		return followup.Profile{}, slackProblem(err)
	}
	return followup.Profile{Name: storable(user.RealName), Email: storable(user.Email)}, nil
}

func slackProblem(err error) *followup.Problem {
	switch {
	case outcome.ClassOf(err) == outcome.Unauthorized:
		return &followup.Problem{Reason: followup.SlackTokenDead}
	case slackapi.UserNotFound(err):
		return &followup.Problem{Reason: followup.WrongWorkspace}
	case slackapi.MissingScope(err):
		return &followup.Problem{Reason: followup.EmailHidden}
	default:
		return &followup.Problem{Reason: followup.SlackDown, RetryAfter: outcome.RetryAfterOf(err)}
	}
}

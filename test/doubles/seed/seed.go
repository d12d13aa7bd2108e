package seed

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/followup-dev/followup-operator/test/doubles/awssm"
	"github.com/followup-dev/followup-operator/test/doubles/fathom"
	"github.com/followup-dev/followup-operator/test/doubles/slack"
)

// File is a seed.
type File struct {
	Slack  Slack  `json:"slack"`
	Fathom Fathom `json:"fathom"`
	AWS    AWS    `json:"aws"`

	Anthropic Anthropic `json:"anthropic"`
	Crono     Crono     `json:"crono"`
	Google    Google    `json:"google"`
}

// Slack has one app, installed in each workspace.
type Slack struct {
	App        App         `json:"app"`
	Workspaces []Workspace `json:"workspaces"`
}

// App is the Slack app under test.
type App struct {
	ID            string `json:"app_id"`
	SigningSecret string `json:"signing_secret"`
}

// Workspace is described at slack.Workspace.
type Workspace struct {
	TeamID       string   `json:"team_id"`
	Name         string   `json:"name"`
	Token        string   `json:"token"`
	Scopes       []string `json:"scopes,omitempty"`
	EnterpriseID string   `json:"enterprise_id,omitempty"`
	OrgInstall   bool     `json:"org_install,omitempty"`
	Users        []User   `json:"users"`
}

// User is a member of a workspace.
type User struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	RealName string `json:"real_name"`
	Email    string `json:"email,omitempty"`
	TimeZone string `json:"time_zone,omitempty"`
}

// Fathom has its users' keys.
type Fathom struct {
	Keys []Key `json:"keys"`
}

// Key is one user's API key and the meetings that it sees.
type Key struct {
	Key      string    `json:"key"`
	Meetings []Meeting `json:"meetings"`
}

// Meeting is described at fathom.Meeting.
type Meeting struct {
	RecordingID  int64          `json:"recording_id"`
	Title        string         `json:"title"`
	MeetingTitle string         `json:"meeting_title,omitempty"`
	Start        Duration       `json:"start"` // from now: "-26h30m"
	Length       Duration       `json:"length"`
	RecordedBy   Person         `json:"recorded_by"`
	Invitees     []Invitee      `json:"invitees"`
	Missing      fathom.Missing `json:"missing,omitempty"`

	Summary      string `json:"summary,omitempty"`
	Transcript   []Line `json:"transcript,omitempty"`
	PendingCalls int    `json:"pending_calls,omitempty"`
}

// Line is one thing said.
type Line struct {
	At      Duration `json:"at"` // since the recording began
	Speaker string   `json:"speaker"`
	Email   string   `json:"email,omitempty"`
	Text    string   `json:"text"`
}

// Person is a Fathom user.
type Person struct {
	Name  string `json:"name"`
	Email string `json:"email"`
	Team  string `json:"team,omitempty"`
}

// Invitee is a participant from the calendar event.
type Invitee struct {
	Name     string `json:"name,omitempty"`
	Email    string `json:"email,omitempty"`
	External bool   `json:"external,omitempty"`
}

// AWS is one account in one region.
type AWS struct {
	Region     string      `json:"region"`
	AccessKeys []AccessKey `json:"access_keys"`
	Secrets    []Secret    `json:"secrets"`
}

// AccessKey is described at awssm.AccessKey.
type AccessKey struct {
	ID     string `json:"id"`
	Secret string `json:"secret"`
}

// Secret holds a string, or JSON that is kept as a string.
type Secret struct {
	Name  string          `json:"name"`
	Value json.RawMessage `json:"value"`
}

// Duration is a time.Duration in its text form.
type Duration time.Duration

// MarshalText writes "1h30m0s".
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText reads what time.ParseDuration reads.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	if err != nil {
		return err
	}
	*d = Duration(parsed)
	return nil
}

// Read reads a seed, and nothing beside it.
func Read(r io.Reader) (File, error) {
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	var f File
	if err := d.Decode(&f); err != nil {
		return File{}, fmt.Errorf("seed: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return File{}, errors.New("seed: want one JSON document")
	}
	return f, nil
}

// SlackConfig is the part of the Slack double.
func (f File) SlackConfig() slack.Config {
	c := slack.Config{App: slack.App{ID: f.Slack.App.ID, SigningSecret: f.Slack.App.SigningSecret}}
	for _, w := range f.Slack.Workspaces {
		workspace := slack.Workspace{
			TeamID: w.TeamID, Name: w.Name, Token: w.Token, Scopes: w.Scopes, EnterpriseID: w.EnterpriseID, OrgInstall: w.OrgInstall,
		}
		for _, u := range w.Users {
			workspace.Users = append(workspace.Users, slack.User(u))
		}
		c.Workspaces = append(c.Workspaces, workspace)
	}
	return c
}

// FathomConfig is the part of the Fathom double, with meetings at times around now.
func (f File) FathomConfig(now time.Time) fathom.Config {
	var c fathom.Config
	for _, k := range f.Fathom.Keys {
		key := fathom.Key{Key: k.Key}
		for _, m := range k.Meetings {
			key.Meetings = append(key.Meetings, m.at(now))
		}
		c.Keys = append(c.Keys, key)
	}
	return c
}

func (m Meeting) at(now time.Time) fathom.Meeting {
	start := now.Add(time.Duration(m.Start)).Truncate(time.Minute)
	meeting := fathom.Meeting{
		RecordingID: m.RecordingID, Title: m.Title, MeetingTitle: m.MeetingTitle, Missing: m.Missing,
		Start: start, End: start.Add(time.Duration(m.Length)), RecordedBy: fathom.Person(m.RecordedBy),
		Summary: m.Summary, PendingCalls: m.PendingCalls,
	}
	for _, l := range m.Transcript {
		meeting.Transcript = append(meeting.Transcript, fathom.Line{
			Speaker: l.Speaker, Email: l.Email, At: time.Duration(l.At), Text: l.Text,
		})
	}
	for _, i := range m.Invitees {
		meeting.Invitees = append(meeting.Invitees, fathom.Invitee(i))
	}
	return meeting
}

// AWSConfig is the part of the Secrets Manager double.
func (f File) AWSConfig() awssm.Config {
	c := awssm.Config{Region: f.AWS.Region}
	for _, k := range f.AWS.AccessKeys {
		c.AccessKeys = append(c.AccessKeys, awssm.AccessKey(k))
	}
	for _, s := range f.AWS.Secrets {
		c.Secrets = append(c.Secrets, awssm.Secret{Name: s.Name, Value: s.text()})
	}
	return c
}

func (s Secret) text() string {
	var text string
	if json.Unmarshal(s.Value, &text) == nil {
		return text
	}
	var compact bytes.Buffer
	if json.Compact(&compact, s.Value) != nil {
		return ""
	}
	return compact.String()
}

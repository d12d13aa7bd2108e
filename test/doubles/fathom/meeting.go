package fathom

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// createdAt is when the recording's entry was made: as the call ended, and some seconds.
func (m Meeting) createdAt() time.Time { return m.End.Add(35 * time.Second) }

func (m Meeting) external() bool {
	return slices.ContainsFunc(m.Invitees, func(i Invitee) bool { return i.External })
}

// describe is the meeting as https://developers.fathom.ai/api-reference/meetings/list-meetings has it, without content.
func (m Meeting) describe() map[string]any {
	domainsType := "only_internal"
	if m.external() {
		domainsType = "one_or_more_external"
	}
	d := map[string]any{
		"title": m.Title, "meeting_title": nullable(m.MeetingTitle), "meeting_type": nil,
		"recording_id": m.RecordingID,
		"url":          fmt.Sprintf("https://fathom.video/calls/%d", m.RecordingID/7+400_000_000), // not the recording's ID
		"share_url":    fmt.Sprintf("https://fathom.video/share/r%d", m.RecordingID), "meeting_url": nil,
		"created_at": rfc3339(m.createdAt()), "scheduled_start_time": rfc3339(m.Start), "scheduled_end_time": rfc3339(m.End),
		"recording_start_time": rfc3339(m.Start), "recording_end_time": rfc3339(m.End),
		"calendar_invitees_domains_type": domainsType, "shared_with": "no_teams", "transcript_language": cmp.Or(m.Language, "en"),
		"recorded_by": map[string]any{
			"name": m.RecordedBy.Name, "email": m.RecordedBy.Email, "email_domain": domain(m.RecordedBy.Email),
			"team": nullable(m.RecordedBy.Team),
		},
	}
	for _, name := range []string{"transcript", "action_items", "highlights"} {
		m.leaveOut(d, name, []any{})
	}
	m.leaveOut(d, "default_summary", nil)
	m.leaveOut(d, "crm_matches", map[string]any{"error": "No CRM connected"}) // as seen in real answers, without arrays
	if len(m.Invitees) == 0 {
		m.leaveOut(d, "calendar_invitees", []any{})
		return d
	}
	invitees := make([]map[string]any, len(m.Invitees))
	for i, invitee := range m.Invitees {
		invitees[i] = map[string]any{
			"name": nullable(invitee.Name), "email": nullable(invitee.Email), "email_domain": nullable(domain(invitee.Email)),
			"is_external": invitee.External, "matched_speaker_display_name": nil,
		}
	}
	d["calendar_invitees"] = invitees
	return d
}

// leaveOut writes that the meeting does not have the property, in the way that the meeting says.
func (m Meeting) leaveOut(d map[string]any, name string, empty any) {
	switch m.Missing {
	case Null:
		d[name] = nil
	case Absent:
	case Empty:
		d[name] = empty
	}
}

func nullable(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func domain(email string) string {
	_, host, _ := strings.Cut(email, "@")
	return host
}

func rfc3339(t time.Time) string { return t.UTC().Format(time.RFC3339) }

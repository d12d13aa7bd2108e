package fathom

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// callback is content that was asked to be sent to a destination_url.
type callback struct {
	url  string
	body []byte
}

// getSummary: https://developers.fathom.ai/api-reference/recordings/get-summary
func (s *Server) getSummary(u *user, r *http.Request) (answer, *refusal) {
	return s.content(u, r, Meeting.summary)
}

// getTranscript: https://developers.fathom.ai/api-reference/recordings/get-transcript
func (s *Server) getTranscript(u *user, r *http.Request) (answer, *refusal) {
	return s.content(u, r, Meeting.transcript)
}

// content answers with a recording's content; with a destination_url it answers with that, and Deliver sends the content.
func (s *Server) content(u *user, r *http.Request, of func(Meeting) map[string]any) (answer, *refusal) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return answer{}, badRequest("recording_id: want a number")
	}
	values, failure := known(r, "destination_url")
	if failure != nil {
		return answer{}, failure
	}
	i := slices.IndexFunc(u.meetings, func(m Meeting) bool { return m.RecordingID == id })
	if i < 0 {
		return answer{}, &refusal{http.StatusNotFound, "not found"}
	}
	m := u.meetings[i]
	u.asked[id]++
	if u.asked[id] <= m.PendingCalls {
		m.Summary, m.Transcript = "", nil
	}
	if !values.Has("destination_url") {
		return answer{http.StatusOK, of(m)}, nil
	}
	destination := values.Get("destination_url")
	if err := validDestination(destination); err != nil {
		return answer{}, badRequest(err.Error())
	}
	s.pending = append(s.pending, callback{url: destination, body: encoded(of(u.meetings[i]))})
	return answer{http.StatusOK, map[string]any{"destination_url": destination}}, nil
}

// known takes a query with these parameters, once each, and no others.
func known(r *http.Request, parameters ...string) (url.Values, *refusal) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, badRequest("query: malformed")
	}
	for name, given := range values {
		if !slices.Contains(parameters, name) || len(given) != 1 {
			return nil, badRequest(name + ": unknown parameter, or given twice")
		}
	}
	return values, nil
}

func validDestination(raw string) error {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return fmt.Errorf("destination_url: want a URL")
	}
	return nil
}

func (m Meeting) summary() map[string]any {
	if m.Summary == "" {
		return map[string]any{"summary": nil}
	}
	return map[string]any{"summary": map[string]any{"template_name": "general", "markdown_formatted": m.Summary}}
}

func (m Meeting) transcript() map[string]any {
	lines := []map[string]any{}
	for _, l := range m.Transcript {
		lines = append(lines, map[string]any{
			"speaker": map[string]any{"display_name": l.Speaker, "matched_calendar_invitee_email": nullable(l.Email)},
			"text":    l.Text, "timestamp": time.Time{}.Add(l.At).Format("15:04:05"),
		})
	}
	return map[string]any{"transcript": lines}
}

func (m Meeting) actionItems() []map[string]any {
	var items []map[string]any
	for _, text := range m.ActionItems {
		items = append(items, map[string]any{
			"description": text, "user_generated": false, "completed": false, "recording_timestamp": "00:00:00",
			"recording_playback_url": m.describe()["url"], "assignee": map[string]any{"name": nil, "email": nil, "team": nil},
		})
	}
	return items
}

// contents are what a list or a webhook tells beside the meetings.
type contents struct{ summary, transcript, actionItems bool }

// describeWith is the meeting with the content that was asked for, where it has it.
func (m Meeting) describeWith(asked contents) map[string]any {
	d := m.describe()
	if asked.summary && m.Summary != "" {
		d["default_summary"] = m.summary()["summary"]
	}
	if asked.transcript && len(m.Transcript) > 0 {
		d["transcript"] = m.transcript()["transcript"]
	}
	if asked.actionItems && len(m.ActionItems) > 0 {
		d["action_items"] = m.actionItems()
	}
	return d
}

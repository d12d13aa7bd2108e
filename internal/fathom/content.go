package fathom

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/followup-dev/followup-operator/internal/vendorhttp"
)

// Fathom calls these heavy: 30 a minute, and slow for a long meeting.
var (
	getSummary    = vendorhttp.Operation{Vendor: vendor, Name: "get_summary", Timeout: 45 * time.Second, Repeatable: true}
	getTranscript = vendorhttp.Operation{
		Vendor: vendor, Name: "get_transcript", Timeout: 45 * time.Second, Repeatable: true, MaxAnswer: 32 << 20,
	}
)

// Line is one thing said.
type Line struct {
	Speaker string // as Fathom or the meeting's own tool called them, "" if unknown
	Text    string
	At      time.Duration // since the recording began
}

// Summary returns Fathom's summary of a recording: Markdown, always in English, "" if there is none yet.
func (c *Client) Summary(ctx context.Context, id RecordingID) (string, error) {
	type content struct {
		Summary struct {
			Markdown string `json:"markdown_formatted"`
		} `json:"summary"`
	}
	var answer content
	err := c.http.Call(ctx, getSummary, func(ctx context.Context, doer vendorhttp.Doer) error {
		answer = content{}
		return c.get(ctx, doer, "/recordings/"+url.PathEscape(string(id))+"/summary", &answer)
	})
	return answer.Summary.Markdown, err
}

// Transcript returns what was said, in the meeting's language; nothing while Fathom is still at it. Errors of a recording
// that is gone are Permanent, with status 404.
func (c *Client) Transcript(ctx context.Context, id RecordingID) ([]Line, error) {
	type content struct {
		Transcript []line `json:"transcript"`
	}
	var answer content
	err := c.http.Call(ctx, getTranscript, func(ctx context.Context, doer vendorhttp.Doer) error {
		answer = content{}
		return c.get(ctx, doer, "/recordings/"+url.PathEscape(string(id))+"/transcript", &answer)
	})
	var lines []Line
	for _, l := range answer.Transcript {
		if text := strings.TrimSpace(l.Text); text != "" {
			lines = append(lines, Line{Speaker: strings.TrimSpace(l.Speaker.Name), Text: text, At: time.Duration(l.Timestamp)})
		}
	}
	return lines, err
}

// line is a Line as Fathom writes it.
type line struct {
	Speaker struct {
		Name string `json:"display_name"`
	} `json:"speaker"`
	Text      string    `json:"text"`
	Timestamp timestamp `json:"timestamp"`
}

// timestamp is "01:05:32"; 0 when it can't be read: a line without a time was still said.
type timestamp time.Duration

// UnmarshalJSON implements json.Unmarshaler.
func (t *timestamp) UnmarshalJSON(raw []byte) error {
	*t = 0
	var text string
	if json.Unmarshal(raw, &text) != nil {
		return nil
	}
	seconds := 0
	for part := range strings.SplitSeq(text, ":") {
		n, err := strconv.ParseUint(part, 10, 16)
		if err != nil {
			return nil
		}
		seconds = seconds*60 + int(n)
	}
	*t = timestamp(time.Duration(seconds) * time.Second)
	return nil
}

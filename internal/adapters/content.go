package adapters

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/followup-dev/followup-operator/internal/fathom"
	"github.com/followup-dev/followup-operator/internal/followup"
	"github.com/followup-dev/followup-operator/internal/outcome"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// content is Fathom as followup.Content, for one run: what Find saw of a recording, Read does not ask for again.
type content struct {
	fathom *fathom.Client // nil without a key
	log    *slog.Logger
	found  fathom.Meeting
}

func (a *Adapters) content(ctx context.Context, tenant tenancy.Tenant) followup.Content {
	client, _ := a.fathom(ctx, tenant)
	return &content{fathom: client, log: a.log(tenant)}
}

// maxFindPages bounds the pages of the seconds around a recording; one has ten.
const maxFindPages = 5

// Find implements followup.Content. Fathom has no request for one recording, but lists those of a few seconds; whether
// the very seconds are among them it does not say.
func (c *content) Find(ctx context.Context, at followup.Position) (followup.Meeting, error) {
	if c.fathom == nil {
		return followup.Meeting{}, &followup.Problem{Reason: followup.FathomNotSetUp}
	}
	around := fathom.Query{
		CreatedAfter: at.CreatedAt.Add(-2 * time.Second), CreatedBefore: at.CreatedAt.Add(2 * time.Second), ActionItems: true,
	}
	for range maxFindPages {
		page, err := c.fathom.Meetings(ctx, around)
		if err != nil {
			return followup.Meeting{}, c.problem(ctx, err)
		}
		for _, m := range page.Meetings {
			if string(m.RecordingID) == at.RecordingID {
				c.found = m
				return meeting(m), nil
			}
		}
		if around.Cursor = page.Next; page.Next == "" {
			break
		}
	}
	return followup.Meeting{}, &followup.Problem{Reason: followup.MeetingGone}
}

// Read implements followup.Content. Without a transcript nothing can be written; without a summary it can.
func (c *content) Read(ctx context.Context, recordingID string) (followup.Recording, error) {
	if c.fathom == nil {
		return followup.Recording{}, &followup.Problem{Reason: followup.FathomNotSetUp}
	}
	id := fathom.RecordingID(recordingID)
	lines, err := c.fathom.Transcript(ctx, id)
	if err != nil {
		return followup.Recording{}, c.problem(ctx, err)
	}
	if len(lines) == 0 {
		return followup.Recording{}, followup.ErrNotWritten
	}
	read := followup.Recording{Lines: make([]followup.Line, 0, len(lines))}
	for _, line := range lines {
		read.Lines = append(read.Lines, followup.Line{
			Second: int(line.At / time.Second), Speaker: storable(line.Speaker), Text: storable(line.Text),
		})
	}
	summary, err := c.fathom.Summary(ctx, id)
	if err != nil {
		return followup.Recording{}, c.problem(ctx, err)
	}
	read.Summary = storable(summary)
	if c.found.RecordingID == id {
		c.describe(&read)
	}
	return read, nil
}

// describe adds what the list says of the recording.
func (c *content) describe(read *followup.Recording) {
	if c.found.Language != "unknown" {
		read.Language = c.found.Language
	}
	for _, item := range c.found.ActionItems {
		if item.Description != "" {
			read.ActionItems = append(read.ActionItems, storable(item.Description))
		}
	}
}

func (c *content) problem(ctx context.Context, err error) *followup.Problem {
	c.log.WarnContext(ctx, "Fathom did not tell of a recording", "error", err)
	if failed, ok := errors.AsType[*outcome.Error](err); ok && failed.Status == http.StatusNotFound {
		return &followup.Problem{Reason: followup.MeetingGone}
	}
	return fathomProblem(err)
}

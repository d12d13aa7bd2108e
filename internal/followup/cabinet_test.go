package followup

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
)

// cabinet are the Sheets and the Ledger.
type cabinet struct {
	*studio

	sessions  []Session
	revisions map[uuid.UUID][]Revision
	tones     map[string]string
	actions   []held
}

// held is an action, with who is at it.
type held struct {
	Action

	holder string
	since  time.Time
}

func (c *cabinet) find(id uuid.UUID, slackUserID string) *Session {
	i := slices.IndexFunc(c.sessions, func(s Session) bool { return s.ID == id && (slackUserID == "" || s.Viewer.SlackUserID == slackUserID) })
	if i < 0 {
		return nil
	}
	c.sessions[i].Revision = len(c.revisions[id])
	return &c.sessions[i]
}

func (c *cabinet) Open(_ context.Context, v Viewer, m Meeting) (Session, error) {
	return call(c.studio, "open session", func() (Session, error) {
		i := slices.IndexFunc(c.sessions, func(s Session) bool {
			return s.Viewer.SlackUserID == v.SlackUserID && s.Meeting.RecordingID == m.RecordingID
		})
		if i < 0 {
			i = len(c.sessions)
			c.sessions = append(c.sessions, Session{ID: uuid.NewSHA1(uuid.Nil, []byte(v.SlackUserID+m.RecordingID)), Viewer: v})
		}
		c.sessions[i].Meeting = m
		return *c.find(c.sessions[i].ID, ""), nil
	})
}

func (c *cabinet) Session(_ context.Context, id uuid.UUID, slackUserID string) (Session, error) {
	return call(c.studio, "find session", func() (Session, error) {
		if found := c.find(id, slackUserID); found != nil {
			return *found, nil
		}
		return Session{}, ErrNoSession
	})
}

func (c *cabinet) Revision(_ context.Context, id uuid.UUID, number int) (Revision, error) {
	return call(c.studio, "read revision", func() (Revision, error) {
		if number < 1 || number > len(c.revisions[id]) {
			return Revision{}, ErrNoSession
		}
		return c.revisions[id][number-1], nil
	})
}

func (c *cabinet) AddRevision(_ context.Context, id uuid.UUID, r Revision) (Revision, error) {
	return call(c.studio, "add revision", func() (Revision, error) {
		if r.Number <= len(c.revisions[id]) {
			return c.revisions[id][r.Number-1], nil
		}
		c.revisions[id] = append(c.revisions[id], r)
		return r, nil
	})
}

func (c *cabinet) SetCard(_ context.Context, id uuid.UUID, place Place) error {
	return try(c.studio, "set card", func() error { c.find(id, "").Card = place; return nil })
}

func (c *cabinet) SetAccount(_ context.Context, id uuid.UUID, match Match) error {
	return try(c.studio, "set account", func() error { c.find(id, "").Account = &match; return nil })
}

func (c *cabinet) Tone(_ context.Context, slackUserID string) (string, error) {
	return c.tones[slackUserID], nil
}

func (c *cabinet) SetTone(_ context.Context, slackUserID, tone string) error {
	c.tones[slackUserID] = tone
	return nil
}

func (c *cabinet) Plan(_ context.Context, action Action) (Action, error) {
	return call(c.studio, "plan", func() (Action, error) {
		i := slices.IndexFunc(c.actions, func(h held) bool { return h.Key == action.Key })
		if i < 0 {
			action.ID, action.State, action.UpdatedAt = uuid.NewSHA1(uuid.Nil, []byte(action.Key)), Planned, c.now
			c.actions = append(c.actions, held{Action: action})
			return action, nil
		}
		h := &c.actions[i]
		if h.ActorID != action.ActorID {
			return Action{}, ErrNoSession
		}
		if slices.Contains([]ActionState{Planned, Failed, Undone}, h.State) {
			h.State, h.Input, h.Reason, h.Artefact, h.UpdatedAt = Planned, action.Input, "", Artefact{}, c.now
		}
		return h.Action, nil
	})
}

func (c *cabinet) Begin(_ context.Context, id uuid.UUID, holder string) (Action, error) {
	return call(c.studio, "begin", func() (Action, error) {
		h := &c.actions[slices.IndexFunc(c.actions, func(h held) bool { return h.ID == id })]
		before := h.Action
		switch {
		case h.State == Done:
			return before, nil
		case h.State == Sending && h.holder != holder && c.now.Sub(h.since) < Lease:
			return Action{}, ErrBusy
		case h.State == Sending:
			before.State = Unknown
		}
		h.State, h.holder, h.since, h.UpdatedAt = Sending, holder, c.now, c.now
		return before, nil
	})
}

func (c *cabinet) Finish(ctx context.Context, id uuid.UUID, state ActionState, made Artefact, reason Reason) error {
	return try(c.studio, "finish", func() error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		h := &c.actions[slices.IndexFunc(c.actions, func(h held) bool { return h.ID == id })]
		h.State, h.Reason, h.UpdatedAt = state, reason, c.now
		if made != (Artefact{}) {
			h.Artefact = made
		}
		return nil
	})
}

func (c *cabinet) Action(_ context.Context, id uuid.UUID, slackUserID string) (Action, error) {
	return call(c.studio, "find action", func() (Action, error) {
		i := slices.IndexFunc(c.actions, func(h held) bool { return h.ID == id && h.ActorID == slackUserID })
		if i < 0 {
			return Action{}, ErrNoSession
		}
		return c.actions[i].Action, nil
	})
}

func (c *cabinet) Actions(_ context.Context, sessionID uuid.UUID) ([]Action, error) {
	return call(c.studio, "read actions", func() ([]Action, error) {
		var all []Action
		for _, h := range c.actions {
			if h.SessionID == sessionID {
				all = append(all, h.Action)
			}
		}
		return all, nil
	})
}

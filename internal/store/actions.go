package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// ErrBusy means that another holder has the row.
var ErrBusy = errors.New("another holder is at it")

// Action is one thing done at a vendor. Its states, and what may become of each:
//
//	planned -> sending                     BeginAction, under a lease
//	planned, sending, unknown -> failed    FinishAction: certainly not done
//	sending -> planned                     FinishAction: not done yet, and tried again
//	sending -> unknown                     FinishAction: nobody knows
//	all but undone -> done                 FinishAction
//	done -> undone                         FinishAction
//	unknown, failed, undone -> sending     BeginAction
//	failed, undone -> planned              PlanAction
//
// An action that is sending when its lease is over is as one that is unknown.
type Action struct {
	ID           uuid.UUID       `db:"id"`
	Key          string          `db:"action_key"`
	SessionID    uuid.UUID       `db:"session_id"` // uuid.Nil for none
	ActorSlackID string          `db:"actor_slack_id"`
	Kind         string          `db:"kind"`
	Target       string          `db:"target"`
	Revision     int             `db:"revision"`
	Input        json.RawMessage `db:"input"` // nil for none
	State        string          `db:"state"`
	ExternalID   string          `db:"external_id"`
	URL          string          `db:"url"`
	Reason       string          `db:"reason"`
	UpdatedAt    time.Time       `db:"updated_at"`
}

// planAction takes up again only what is certainly not done. What is planned in the same words is left as it is, so that a
// job that runs again leaves no second record.
const planAction = `-- name: planAction
WITH planned AS (
    INSERT INTO meeting_actions AS a (tenant_id, action_key, session_id, actor_slack_id, kind, target, revision, input)
    VALUES (@tenant_id, @key, nullif(@session_id::uuid, '00000000-0000-0000-0000-000000000000'), @actor, @kind, @target, @revision, @input)
    ON CONFLICT (tenant_id, action_key) DO UPDATE
    SET state = 'planned', input = excluded.input, external_id = '', url = '', reason = '', updated_at = now()
    WHERE a.actor_slack_id = excluded.actor_slack_id
      AND (a.state IN ('failed', 'undone') OR a.state = 'planned' AND a.input IS DISTINCT FROM excluded.input)
    RETURNING tenant_id, kind, state, actor_slack_id
)
INSERT INTO audit_logs (tenant_id, event_type, event_category, actor_slack_id)
SELECT tenant_id, kind || '.' || state, 'integration', actor_slack_id FROM planned`

const actionByKey = `-- name: actionByKey
SELECT id, action_key, coalesce(session_id, '00000000-0000-0000-0000-000000000000') AS session_id, actor_slack_id, kind, target,
    revision, input, state, external_id, url, reason, updated_at
FROM meeting_actions
WHERE tenant_id = @tenant_id AND action_key = @key AND actor_slack_id = @actor`

// PlanAction keeps an action before it is done, and returns it as it is kept. One with that key that is planned, failed or
// undone takes the new Input and is planned again; any other is returned untouched. Its ID, State, artefact and Reason are
// not looked at. ErrNotFound: the key is another user's.
func (t *Tenant) PlanAction(ctx context.Context, action Action) (Action, error) {
	batch := t.newBatch()
	batch.Queue(planAction, pgx.StrictNamedArgs{
		"tenant_id":  t.id,
		"key":        action.Key,
		"session_id": action.SessionID,
		"actor":      action.ActorSlackID,
		"kind":       action.Kind,
		"target":     action.Target,
		"revision":   action.Revision,
		"input":      action.Input,
	})
	return one[Action](ctx, t, batch, "action", actionByKey, pgx.StrictNamedArgs{"tenant_id": t.id, "key": action.Key, "actor": action.ActorSlackID})
}

// beginAction locks the row before it looks, so that of two replicas the second sees what the first made of it.
const beginAction = `-- name: beginAction
WITH before AS (
    SELECT tenant_id, id, action_key, session_id, actor_slack_id, kind, target, revision, input, state, external_id, url, reason,
        updated_at, state = 'sending' AND lease_holder <> @holder AND lease_until > now() AS busy
    FROM meeting_actions
    WHERE tenant_id = @tenant_id AND id = @id
    FOR UPDATE
), begun AS (
    UPDATE meeting_actions a
    SET state = 'sending', lease_holder = @holder, lease_until = now() + @lease::interval, updated_at = now()
    FROM before
    WHERE a.tenant_id = before.tenant_id AND a.id = before.id AND before.state <> 'done' AND NOT before.busy
)
SELECT id, action_key, coalesce(session_id, '00000000-0000-0000-0000-000000000000') AS session_id, actor_slack_id, kind, target,
    revision, input, CASE WHEN state = 'sending' AND NOT busy THEN 'unknown' ELSE state END AS state, external_id, url, reason,
    updated_at
FROM before`

// BeginAction marks an action as sending, for holder, for as long as the lease, and returns it as it was before: in state
// unknown if the same holder, or one whose lease is over, left it as sending. One that is done is returned as such and not
// touched. ErrBusy: another holder has it. ErrNotFound: there is no such action.
func (t *Tenant) BeginAction(ctx context.Context, id uuid.UUID, holder string, lease time.Duration) (Action, error) {
	args := pgx.StrictNamedArgs{"tenant_id": t.id, "id": id, "holder": holder, "lease": lease}
	action, err := one[Action](ctx, t, t.newBatch(), "action", beginAction, args)
	if err == nil && action.State == "sending" {
		return Action{}, ErrBusy
	}
	return action, err
}

// finishAction tells apart, by locking the row before it looks, what it changed from what was so already: only a change of
// state leaves a record.
const finishAction = `-- name: finishAction
WITH before AS (
    SELECT tenant_id, id, state, CASE @state
        WHEN 'planned' THEN state = 'sending'
        WHEN 'done' THEN state <> 'undone'
        WHEN 'failed' THEN state IN ('planned', 'sending', 'unknown', 'failed')
        WHEN 'unknown' THEN state IN ('sending', 'unknown')
        WHEN 'undone' THEN state IN ('done', 'undone')
    END AS possible
    FROM meeting_actions
    WHERE tenant_id = @tenant_id AND id = @id
    FOR UPDATE
), finished AS (
    UPDATE meeting_actions a
    SET state = @state, lease_holder = '', lease_until = NULL, reason = @reason, updated_at = now(),
        external_id = coalesce(nullif(@external_id, ''), external_id), url = coalesce(nullif(@url, ''), url)
    FROM before
    WHERE a.tenant_id = before.tenant_id AND a.id = before.id AND before.possible
    RETURNING a.tenant_id, a.kind, a.state, a.actor_slack_id, before.state AS was
), audit AS (
    INSERT INTO audit_logs (tenant_id, event_type, event_category, actor_slack_id)
    SELECT tenant_id, kind || '.' || state, 'integration', actor_slack_id FROM finished WHERE state <> was
)
SELECT possible FROM before`

// Result is how an action ended.
type Result struct {
	State      string // planned, done, failed, unknown or undone
	ExternalID string // "" leaves what is known
	URL        string // as ExternalID
	Reason     string // of a failure, a doubt or a wait
}

// FinishAction keeps how an action ended, and ends its lease. ErrBusy: it is in a state from which it can't end so, because
// another holder went on with it: a run that comes too late to say that it failed does not undo the word of one that did
// it. ErrNotFound: there is no such action.
func (t *Tenant) FinishAction(ctx context.Context, id uuid.UUID, result Result) error {
	var possible bool
	batch := t.newBatch()
	batch.Queue(finishAction, pgx.StrictNamedArgs{
		"tenant_id":   t.id,
		"id":          id,
		"state":       result.State,
		"external_id": result.ExternalID,
		"url":         result.URL,
		"reason":      result.Reason,
	}).QueryRow(func(row pgx.Row) error { return row.Scan(&possible) })
	err := t.db.pool.SendBatch(ctx, batch).Close()
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return ErrNotFound
	case err != nil:
		return fmt.Errorf("finish action: %w", err)
	case !possible:
		return ErrBusy
	default:
		return nil
	}
}

const findAction = `-- name: findAction
SELECT id, action_key, coalesce(session_id, '00000000-0000-0000-0000-000000000000') AS session_id, actor_slack_id, kind, target,
    revision, input, state, external_id, url, reason, updated_at
FROM meeting_actions
WHERE tenant_id = @tenant_id AND id = @id AND actor_slack_id = @actor`

// FindAction returns ErrNotFound for an action that is not this Slack user's, whoever else may have it.
func (t *Tenant) FindAction(ctx context.Context, id uuid.UUID, slackUserID string) (Action, error) {
	return one[Action](ctx, t, t.newBatch(), "action", findAction, pgx.StrictNamedArgs{"tenant_id": t.id, "id": id, "actor": slackUserID})
}

const listActions = `-- name: listActions
SELECT id, action_key, session_id, actor_slack_id, kind, target, revision, input, state, external_id, url, reason, updated_at
FROM meeting_actions
WHERE tenant_id = @tenant_id AND session_id = @session_id
ORDER BY created_at, action_key`

// ListActions returns all actions of a session, oldest first.
func (t *Tenant) ListActions(ctx context.Context, session uuid.UUID) ([]Action, error) {
	return collect[Action](ctx, t, "list actions", listActions, pgx.StrictNamedArgs{"tenant_id": t.id, "session_id": session})
}

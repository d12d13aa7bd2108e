-- +goose Up
-- Slack users whom a tenant's commands have met, and the meetings that were shown to them.

CREATE TABLE users (
    tenant_id       uuid NOT NULL REFERENCES tenants (id),
    id              uuid NOT NULL DEFAULT gen_random_uuid(),
    slack_user_id   text NOT NULL,
    slack_email     text NOT NULL,
    slack_real_name text NOT NULL,
    email_tone      text NOT NULL DEFAULT '' CHECK (email_tone IN ('', 'neutral', 'friendly', 'formal')), -- '' until they choose
    refreshed_at    timestamptz NOT NULL,
    first_seen_at   timestamptz NOT NULL DEFAULT now(),
    last_active_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, slack_user_id)
);

ALTER TABLE users ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON users TO followup_webhook, followup_worker
    USING (tenant_id = current_setting('app.tenant_id')::uuid);

GRANT SELECT, INSERT (tenant_id, slack_user_id, slack_email, slack_real_name, refreshed_at),
    UPDATE (slack_email, slack_real_name, email_tone, refreshed_at, last_active_at) ON users TO followup_worker;

-- Fathom has no request for one meeting, so what a user was shown is kept for what they do with it next.
CREATE TABLE meeting_sessions (
    tenant_id               uuid NOT NULL REFERENCES tenants (id),
    id                      uuid NOT NULL DEFAULT gen_random_uuid(),
    user_id                 uuid NOT NULL,
    fathom_recording_id     text NOT NULL,
    fathom_created_at       timestamptz NOT NULL,
    fathom_meeting_title    text NOT NULL,
    fathom_meeting_date     timestamptz NOT NULL,
    fathom_duration_minutes integer NOT NULL CHECK (fathom_duration_minutes >= 0),
    fathom_participants     text[] NOT NULL,
    fathom_url              text NOT NULL,
    created_at              timestamptz NOT NULL DEFAULT now(),
    updated_at              timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, user_id, fathom_recording_id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id)
);

ALTER TABLE meeting_sessions ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON meeting_sessions TO followup_webhook, followup_worker
    USING (tenant_id = current_setting('app.tenant_id')::uuid);

GRANT SELECT, INSERT (tenant_id, user_id, fathom_recording_id, fathom_created_at, fathom_meeting_title, fathom_meeting_date,
        fathom_duration_minutes, fathom_participants, fathom_url),
    UPDATE (fathom_created_at, fathom_meeting_title, fathom_meeting_date, fathom_duration_minutes, fathom_participants, fathom_url,
        updated_at)
    ON meeting_sessions TO followup_worker;

-- +goose Up
-- What is made of a meeting: its texts, what was done with them at the vendors, and what the worker must remember of these.

-- A session is opened when its user follows a meeting up; before that the row only says that it was listed.
ALTER TABLE meeting_sessions
    ADD COLUMN attendees    jsonb NOT NULL DEFAULT '{}' CHECK (octet_length(attendees::text) <= 1048576),
    ADD COLUMN revision     integer NOT NULL DEFAULT 0 CHECK (revision >= 0), -- of the current texts, 0 before the first
    ADD COLUMN card_channel text NOT NULL DEFAULT '' CHECK (char_length(card_channel) <= 40),
    ADD COLUMN card_ts      text NOT NULL DEFAULT '' CHECK (char_length(card_ts) <= 40),
    ADD COLUMN crm_match    jsonb CHECK (octet_length(crm_match::text) <= 16384),
    ADD CONSTRAINT card_is_a_message CHECK ((card_channel = '') = (card_ts = ''));

GRANT INSERT (attendees), UPDATE (attendees, revision, card_channel, card_ts, crm_match) ON meeting_sessions TO followup_worker;

-- Texts never change: nobody holds UPDATE or DELETE.
CREATE TABLE session_revisions (
    tenant_id  uuid NOT NULL REFERENCES tenants (id),
    session_id uuid NOT NULL,
    number     integer NOT NULL CHECK (number > 0),
    edited     boolean NOT NULL, -- by the user, else written by the model
    model      text NOT NULL CHECK (char_length(model) <= 100),
    texts      jsonb NOT NULL CHECK (octet_length(texts::text) <= 262144),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, session_id, number),
    FOREIGN KEY (tenant_id, session_id) REFERENCES meeting_sessions (tenant_id, id)
);

ALTER TABLE session_revisions ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON session_revisions TO followup_webhook, followup_worker
    USING (tenant_id = current_setting('app.tenant_id')::uuid);

GRANT SELECT, INSERT (tenant_id, session_id, number, edited, model, texts) ON session_revisions TO followup_worker;

-- One thing done at a vendor. The key makes it the same in each run and for each click. A run has it for itself (sending)
-- until its lease is over; one that dies then leaves it unknown whether the vendor did it.
CREATE TABLE meeting_actions (
    tenant_id      uuid NOT NULL REFERENCES tenants (id),
    id             uuid NOT NULL DEFAULT gen_random_uuid(),
    action_key     text NOT NULL CHECK (char_length(action_key) BETWEEN 1 AND 600),
    session_id     uuid, -- of none, for a task without a meeting
    actor_slack_id text NOT NULL CHECK (char_length(actor_slack_id) BETWEEN 1 AND 40),
    kind           text NOT NULL CHECK (kind IN ('gmail_draft', 'calendar_event', 'crm_note', 'crm_task', 'crm_deal')),
    target         text NOT NULL CHECK (char_length(target) <= 400),
    revision       integer NOT NULL CHECK (revision >= 0),
    input          jsonb CHECK (octet_length(input::text) <= 65536), -- what the user confirmed, if there was anything to
    state          text NOT NULL DEFAULT 'planned' CHECK (state IN ('planned', 'sending', 'unknown', 'done', 'failed', 'undone')),
    lease_holder   text NOT NULL DEFAULT '' CHECK (char_length(lease_holder) <= 200),
    lease_until    timestamptz,
    external_id    text NOT NULL DEFAULT '' CHECK (char_length(external_id) <= 1024),
    url            text NOT NULL DEFAULT '' CHECK (char_length(url) <= 2048),
    reason         text NOT NULL DEFAULT '' CHECK (reason ~ '^[a-z_]{0,40}$'),
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, action_key),
    FOREIGN KEY (tenant_id, session_id) REFERENCES meeting_sessions (tenant_id, id),
    CONSTRAINT leased_while_sending CHECK ((state = 'sending') = (lease_until IS NOT NULL AND lease_holder <> ''))
);
CREATE INDEX meeting_actions_session ON meeting_actions (tenant_id, session_id);

ALTER TABLE meeting_actions ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON meeting_actions TO followup_webhook, followup_worker
    USING (tenant_id = current_setting('app.tenant_id')::uuid);

GRANT SELECT, INSERT (tenant_id, action_key, session_id, actor_slack_id, kind, target, revision, input),
    UPDATE (input, state, lease_holder, lease_until, external_id, url, reason, updated_at)
    ON meeting_actions TO followup_worker;

-- A vendor that said "not before" is not called before, by any replica.
CREATE TABLE vendor_gates (
    tenant_id    uuid NOT NULL REFERENCES tenants (id),
    vendor       text NOT NULL CHECK (vendor ~ '^[a-z][a-z0-9_-]{0,39}$'),
    closed_until timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, vendor)
);

ALTER TABLE vendor_gates ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON vendor_gates TO followup_webhook, followup_worker
    USING (tenant_id = current_setting('app.tenant_id')::uuid);

GRANT SELECT, INSERT, UPDATE (closed_until) ON vendor_gates TO followup_worker;

-- How a connection fares. needs_reauth_digest is that of the declared credential that its vendor refused: another one
-- that is declared in its place is tried again.
ALTER TABLE crm_connections
    ADD COLUMN needs_reauth_digest text NOT NULL DEFAULT '' CHECK (char_length(needs_reauth_digest) <= 64),
    ADD COLUMN needs_reauth_at     timestamptz,
    ADD COLUMN last_error_code     text NOT NULL DEFAULT '' CHECK (last_error_code ~ '^[A-Za-z0-9_.-]{0,60}$'),
    ADD COLUMN last_error_at       timestamptz,
    ADD CONSTRAINT needs_reauth_since CHECK ((needs_reauth_digest = '') = (needs_reauth_at IS NULL)),
    ADD CONSTRAINT last_error_since CHECK ((last_error_code = '') = (last_error_at IS NULL));

GRANT SELECT (tenant_id, id, provider_type, connection_name, credentials_secret_id, status, owner_name, created_at,
        needs_reauth_digest, needs_reauth_at, last_error_code, last_error_at),
    UPDATE (needs_reauth_digest, needs_reauth_at, last_error_code, last_error_at)
    ON crm_connections TO followup_worker;

-- Tokens that a vendor handed out at run time, encrypted by whoever writes them; the database has no key.
CREATE TABLE connection_tokens (
    tenant_id       uuid NOT NULL REFERENCES tenants (id),
    connection_id   uuid NOT NULL,
    subject         text NOT NULL CHECK (char_length(subject) <= 320), -- for whom: a mailbox, or '' where there is but one
    access_token    bytea NOT NULL DEFAULT '' CHECK (octet_length(access_token) <= 16384),
    refresh_token   bytea NOT NULL DEFAULT '' CHECK (octet_length(refresh_token) <= 16384),
    expires_at      timestamptz NOT NULL DEFAULT 'epoch',
    declared_digest text NOT NULL DEFAULT '' CHECK (char_length(declared_digest) <= 64), -- of the credential that they came from
    PRIMARY KEY (tenant_id, connection_id, subject),
    FOREIGN KEY (tenant_id, connection_id) REFERENCES crm_connections (tenant_id, id)
);

ALTER TABLE connection_tokens ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON connection_tokens TO followup_webhook, followup_worker
    USING (tenant_id = current_setting('app.tenant_id')::uuid);

GRANT SELECT, INSERT (tenant_id, connection_id, subject), UPDATE (access_token, refresh_token, expires_at, declared_digest)
    ON connection_tokens TO followup_worker;

-- Recordings that their recorder was told of, each once. created_at is when Fathom made the entry.
CREATE TABLE announced_recordings (
    tenant_id    uuid NOT NULL REFERENCES tenants (id),
    recording_id text NOT NULL CHECK (char_length(recording_id) BETWEEN 1 AND 40),
    created_at   timestamptz NOT NULL,
    announced_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, recording_id)
);
CREATE INDEX announced_recordings_created ON announced_recordings (tenant_id, created_at);

ALTER TABLE announced_recordings ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON announced_recordings TO followup_webhook, followup_worker
    USING (tenant_id = current_setting('app.tenant_id')::uuid);
-- The operator sweeps what is old, some rows at a time; it learns which tenant's and when, and no recording.
CREATE POLICY sweep ON announced_recordings TO followup_operator USING (created_at < now() - interval '90 days');

GRANT SELECT, INSERT (tenant_id, recording_id, created_at), DELETE ON announced_recordings TO followup_worker;
GRANT SELECT (ctid, tenant_id, created_at), DELETE ON announced_recordings TO followup_operator;

-- Since when Fathom is asked for a tenant's new recordings. None that is older is announced.
CREATE TABLE recording_polls (
    tenant_id uuid PRIMARY KEY REFERENCES tenants (id),
    began_at  timestamptz NOT NULL DEFAULT now()
);

ALTER TABLE recording_polls ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON recording_polls TO followup_webhook, followup_worker
    USING (tenant_id = current_setting('app.tenant_id')::uuid);

GRANT SELECT, INSERT (tenant_id) ON recording_polls TO followup_worker;

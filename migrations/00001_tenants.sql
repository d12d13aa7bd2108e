-- +goose Up
-- Who the installation serves. Columns keep the names of the single-tenant bot's tables where they mean the same.

ALTER DEFAULT PRIVILEGES FOR ROLE followup_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

GRANT USAGE ON SCHEMA followup TO followup_operator, followup_webhook, followup_worker, followup_auditor;
GRANT SELECT ON goose_db_version TO followup_operator, followup_webhook, followup_worker;

-- The key of a row is the workspace it claims; its owner is the Kubernetes object that declares it. A row whose object
-- was deleted stays (deleted_at) and keeps its claim, so that the same object, applied again, finds its data.
CREATE TABLE tenants (
    id                       uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    slack_app_id             text NOT NULL,
    slack_team_id            text,
    slack_enterprise_id      text,
    slack_team_name          text NOT NULL,
    plan_tier                text NOT NULL CHECK (plan_tier ~ '^[a-z0-9][-a-z0-9]{0,39}$'),
    subscription_status      text NOT NULL CHECK (subscription_status IN ('active', 'trial', 'suspended', 'cancelled')),
    timezone                 text NOT NULL,
    locale                   text NOT NULL CHECK (locale IN ('en', 'it')),
    meeting_visibility       text NOT NULL CHECK (meeting_visibility IN ('participants', 'everyone')),
    slack_bot_token_secret_id text NOT NULL CHECK (slack_bot_token_secret_id ~ '^([^/]+/[^/]+)?$'), -- a Secret's name/key
    fathom_secret_id         text NOT NULL CHECK (fathom_secret_id ~ '^([^/]+/[^/]+)?$'),
    ai_secret_id             text NOT NULL DEFAULT '' CHECK (ai_secret_id ~ '^([^/]+/[^/]+)?$'), -- '': the app's
    owner_cluster            text NOT NULL, -- UID of its namespace kube-system
    owner_uid                text NOT NULL,
    owner_namespace          text NOT NULL,
    owner_name               text NOT NULL,
    applied_digest           text NOT NULL DEFAULT '', -- of the columns as the operator last wrote them: others were changed by somebody else
    created_at               timestamptz NOT NULL DEFAULT now(),
    updated_at               timestamptz NOT NULL DEFAULT now(),
    deleted_at               timestamptz,
    erasing_at               timestamptz, -- all that there is of it is being deleted
    CONSTRAINT one_workspace CHECK (num_nonnulls(slack_team_id, slack_enterprise_id) = 1),
    CONSTRAINT cancelled_when_deleted CHECK ((subscription_status = 'cancelled') = (deleted_at IS NOT NULL)),
    -- An imported tenant is nobody's until an object declares its workspace.
    CONSTRAINT owned_whole_or_not CHECK ((owner_name = '') = (owner_cluster = '') AND (owner_name = '') = (owner_namespace = '')),
    CONSTRAINT erased_when_deleted CHECK (erasing_at IS NULL OR deleted_at IS NOT NULL)
);
CREATE UNIQUE INDEX tenants_team_claim ON tenants (slack_app_id, slack_team_id) WHERE slack_team_id IS NOT NULL;
CREATE UNIQUE INDEX tenants_enterprise_claim ON tenants (slack_app_id, slack_enterprise_id) WHERE slack_enterprise_id IS NOT NULL;
CREATE INDEX tenants_owner ON tenants (owner_namespace, owner_name) WHERE deleted_at IS NULL;

ALTER TABLE tenants ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY operator ON tenants TO followup_operator USING (true);
-- The owner is bound too (FORCE); this is what the directory functions below may see.
CREATE POLICY directory ON tenants FOR SELECT TO followup_owner USING (deleted_at IS NULL);

GRANT SELECT, INSERT ON tenants TO followup_operator;
GRANT UPDATE (slack_team_name, plan_tier, subscription_status, timezone, locale, meeting_visibility, slack_bot_token_secret_id,
    fathom_secret_id, ai_secret_id, owner_cluster, owner_uid, owner_namespace, owner_name, applied_digest, updated_at, deleted_at, erasing_at)
    ON tenants TO followup_operator;

-- What the road to the ack touches on each request, apart from tenants because it is written all the time.
CREATE TABLE tenant_runtime (
    tenant_id    uuid PRIMARY KEY REFERENCES tenants (id),
    held         boolean NOT NULL, -- nothing new is begun
    draining     boolean NOT NULL DEFAULT false CHECK (held OR NOT draining), -- nor what is queued
    trial_ends_at timestamptz, -- from then on as if held
    minute_limit integer NOT NULL CHECK (minute_limit > 0),
    -- What may be used in each longer period, as JSON: {"meetings_processed/daily": 200}. What is not there has no limit.
    quotas       text NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(quotas::jsonb) = 'object' AND char_length(quotas) <= 2000),
    minute       timestamptz NOT NULL DEFAULT 'epoch',
    used         integer NOT NULL DEFAULT 0 CHECK (used >= 0),
    -- How far the tenant's jobs reach in virtual time: a tenant that asks for much runs ahead, and the others overtake it.
    virtual_next timestamptz NOT NULL DEFAULT 'epoch',
    -- The installation in Slack begins when the operator first sees a bot token, known by its digest. It ends with Slack's word.
    slack_token_digest      text NOT NULL DEFAULT '',
    slack_installed_at      timestamptz NOT NULL DEFAULT now(),
    slack_disconnected_at   timestamptz,
    slack_disconnect_reason text CHECK (slack_disconnect_reason IN ('app_uninstalled', 'tokens_revoked')),
    CONSTRAINT disconnected_for_a_reason CHECK ((slack_disconnected_at IS NULL) = (slack_disconnect_reason IS NULL))
) WITH (fillfactor = 70);

ALTER TABLE tenant_runtime ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON tenant_runtime TO followup_webhook, followup_worker
    USING (tenant_id = current_setting('app.tenant_id')::uuid);
CREATE POLICY operator ON tenant_runtime TO followup_operator USING (true);

-- What the directory functions below may see.
CREATE POLICY directory ON tenant_runtime FOR SELECT TO followup_owner USING (true);

GRANT SELECT (tenant_id, held, draining, trial_ends_at, quotas, minute_limit, minute, used, virtual_next, slack_installed_at, slack_disconnected_at),
    UPDATE (minute, used, virtual_next, slack_disconnected_at, slack_disconnect_reason)
    ON tenant_runtime TO followup_webhook;
GRANT SELECT (tenant_id, held, draining, trial_ends_at, quotas, minute_limit, slack_token_digest, slack_installed_at,
        slack_disconnected_at, slack_disconnect_reason),
    INSERT (tenant_id, held, draining, trial_ends_at, quotas, minute_limit),
    UPDATE (held, draining, trial_ends_at, quotas, minute_limit, slack_token_digest, slack_installed_at, slack_disconnected_at, slack_disconnect_reason)
    ON tenant_runtime TO followup_operator;

CREATE TABLE crm_connections (
    tenant_id             uuid NOT NULL REFERENCES tenants (id),
    id                    uuid NOT NULL DEFAULT gen_random_uuid(),
    provider_type         text NOT NULL CHECK (provider_type IN ('crono', 'google')),
    connection_name       text NOT NULL,
    credentials_secret_id text NOT NULL,
    status                text NOT NULL CHECK (status IN ('active', 'disconnected')),
    owner_cluster         text NOT NULL,
    owner_uid             text NOT NULL,
    owner_namespace       text NOT NULL,
    owner_name            text NOT NULL,
    applied_digest        text NOT NULL DEFAULT '',
    created_at            timestamptz NOT NULL DEFAULT now(),
    updated_at            timestamptz NOT NULL DEFAULT now(),
    deleted_at            timestamptz,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT disconnected_when_deleted CHECK ((status = 'disconnected') = (deleted_at IS NOT NULL)),
    CONSTRAINT owned_whole_or_not CHECK ((owner_name = '') = (owner_cluster = '') AND (owner_name = '') = (owner_namespace = ''))
);
CREATE UNIQUE INDEX crm_connections_declared ON crm_connections (tenant_id, owner_namespace, owner_name) WHERE owner_name <> '';
CREATE INDEX crm_connections_owner ON crm_connections (owner_namespace, owner_name) WHERE deleted_at IS NULL;

ALTER TABLE crm_connections ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON crm_connections TO followup_webhook, followup_worker
    USING (tenant_id = current_setting('app.tenant_id')::uuid);
CREATE POLICY operator ON crm_connections TO followup_operator USING (true);

GRANT SELECT, INSERT ON crm_connections TO followup_operator;
GRANT UPDATE (provider_type, connection_name, credentials_secret_id, status, owner_cluster, owner_uid, owner_namespace, owner_name,
        applied_digest, updated_at, deleted_at)
    ON crm_connections TO followup_operator;

-- The webhook answers for all tenants of a Slack app but may read no row of tenants: it asks these. It names its own
-- namespace, whose Secrets it reads: a tenant that was declared in another one is not its to serve. '' is any namespace, for a
-- webhook outside Kubernetes.
-- +goose StatementBegin
CREATE FUNCTION tenant_directory(app_id text, in_namespace text) RETURNS TABLE (
    id uuid, owner text, name text, team_id text, enterprise_id text, time_zone text, locale text, visibility text,
    slack_token text, fathom_key text, ai_key text, disconnected boolean, stop text, trial_ends_at timestamptz
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET row_security = on
BEGIN ATOMIC
    SELECT t.id, t.owner_name, t.slack_team_name, coalesce(t.slack_team_id, ''), coalesce(t.slack_enterprise_id, ''),
           t.timezone, t.locale, t.meeting_visibility, t.slack_bot_token_secret_id, t.fathom_secret_id, t.ai_secret_id,
           r.slack_disconnected_at IS NOT NULL, CASE WHEN r.draining THEN 'drain' WHEN r.held THEN 'hold' ELSE '' END, r.trial_ends_at
    FROM followup.tenants t
    JOIN followup.tenant_runtime r ON r.tenant_id = t.id
    WHERE t.slack_app_id = app_id AND in_namespace IN (t.owner_namespace, '') AND t.deleted_at IS NULL;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION tenant_directory_entry(app_id text, in_namespace text, tenant uuid) RETURNS TABLE (
    id uuid, owner text, name text, team_id text, enterprise_id text, time_zone text, locale text, visibility text,
    slack_token text, fathom_key text, ai_key text, disconnected boolean, stop text, trial_ends_at timestamptz
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET row_security = on
BEGIN ATOMIC
    SELECT t.id, t.owner_name, t.slack_team_name, coalesce(t.slack_team_id, ''), coalesce(t.slack_enterprise_id, ''),
           t.timezone, t.locale, t.meeting_visibility, t.slack_bot_token_secret_id, t.fathom_secret_id, t.ai_secret_id,
           r.slack_disconnected_at IS NOT NULL, CASE WHEN r.draining THEN 'drain' WHEN r.held THEN 'hold' ELSE '' END, r.trial_ends_at
    FROM followup.tenants t
    JOIN followup.tenant_runtime r ON r.tenant_id = t.id
    WHERE t.slack_app_id = app_id AND in_namespace IN (t.owner_namespace, '') AND t.id = tenant AND t.deleted_at IS NULL;
END;
-- +goose StatementEnd

-- Who has to tell of a tenant names its app, which is in tenants.
-- +goose StatementBegin
CREATE FUNCTION tenant_app(tenant uuid) RETURNS TABLE (slack_app_id text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET row_security = on
BEGIN ATOMIC
    SELECT t.slack_app_id FROM followup.tenants t WHERE t.id = tenant AND t.deleted_at IS NULL;
END;
-- +goose StatementEnd

REVOKE ALL ON FUNCTION tenant_directory(text, text), tenant_directory_entry(text, text, uuid), tenant_app(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tenant_directory(text, text), tenant_directory_entry(text, text, uuid), tenant_app(uuid) TO followup_webhook;

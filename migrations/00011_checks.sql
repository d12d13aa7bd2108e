-- +goose Up
-- What a tenant's providers said of its credentials when these were tried last. A subject is one credential: slack, fathom and ai
-- are the tenant's own, connection:<id> is that of a connection.

CREATE TABLE credential_checks (
    tenant_id  uuid NOT NULL REFERENCES tenants (id),
    subject    text NOT NULL CHECK (subject ~ '^(slack|fathom|ai|connection:[-0-9a-f]{36})$'),
    digest     text NOT NULL CHECK (char_length(digest) = 64), -- salted, of the credential: by it the operator knows what was tried
    attempt    text NOT NULL CHECK (char_length(attempt) = 64), -- of the credential, and of what else the try depended on
    verdict    text NOT NULL CHECK (verdict IN ('accepted', 'refused', 'wrong_workspace', 'model_not_found', 'unavailable')),
    code       text NOT NULL CHECK (char_length(code) <= 64), -- in the provider's words, or ours
    checked_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now(), -- since when it says the same of the same credential
    PRIMARY KEY (tenant_id, subject)
);

ALTER TABLE credential_checks ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON credential_checks TO followup_webhook, followup_worker
    USING (tenant_id = current_setting('app.tenant_id')::uuid);
CREATE POLICY operator ON credential_checks FOR SELECT TO followup_operator USING (true);
CREATE POLICY erasure ON credential_checks TO followup_owner
    USING (tenant_id IN (SELECT id FROM followup.tenants WHERE erasing_at IS NOT NULL));

GRANT SELECT, INSERT (tenant_id, subject, digest, attempt, verdict, code), UPDATE (digest, attempt, verdict, code, checked_at, changed_at)
    ON credential_checks TO followup_worker;
GRANT SELECT ON credential_checks TO followup_operator;

-- When the provider last did what it was asked, to within five minutes.
ALTER TABLE crm_connections ADD COLUMN last_success_at timestamptz;
GRANT SELECT (last_success_at), UPDATE (last_success_at) ON crm_connections TO followup_worker;

-- What the webhook has to look through for credentials that were not tried: all connections of an app's tenants, and what is known
-- of these and of the tenants' own credentials. The owner sees these rows for that alone.
CREATE POLICY checks ON crm_connections FOR SELECT TO followup_owner USING (deleted_at IS NULL);
CREATE POLICY checks ON credential_checks FOR SELECT TO followup_owner USING (true);
-- +goose StatementBegin
CREATE FUNCTION app_checks(app_id text, in_namespace text) RETURNS TABLE (
    tenant_id uuid, subject text, connection_id uuid, provider text, credentials text, attempt text, verdict text, checked_at timestamptz
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET row_security = on
BEGIN ATOMIC
    SELECT t.id, s.subject, s.connection_id, coalesce(s.provider, ''), coalesce(s.credentials, ''),
           coalesce(k.attempt, ''), coalesce(k.verdict, ''), coalesce(k.checked_at, 'epoch')
    FROM followup.tenants t
    CROSS JOIN LATERAL (
        SELECT o.subject, NULL::uuid AS connection_id, NULL AS provider, NULL AS credentials FROM (VALUES ('slack'), ('fathom'), ('ai')) o (subject)
        UNION ALL
        SELECT 'connection:' || c.id, c.id, c.provider_type, c.credentials_secret_id
        FROM followup.crm_connections c WHERE c.tenant_id = t.id AND c.deleted_at IS NULL
    ) s
    LEFT JOIN followup.credential_checks k ON k.tenant_id = t.id AND k.subject = s.subject
    WHERE t.slack_app_id = app_id AND in_namespace IN (t.owner_namespace, '') AND t.deleted_at IS NULL
      AND (s.connection_id IS NOT NULL OR k.subject IS NOT NULL);
END;
-- +goose StatementEnd

REVOKE ALL ON FUNCTION app_checks(text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app_checks(text, text) TO followup_webhook;

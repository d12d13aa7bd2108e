-- +goose Up
-- Which account of a CRM the e-mail addresses of a domain belong to. The source is part of the key: what is declared
-- (manual) stands beside what a user chose (verified), what was imported, and what was found, for the same domain, and goes
-- before them in this order; none overwrites another.

CREATE TABLE account_mappings (
    tenant_id         uuid NOT NULL REFERENCES tenants (id),
    crm_connection_id uuid NOT NULL,
    email_domain      text NOT NULL,
    mapping_source    text NOT NULL CHECK (mapping_source IN ('manual', 'verified', 'imported', 'auto_discovered')),
    company_name      text NOT NULL,
    crm_account_id    text NOT NULL DEFAULT 'unknown' -- until the account is first looked for, by the company's name
        CHECK (char_length(crm_account_id) BETWEEN 1 AND 200),
    times_used        integer NOT NULL DEFAULT 0 CHECK (times_used >= 0),
    last_used_at      timestamptz,
    created_by        text NOT NULL DEFAULT '' CHECK (char_length(created_by) <= 40), -- the Slack user who chose it
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, crm_connection_id, email_domain, mapping_source),
    FOREIGN KEY (tenant_id, crm_connection_id) REFERENCES crm_connections (tenant_id, id)
);

ALTER TABLE account_mappings ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON account_mappings TO followup_webhook, followup_worker
    USING (tenant_id = current_setting('app.tenant_id')::uuid);
-- What is declared is the operator's; the others it can neither see nor change.
CREATE POLICY declared ON account_mappings TO followup_operator USING (mapping_source = 'manual');
-- The worker resolves and counts what is declared, but neither makes nor removes it, nor has it say something else.
CREATE POLICY not_declared_by_us ON account_mappings AS RESTRICTIVE FOR INSERT TO followup_worker WITH CHECK (mapping_source <> 'manual');
CREATE POLICY not_removed_by_us ON account_mappings AS RESTRICTIVE FOR DELETE TO followup_worker USING (mapping_source <> 'manual');

GRANT SELECT,
    INSERT (tenant_id, crm_connection_id, email_domain, mapping_source, company_name, crm_account_id, created_by),
    UPDATE (crm_account_id, times_used, last_used_at, created_by, updated_at), DELETE
    ON account_mappings TO followup_worker;
GRANT SELECT (tenant_id, crm_connection_id, email_domain, mapping_source, company_name),
    INSERT (tenant_id, crm_connection_id, email_domain, mapping_source, company_name),
    UPDATE (company_name, crm_account_id, updated_at), DELETE
    ON account_mappings TO followup_operator;

-- By this the operator knows, without reading the rows, that they are what is declared. '' is none.
ALTER TABLE crm_connections ADD COLUMN account_mappings_digest text NOT NULL DEFAULT '';
GRANT UPDATE (account_mappings_digest) ON crm_connections TO followup_operator;

-- The digest of the rows as they are, made as the operator makes that of what is declared: it tells whether somebody changed them.
-- +goose StatementBegin
CREATE FUNCTION declared_mappings_digest(tenant uuid, connection uuid) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp SET row_security = on
BEGIN ATOMIC
    SELECT coalesce(encode(sha256(string_agg(convert_to(email_domain, 'UTF8') || '\x00'::bytea || convert_to(company_name, 'UTF8') || '\x00'::bytea, ''::bytea
           ORDER BY email_domain COLLATE "C")), 'hex'), '')
    FROM followup.account_mappings
    WHERE tenant_id = tenant AND crm_connection_id = connection AND mapping_source = 'manual';
END;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION declared_mappings_digest(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION declared_mappings_digest(uuid, uuid) TO followup_operator;

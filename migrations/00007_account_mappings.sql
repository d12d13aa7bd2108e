-- +goose Up
-- Which account of a CRM the e-mail addresses of a domain belong to. The source is part of the key: what is declared
-- (manual) stands beside what was found or imported for the same domain, and goes before it; neither overwrites the other.

CREATE TABLE account_mappings (
    tenant_id         uuid NOT NULL REFERENCES tenants (id),
    crm_connection_id uuid NOT NULL,
    email_domain      text NOT NULL,
    mapping_source    text NOT NULL CHECK (mapping_source IN ('manual', 'auto_discovered', 'imported')),
    company_name      text NOT NULL,
    crm_account_id    text NOT NULL DEFAULT 'unknown', -- until the account is first looked for, by the company's name
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

GRANT SELECT (tenant_id, crm_connection_id, email_domain, mapping_source, company_name, crm_account_id)
    ON account_mappings TO followup_worker;
GRANT SELECT (tenant_id, crm_connection_id, email_domain, mapping_source, company_name),
    INSERT (tenant_id, crm_connection_id, email_domain, mapping_source, company_name),
    UPDATE (company_name, crm_account_id, updated_at), DELETE
    ON account_mappings TO followup_operator;

-- By this the operator knows, without reading the rows, that they are what is declared. '' is none.
ALTER TABLE crm_connections ADD COLUMN account_mappings_digest text NOT NULL DEFAULT '';
GRANT UPDATE (account_mappings_digest) ON crm_connections TO followup_operator;

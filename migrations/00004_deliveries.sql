-- +goose Up
-- Requests admitted already. Slack repeats a request that it thinks unanswered; the key is what makes it the same one.

CREATE TABLE deliveries (
    tenant_id    uuid NOT NULL REFERENCES tenants (id),
    delivery_key text NOT NULL,
    expires_at   timestamptz NOT NULL,
    received_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, delivery_key)
);

ALTER TABLE deliveries ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON deliveries TO followup_webhook, followup_worker
    USING (tenant_id = current_setting('app.tenant_id')::uuid);
-- The operator sweeps what expired; it learns no key.
CREATE POLICY sweep ON deliveries TO followup_operator USING (expires_at < now());

GRANT SELECT (tenant_id, delivery_key), INSERT (tenant_id, delivery_key, expires_at) ON deliveries TO followup_webhook;
GRANT SELECT (expires_at), DELETE ON deliveries TO followup_operator;

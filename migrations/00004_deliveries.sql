-- +goose Up
-- Requests admitted and events taken already. Slack repeats what it thinks unanswered; the key is what makes it the same.

CREATE TABLE deliveries (
    tenant_id    uuid NOT NULL REFERENCES tenants (id),
    delivery_key text NOT NULL,
    expires_at   timestamptz NOT NULL,
    received_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, delivery_key)
);
CREATE INDEX deliveries_expires_at ON deliveries (expires_at);

ALTER TABLE deliveries ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON deliveries TO followup_webhook, followup_worker
    USING (tenant_id = current_setting('app.tenant_id')::uuid);
-- The operator sweeps what expired, some rows at a time, which it names by their ctid; it learns no key.
CREATE POLICY sweep ON deliveries TO followup_operator USING (expires_at < now());

GRANT SELECT (tenant_id, delivery_key), INSERT (tenant_id, delivery_key, expires_at) ON deliveries TO followup_webhook;
GRANT SELECT (ctid, expires_at), DELETE ON deliveries TO followup_operator;

-- +goose Up
-- How much of a resource a tenant has used in a period. The key has the period, so that nothing is ever set back.

CREATE TABLE api_rate_limits (
    tenant_id     uuid NOT NULL REFERENCES tenants (id),
    resource_type text NOT NULL CHECK (resource_type IN ('api_calls', 'meetings_processed', 'crm_writes')),
    limit_period  text NOT NULL CHECK (limit_period IN ('hourly', 'daily', 'monthly')),
    period_start  timestamptz NOT NULL,
    period_end    timestamptz NOT NULL,
    current_count bigint NOT NULL CHECK (current_count > 0),
    PRIMARY KEY (tenant_id, resource_type, limit_period, period_start)
);
CREATE INDEX api_rate_limits_period_end ON api_rate_limits (period_end);

ALTER TABLE api_rate_limits ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON api_rate_limits TO followup_webhook, followup_worker
    USING (tenant_id = current_setting('app.tenant_id')::uuid);
-- The operator sweeps what is long over, some rows at a time.
CREATE POLICY sweep ON api_rate_limits TO followup_operator USING (period_end < now() - interval '2 months');

GRANT SELECT, INSERT, UPDATE (current_count) ON api_rate_limits TO followup_worker;
GRANT SELECT (ctid, period_end), DELETE ON api_rate_limits TO followup_operator;

-- The worker charges each request once, by a key beside those of deliveries, under the lock of the tenant's row: to lock it takes
-- the right to update a column, and it is given the one that says least.
GRANT SELECT (tenant_id, held, draining, trial_ends_at, quotas), UPDATE (virtual_next) ON tenant_runtime TO followup_worker;
GRANT SELECT (tenant_id, delivery_key), INSERT (tenant_id, delivery_key, expires_at) ON deliveries TO followup_worker;

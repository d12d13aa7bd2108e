-- +goose Up
-- What tenants use, for their objects' status. The operator is told numbers, and reads no user.

-- What the function below may see.
CREATE POLICY usage ON users FOR SELECT TO followup_owner USING (true);
CREATE POLICY usage ON api_rate_limits FOR SELECT TO followup_owner USING (true);

-- How many users each live tenant of a cluster has had, when one was active last, and what was used in the present day and month
-- (UTC), keyed as tenant_runtime.quotas is.
-- +goose StatementBegin
CREATE FUNCTION tenant_usage(cluster text) RETURNS TABLE (tenant_id uuid, users integer, last_active_at timestamptz, used jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET row_security = on
BEGIN ATOMIC
    SELECT t.id, coalesce(people.count, 0)::integer, people.last_active_at, charged.used
    FROM followup.tenants t
    LEFT JOIN (
        SELECT u.tenant_id, count(*) AS count, max(u.last_active_at) AS last_active_at FROM followup.users u GROUP BY u.tenant_id
    ) people ON people.tenant_id = t.id
    LEFT JOIN (
        SELECT l.tenant_id, jsonb_object_agg(l.resource_type || '/' || l.limit_period, l.current_count) AS used
        FROM followup.api_rate_limits l
        WHERE l.period_end > now() AND l.limit_period IN ('daily', 'monthly')
        GROUP BY l.tenant_id
    ) charged ON charged.tenant_id = t.id
    WHERE t.owner_cluster = cluster AND t.deleted_at IS NULL;
END;
-- +goose StatementEnd

REVOKE ALL ON FUNCTION tenant_usage(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tenant_usage(text) TO followup_operator;

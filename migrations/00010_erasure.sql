-- +goose Up
-- What is left of a tenant that is erased: that it was, when, and how many rows of what. Nothing here is of a person. It is
-- begun with the first rows that go, and finished, with its digest, when the tenant goes. No foreign key: it outlives the tenant.

CREATE TABLE tenant_tombstones (
    tenant_id    uuid PRIMARY KEY,
    slack_app_id text NOT NULL,
    began_at     timestamptz NOT NULL,
    erased_at    timestamptz, -- none: it is being erased, or that was given up
    counts       jsonb NOT NULL DEFAULT '{}', -- by table; of audit_logs those whose actor was emptied
    digest       text NOT NULL DEFAULT '', -- of all that stands before, when it was finished
    CONSTRAINT digest_when_erased CHECK ((digest = '') = (erased_at IS NULL))
);

ALTER TABLE tenant_tombstones ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY operator ON tenant_tombstones FOR SELECT TO followup_operator USING (true);
CREATE POLICY auditor ON tenant_tombstones FOR SELECT TO followup_auditor USING (true);
GRANT SELECT ON tenant_tombstones TO followup_operator, followup_auditor;

-- The functions below work as the owner, who is bound too: they reach the rows of tenants that are being erased. The operator
-- alone says which, and a tombstone that is finished is out of their reach with its tenant. A table that a later migration adds
-- needs this policy as well.
CREATE INDEX tenants_erasing ON tenants (id) WHERE erasing_at IS NOT NULL;
CREATE POLICY erasure ON tenants TO followup_owner USING (erasing_at IS NOT NULL);
-- +goose StatementBegin
DO $policies$
DECLARE
    relation regclass;
BEGIN
    FOR relation IN
        SELECT c.oid FROM pg_class c
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
        WHERE c.relnamespace = 'followup'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    LOOP
        EXECUTE format('CREATE POLICY erasure ON %s TO followup_owner'
            ' USING (tenant_id IN (SELECT id FROM followup.tenants WHERE erasing_at IS NOT NULL))', relation);
    END LOOP;
END
$policies$;
-- +goose StatementEnd

-- Erases at most so many rows of a tenant that is being erased, and says of what (step), how many these were, and how many in
-- all. Jobs go first; one that began less than spare ago is waited for ('running jobs', of which none was erased). Then
-- the tables go, those that refer to others before these; then the actors of the audit log. What the operator still needs, the rows of
-- tenants and tenant_runtime, is left. The step '' says that there is nothing else; no row, that the tenant is not being erased.
-- +goose StatementBegin
CREATE FUNCTION erase_some(tenant uuid, most integer, spare interval) RETURNS TABLE (step text, erased bigint, total bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET row_security = on
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM followup.tenants WHERE id = tenant AND erasing_at IS NOT NULL) THEN
        RETURN;
    END IF;
    step := 'river_job';
    DELETE FROM river.river_job WHERE ctid = ANY (ARRAY (
        SELECT ctid FROM river.river_job
        WHERE args ->> 'tenant_id' = tenant::text AND (state <> 'running' OR attempted_at <= now() - spare) LIMIT most));
    GET DIAGNOSTICS erased = ROW_COUNT;
    IF erased = 0 AND EXISTS (SELECT FROM river.river_job WHERE args ->> 'tenant_id' = tenant::text) THEN
        step := 'running jobs';
    ELSIF erased = 0 THEN
        FOR step IN
            WITH RECURSIVE referring AS (
                SELECT c.oid, 0 AS depth FROM pg_class c
                JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
                WHERE c.relnamespace = 'followup'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
                  AND c.relname NOT IN ('tenant_runtime', 'tenant_tombstones', 'audit_logs')
                UNION
                SELECT k.conrelid, r.depth + 1 FROM referring r
                JOIN pg_constraint k ON k.contype = 'f' AND k.confrelid = r.oid AND k.conrelid <> k.confrelid
            )
            SELECT c.relname FROM referring r JOIN pg_class c ON c.oid = r.oid GROUP BY c.relname ORDER BY max(r.depth) DESC, c.relname
        LOOP
            EXECUTE format('DELETE FROM followup.%1$I WHERE ctid = ANY (ARRAY ('
                'SELECT ctid FROM followup.%1$I WHERE tenant_id = $1 LIMIT $2))', step) USING tenant, most;
            GET DIAGNOSTICS erased = ROW_COUNT;
            EXIT WHEN erased > 0;
        END LOOP;
        IF erased = 0 THEN
            step := 'audit_logs'; -- by its key: a ctid is one of each partition
            UPDATE followup.audit_logs SET actor_slack_id = '' WHERE (tenant_id, created_at, id) IN (
                SELECT l.tenant_id, l.created_at, l.id FROM followup.audit_logs l WHERE l.tenant_id = tenant AND l.actor_slack_id <> '' LIMIT most);
            GET DIAGNOSTICS erased = ROW_COUNT;
        END IF;
        IF erased = 0 THEN
            step := '';
        END IF;
    END IF;

    INSERT INTO followup.tenant_tombstones AS stone (tenant_id, slack_app_id, began_at, counts)
    SELECT t.id, t.slack_app_id, t.erasing_at, CASE WHEN erased = 0 THEN '{}' ELSE jsonb_build_object(step, erased) END
    FROM followup.tenants t WHERE t.id = tenant AND t.erasing_at IS NOT NULL
    ON CONFLICT (tenant_id) DO UPDATE
    SET counts = CASE WHEN erased = 0 THEN stone.counts
                 ELSE stone.counts || jsonb_build_object(step, coalesce((stone.counts ->> step)::bigint, 0) + erased) END
    RETURNING (SELECT coalesce(sum(n::bigint), 0) FROM jsonb_each_text(counts) AS c (k, n)) INTO total;
    RETURN NEXT;
END
$$;
-- +goose StatementEnd

-- Ends an erasure: what came since erase_some had nothing left goes, and nothing more can come, because whoever writes for the
-- tenant has to lock one of these two rows, or write to a row that refers to them.
-- +goose StatementBegin
CREATE FUNCTION finish_erasure(tenant uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET row_security = on
AS $$
BEGIN
    PERFORM FROM followup.tenants WHERE id = tenant AND erasing_at IS NOT NULL FOR UPDATE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    PERFORM FROM followup.tenant_runtime WHERE tenant_id = tenant FOR UPDATE;
    WHILE (SELECT s.step <> '' FROM followup.erase_some(tenant, 5000, '0') s) LOOP
    END LOOP;
    UPDATE followup.tenant_tombstones
    SET erased_at = now(),
        digest = encode(sha256(convert_to(concat_ws('|', tenant_id, slack_app_id, extract(epoch FROM began_at), extract(epoch FROM now()), counts), 'UTF8')), 'hex')
    WHERE tenant_id = tenant;
    DELETE FROM followup.tenant_runtime WHERE tenant_id = tenant;
    DELETE FROM followup.tenants WHERE id = tenant;
END
$$;
-- +goose StatementEnd

REVOKE ALL ON FUNCTION erase_some(uuid, integer, interval), finish_erasure(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION erase_some(uuid, integer, interval), finish_erasure(uuid) TO followup_operator;

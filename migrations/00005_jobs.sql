-- +goose Up
-- River's tables, made by River's own migrations before this one. The webhook may only insert jobs of the tenant it works
-- for; River's insert is an upsert, which is why it needs SELECT, and UPDATE of kind. The worker runs River's client.

REVOKE ALL ON ALL TABLES IN SCHEMA river FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA river FROM PUBLIC;
GRANT USAGE ON SCHEMA river TO followup_operator, followup_webhook, followup_worker;
GRANT SELECT ON river.river_migration TO followup_operator, followup_webhook, followup_worker;

ALTER TABLE river.river_job ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON river.river_job TO followup_webhook
    USING (args ->> 'tenant_id' = (current_setting('app.tenant_id')::uuid)::text);
CREATE POLICY worker ON river.river_job TO followup_worker USING (true);
-- River's later migrations may have to rewrite rows, and run as the owner.
CREATE POLICY migration ON river.river_job TO followup_owner USING (true);

GRANT SELECT, INSERT, UPDATE (kind) ON river.river_job TO followup_webhook;
GRANT USAGE ON SEQUENCE river.river_job_id_seq TO followup_webhook, followup_worker;
GRANT EXECUTE ON FUNCTION river.river_job_state_in_bitmask(bit, river.river_job_state) TO followup_webhook, followup_worker;

GRANT SELECT, INSERT, UPDATE, DELETE ON river.river_job, river.river_queue, river.river_leader, river.river_notification
    TO followup_worker;
GRANT USAGE ON SEQUENCE river.river_notification_id_seq TO followup_worker;

-- These two serve searches in arguments and metadata, which neither River's own statements nor ours make. Each insert would pay
-- for both, more than for all else that it writes, and they bloat, while our workers may not reindex.
DROP INDEX river.river_job_args_index, river.river_job_metadata_index;

-- What admits a request decides about its job in the same transaction, before River inserts it, and says so in app.admission:
-- 'refused', or the job's place in the line, which River's workers take in the order of scheduled_at. Where nothing was
-- said, an insert is left as it is.
-- +goose StatementBegin
CREATE FUNCTION follow_admission() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('app.admission') = 'refused' THEN
        RETURN NULL;
    END IF;
    NEW.scheduled_at := current_setting('app.admission');
    RETURN NEW;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER follow_admission BEFORE INSERT ON river.river_job
    FOR EACH ROW WHEN (current_setting('app.admission', true) <> '') EXECUTE FUNCTION follow_admission();

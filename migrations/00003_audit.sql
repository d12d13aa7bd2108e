-- +goose Up
-- What was asked for, by whom, when. Append only: nobody holds UPDATE or DELETE, and the writer sets neither id nor time.
-- No foreign key: the record outlives what it tells of.

CREATE TABLE audit_logs (
    tenant_id      uuid NOT NULL,
    id             uuid NOT NULL DEFAULT gen_random_uuid(),
    created_at     timestamptz NOT NULL DEFAULT now(),
    event_type     text NOT NULL,
    event_category text NOT NULL CHECK (event_category IN ('authentication', 'data_access', 'configuration', 'integration', 'security')),
    actor_slack_id text NOT NULL,
    PRIMARY KEY (tenant_id, created_at, id)
) PARTITION BY RANGE (created_at);

ALTER TABLE audit_logs ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON audit_logs TO followup_webhook, followup_worker
    USING (tenant_id = current_setting('app.tenant_id')::uuid);
CREATE POLICY auditor ON audit_logs FOR SELECT TO followup_auditor USING (true);

GRANT INSERT (tenant_id, event_type, event_category, actor_slack_id) ON audit_logs TO followup_webhook, followup_worker;
GRANT SELECT ON audit_logs TO followup_auditor;

-- This month and the next three (UTC). A partition is bound by the same policy before it is attached, and attaching does
-- not stop inserts. There is no default partition: it would have to be emptied before the month's own could be made.
-- +goose StatementBegin
CREATE FUNCTION ensure_audit_partitions() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    month     date;
    partition text;
BEGIN
    LOCK TABLE followup.audit_logs IN SHARE UPDATE EXCLUSIVE MODE; -- one caller at a time; writers go on
    FOR ahead IN 0..3 LOOP
        month := date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => ahead);
        partition := format('audit_logs_%s', to_char(month, 'YYYY_MM'));
        CONTINUE WHEN to_regclass('followup.' || partition) IS NOT NULL;

        EXECUTE format('CREATE TABLE followup.%I (LIKE followup.audit_logs INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', partition);
        EXECUTE format('ALTER TABLE followup.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', partition);
        EXECUTE format('CREATE POLICY tenant_isolation ON followup.%I TO followup_webhook, followup_worker'
            ' USING (tenant_id = current_setting(''app.tenant_id'')::uuid)', partition);
        EXECUTE format('ALTER TABLE followup.audit_logs ATTACH PARTITION followup.%I FOR VALUES FROM (%L) TO (%L)', partition,
            to_char(month, 'YYYY-MM-DD 00:00:00+00'), to_char(month + interval '1 month', 'YYYY-MM-DD 00:00:00+00'));
    END LOOP;
END
$$;
-- +goose StatementEnd

REVOKE ALL ON FUNCTION ensure_audit_partitions() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ensure_audit_partitions() TO followup_operator;

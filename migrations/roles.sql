-- Run by the admin before River's and our migrations, in one transaction. Everything is asked for first, so that a
-- second run sends no DDL. Role names are fixed: an environment has a Postgres server of its own.
DO $roles$
DECLARE
    login text;
    wrong text;
BEGIN
    IF to_regrole('followup_owner') IS NULL THEN CREATE ROLE followup_owner NOLOGIN; END IF;
    IF to_regrole('followup_auditor') IS NULL THEN CREATE ROLE followup_auditor NOLOGIN; END IF;
    IF to_regrole('followup_operator') IS NULL THEN CREATE ROLE followup_operator LOGIN; END IF;
    IF to_regrole('followup_webhook') IS NULL THEN CREATE ROLE followup_webhook LOGIN; END IF;
    IF to_regrole('followup_worker') IS NULL THEN CREATE ROLE followup_worker LOGIN; END IF;

    -- A role that someone made beforehand must not be able to step around row-level security, as itself (a role is a member
    -- of itself) or as another that it may SET ROLE to.
    SELECT string_agg(format('%s (as %s)', ours.rolname, stronger.rolname), ', ') INTO wrong
    FROM pg_roles ours
    JOIN pg_roles stronger ON pg_has_role(ours.oid, stronger.oid, 'MEMBER')
    WHERE ours.rolname IN ('followup_owner', 'followup_auditor', 'followup_operator', 'followup_webhook', 'followup_worker')
      AND (stronger.rolsuper OR stronger.rolbypassrls OR stronger.rolcreaterole OR stronger.rolreplication
           OR (stronger.oid <> ours.oid AND stronger.rolname LIKE 'followup\_%'));
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'roles that could step around row-level security: %', wrong
            USING HINT = 'ALTER ROLE ... NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOREPLICATION, or REVOKE the other role from them.';
    END IF;

    -- The admin works as the owner. USAGE, not MEMBER: from Postgres 16 on a creator is a member that may not SET ROLE.
    IF NOT pg_has_role(current_user, 'followup_owner', 'USAGE') THEN
        EXECUTE format('GRANT followup_owner TO %I', current_user);
    END IF;

    IF to_regnamespace('followup') IS NULL THEN CREATE SCHEMA followup AUTHORIZATION followup_owner; END IF;
    IF to_regnamespace('river') IS NULL THEN CREATE SCHEMA river AUTHORIZATION followup_owner; END IF;

    IF has_database_privilege('public', current_database(), 'CONNECT, TEMPORARY') THEN
        EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    END IF;
    FOREACH login IN ARRAY ARRAY['followup_operator', 'followup_webhook', 'followup_worker', 'followup_auditor'] LOOP
        IF NOT has_database_privilege(login, current_database(), 'CONNECT') THEN
            EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), login);
        END IF;
    END LOOP;
    IF to_regnamespace('public') IS NOT NULL AND has_schema_privilege('public', 'public', 'CREATE') THEN
        REVOKE CREATE ON SCHEMA public FROM PUBLIC;
    END IF;
END
$roles$;

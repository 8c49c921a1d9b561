-- The roles, where they are missing and this user may make them. They belong to the whole server: other databases may use them too.
DO $$
DECLARE
    made record;
BEGIN
    FOR made IN
        SELECT *
        FROM (
            VALUES
            ('instore_writer', 'instore: what the worker, instore layout and instore rebuild need.'),
            ('instore_analyst', 'instore: reads everything but devices.'),
            ('instore_grafana', 'instore: reads what dashboards need, no devices.')
        ) AS roles (name, comment)
        WHERE to_regrole(name) IS NULL
    LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN', made.name);
            EXECUTE format('COMMENT ON ROLE %I IS %L', made.name, made.comment);
        EXCEPTION
            -- A migration of another database of this server was faster; or whoever calls us says what to do.
            WHEN duplicate_object OR unique_violation OR insufficient_privilege THEN NULL;
        END;
    END LOOP;
END
$$;

-- Who may do what with which table or view: the one place where it is decided. Gives the statements that are missing for it to be so.
--
-- What no line names is its owner's alone, so a new table needs a line (a test asks for it); names are regular expressions, several
-- lines add up. `instore migrate` runs the statements after the migrations, each time: where a role was missing, or a dump was
-- restored without privileges, the next time sets it right. What else these roles were granted is taken away.
WITH decided (schema_name, names, writer, analyst, grafana) AS (
    VALUES
    -- What the worker writes and reads. All of these hold devices, or ids made of them.
    ('instore', 'readings|rejected_readings|payment_items', 'SELECT, INSERT', '', ''),
    ('instore', 'visits|stays|shelf_visits|signals', 'SELECT, INSERT, UPDATE, DELETE', '', ''),
    ('instore', 'payments', 'SELECT, INSERT, UPDATE', '', ''),
    ('instore', 'ingest_offsets', 'SELECT, INSERT, UPDATE', '', ''),
    ('instore', 'store_clocks|ingest_counts|rebuilds', 'SELECT, INSERT, UPDATE', 'SELECT', 'SELECT'),
    -- The plans of the stores, of which the whole ones name the devices of staff: readers get some columns, below.
    ('instore', 'stores', 'SELECT, INSERT, UPDATE', '', ''),
    ('instore', 'layouts', 'INSERT', '', ''),
    ('instore', 'zones|shelves|products|sensors', 'SELECT, INSERT, UPDATE, DELETE', 'SELECT', 'SELECT'),
    -- How long rows are kept: the owner decides, all may know.
    ('instore', 'table_settings', 'SELECT', 'SELECT', 'SELECT'),
    -- The schema itself.
    ('instore', 'schema_migrations', 'SELECT', 'SELECT', 'SELECT'),
    ('instore', 'pseudonym_key', '', '', ''),
    -- Figures without devices.
    ('instore', 'accounting_total', 'SELECT', 'SELECT', 'SELECT'),
    ('instore', 'accounting|sensor_skew', '', 'SELECT', 'SELECT'),
    -- Rollups: the worker computes hours from 5 minutes and days from hours, and keeps them.
    ('instore', '.*_(5m|hour)', 'SELECT', 'SELECT', 'SELECT'),
    ('instore', '.*_day', '', 'SELECT', 'SELECT'),
    ('instore_kept', '.*_(5m|hour|day)', 'SELECT, INSERT, DELETE', '', ''),
    ('instore_kept', 'stale', 'SELECT, INSERT, UPDATE, DELETE', '', ''),
    ('instore_kept', 'rollups', 'SELECT', '', ''),
    ('instore', 'visitor_priorities', '', '', ''),
    -- The same tables without devices.
    ('instore_analysis', '.*', '', 'SELECT', ''),
    ('instore_analysis', '(?!(readings|layouts)$).*', '', '', 'SELECT')
),

-- Columns that readers may read of tables that they may not read as a whole.
decided_columns (schema_name, name, columns, role_name) AS (
    VALUES
    ('instore', 'stores', 'store_id, name, timezone, currency, opening_hours', 'instore_analyst'),
    ('instore', 'stores', 'store_id, name, timezone, currency, opening_hours', 'instore_grafana')
),

schemas (schema_name, role_name) AS (
    VALUES
    ('instore', 'instore_writer'),
    ('instore', 'instore_analyst'),
    ('instore', 'instore_grafana'),
    ('instore_kept', 'instore_writer'),
    ('instore_analysis', 'instore_analyst'),
    ('instore_analysis', 'instore_grafana')
),

ours (role_name, role_id) AS (
    SELECT
        rolname::text,
        oid
    FROM pg_roles
    WHERE rolname IN ('instore_writer', 'instore_analyst', 'instore_grafana')
),

relations AS (
    SELECT
        thing.oid AS relation_id,
        space.nspname::text AS schema_name,
        thing.relname::text AS name,
        thing.relowner,
        coalesce(thing.relacl, acldefault('r', thing.relowner)) AS acl
    FROM pg_class AS thing
    INNER JOIN pg_namespace AS space ON space.oid = thing.relnamespace
    WHERE space.nspname IN ('instore', 'instore_kept', 'instore_analysis') AND thing.relkind IN ('r', 'v', 'm', 'p', 'f')
),

wanted AS (
    SELECT DISTINCT
        relations.schema_name,
        relations.name,
        rights.role_name,
        string_to_table(rights.privileges, ', ') AS privilege
    FROM decided
    INNER JOIN relations ON relations.schema_name = decided.schema_name AND relations.name ~ ('^(' || decided.names || ')$')
    CROSS JOIN LATERAL (
        VALUES
        ('instore_writer', decided.writer),
        ('instore_analyst', decided.analyst),
        ('instore_grafana', decided.grafana)
    ) AS rights (role_name, privileges)
    INNER JOIN ours ON ours.role_name = rights.role_name
),

granted AS (
    SELECT
        relations.schema_name,
        relations.name,
        ours.role_name,
        acl.privilege_type AS privilege
    FROM relations
    CROSS JOIN LATERAL aclexplode(relations.acl) AS acl
    INNER JOIN ours ON ours.role_id = acl.grantee
    WHERE acl.grantor = relations.relowner
),

wanted_columns AS (
    SELECT
        decided_columns.schema_name,
        decided_columns.name,
        decided_columns.role_name,
        'SELECT' AS privilege,
        string_to_table(decided_columns.columns, ', ') AS column_name
    FROM decided_columns
    INNER JOIN relations USING (schema_name, name)
    INNER JOIN ours USING (role_name)
),

granted_columns AS (
    SELECT
        relations.schema_name,
        relations.name,
        ours.role_name,
        acl.privilege_type AS privilege,
        col.attname::text AS column_name
    FROM relations
    INNER JOIN pg_attribute AS col ON col.attrelid = relations.relation_id AND NOT col.attisdropped
    CROSS JOIN LATERAL aclexplode(col.attacl) AS acl
    INNER JOIN ours ON ours.role_id = acl.grantee
    WHERE acl.grantor = relations.relowner
),

-- In this order: a right that is taken from a table is taken from its columns too.
statements (place, statement) AS (
    SELECT
        1,
        format('GRANT USAGE ON SCHEMA %I TO %I', schemas.schema_name, schemas.role_name)
    FROM schemas
    INNER JOIN ours ON ours.role_name = schemas.role_name
    INNER JOIN pg_namespace AS space ON space.nspname = schemas.schema_name
    WHERE NOT EXISTS (
        SELECT
        FROM aclexplode(space.nspacl) AS acl
        WHERE acl.grantee = ours.role_id AND acl.privilege_type = 'USAGE'
    )
    UNION ALL
    SELECT
        2,
        format('REVOKE %s ON %I.%I FROM %I', string_agg(privilege, ', ' ORDER BY privilege), schema_name, name, role_name)
    FROM (TABLE granted EXCEPT TABLE wanted) AS too_many
    GROUP BY schema_name, name, role_name
    UNION ALL
    SELECT
        3,
        format('GRANT %s ON %I.%I TO %I', string_agg(privilege, ', ' ORDER BY privilege), schema_name, name, role_name)
    FROM (TABLE wanted EXCEPT TABLE granted) AS missing
    GROUP BY schema_name, name, role_name
    UNION ALL
    SELECT
        4,
        format('REVOKE %s (%I) ON %I.%I FROM %I', privilege, column_name, schema_name, name, role_name)
    FROM (TABLE granted_columns EXCEPT TABLE wanted_columns) AS too_many
    UNION ALL
    SELECT
        5,
        format('GRANT %s (%I) ON %I.%I TO %I', privilege, column_name, schema_name, name, role_name)
    FROM (TABLE wanted_columns EXCEPT TABLE granted_columns) AS missing
    UNION ALL
    -- It deletes with its owner's rights what is older than it is kept; for nobody else but the worker.
    SELECT
        6,
        'GRANT EXECUTE ON FUNCTION instore.retain(integer) TO instore_writer'
    FROM ours
    WHERE
        ours.role_name = 'instore_writer'
        AND NOT has_function_privilege(ours.role_id, to_regprocedure('instore.retain(integer)'), 'EXECUTE')
)

SELECT statement
FROM statements
ORDER BY place, statement;

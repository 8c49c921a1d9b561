-- Who holds the advisory lock of migrations: a lock of one bigint is shown as its two halves.
WITH wanted (key) AS (SELECT hashtextextended('instore.schema_migrations', 0))

SELECT
    session.pid,
    session.usename,
    session.application_name
FROM wanted
INNER JOIN pg_locks AS held
    ON
        held.locktype = 'advisory'
        AND held.objsubid = 1
        AND held.granted
        AND (held.classid::bigint << 32 | held.objid::bigint) = wanted.key
INNER JOIN pg_stat_activity AS session ON session.pid = held.pid AND session.datname = current_database();

-- Storage that lasts: how long each table is kept, and, on TimescaleDB, when it is compressed and how.
--
-- How it is compressed was chosen by measurement, on a week of the simulated grocery as a live store would send it (docs/operations.md has
-- the figures). All is cut by store, so that a late reading of one store takes apart nothing of another, and in order of time; readings by
-- sensor first, as what a sensor says is much the same each time. The columns of the order are also what a batch of a thousand rows is
-- found by: `received_at` for figures of traffic, `left_at` and `updated_at` for what a worker asks when it takes up a store. Where
-- TimescaleDB knows Bloom filters (2.22), they find devices and visits.

-- keys --

-- What is unique names its store too, which changes nothing about what is unique: a row that comes late is then looked for among the
-- compressed rows of its own store.
ALTER TABLE instore.visits DROP CONSTRAINT visits_pkey, ADD CONSTRAINT visits_pkey PRIMARY KEY (visit_id, entered_at, store_id);
ALTER TABLE instore.stays DROP CONSTRAINT stays_pkey, ADD CONSTRAINT stays_pkey PRIMARY KEY (visit_id, seq, started_at, store_id);
ALTER TABLE instore.shelf_visits
DROP CONSTRAINT shelf_visits_pkey, ADD CONSTRAINT shelf_visits_pkey PRIMARY KEY (visit_id, ts, reading_id, store_id);
ALTER TABLE instore.signals DROP CONSTRAINT signals_pkey, ADD CONSTRAINT signals_pkey PRIMARY KEY (signal_id, at, store_id);

-- table: table_settings --

CREATE TABLE instore.table_settings (
    table_name text PRIMARY KEY,
    time_column text NOT NULL,
    chunk_interval interval NOT NULL CHECK (chunk_interval BETWEEN interval '1 hour' AND interval '1 year'),
    compress_after interval CHECK (compress_after >= interval '1 day'),
    keep interval CHECK (keep >= interval '7 days'),
    kept_since timestamptz,
    announced_at timestamptz
);

COMMENT ON TABLE instore.table_settings IS 'How long each table with a time is kept, and on TimescaleDB how it is cut and compressed. Written by instore storage.';
COMMENT ON COLUMN instore.table_settings.table_name IS 'The table.';
COMMENT ON COLUMN instore.table_settings.time_column IS 'The column by which it is cut, and by which its rows are old.';
COMMENT ON COLUMN instore.table_settings.chunk_interval IS 'TimescaleDB: the time that a new chunk spans.';
COMMENT ON COLUMN instore.table_settings.compress_after IS 'TimescaleDB: a chunk is compressed when all of it is older than this; null: never.';
COMMENT ON COLUMN instore.table_settings.keep IS 'Rows older than this may be deleted; null: all are kept for ever.';
COMMENT ON COLUMN instore.table_settings.kept_since IS 'Rows since then are all there, older ones may be gone. Null while nothing was deleted.';
COMMENT ON COLUMN instore.table_settings.announced_at IS 'When kept_since was moved last: rows are deleted some minutes later, when every worker knows of it.';

-- A chunk that is written to, with its indexes, should fit into a quarter of the server's memory. A store of 300,000 readings a day takes
-- 90 MB of readings a day: a day is right for a chain of up to a hundred stores on 32 GB, twelve hours for more. All else of that store
-- together takes 15 MB a day, so weeks; shorter chunks would only make queries over months open more of them.
-- Compressed is what late readings seldom reach: on an ordinary day a sensor is late by minutes, after an outage by a day or two.
INSERT INTO instore.table_settings (table_name, time_column, chunk_interval, compress_after) VALUES
('readings', 'ts', '1 day', '3 days'),
('rejected_readings', 'received_at', '7 days', '7 days'),
('visits', 'entered_at', '7 days', '7 days'),
('stays', 'started_at', '7 days', '7 days'),
('shelf_visits', 'ts', '7 days', '7 days'),
('payments', 'ts', '7 days', '7 days'),
('payment_items', 'ts', '7 days', '7 days'),
('signals', 'at', '7 days', '7 days');

-- function: timescale_schema --

CREATE FUNCTION instore.timescale_schema() RETURNS text
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    is_cut boolean := false;
BEGIN
    IF to_regclass('timescaledb_information.hypertables') IS NOT NULL THEN
        EXECUTE
            'SELECT EXISTS ('
            'SELECT FROM timescaledb_information.hypertables WHERE hypertable_schema = ''instore'' AND hypertable_name = ''readings'')'
            INTO is_cut;
    END IF;
    RETURN (
        SELECT n.nspname
        FROM pg_extension AS e
        INNER JOIN pg_namespace AS n ON n.oid = e.extnamespace
        WHERE e.extname = 'timescaledb' AND is_cut
    );
END
$$;

COMMENT ON FUNCTION instore.timescale_schema IS 'Where TimescaleDB''s functions are, if our tables are hypertables; null where they are plain.';

-- compression --

DO $$
DECLARE
    home text := instore.timescale_schema();
    version int[];
    way record;
    options text;
BEGIN
    IF home IS NULL OR current_setting('timescaledb.license', true) IS DISTINCT FROM 'timescale' THEN
        RETURN;  -- plain, or TimescaleDB without the part that compresses
    END IF;
    SELECT string_to_array(substring(extversion FROM '^\d+\.\d+'), '.') INTO version FROM pg_extension WHERE extname = 'timescaledb';
    options := CASE
        WHEN version >= '{2,22}' THEN 'timescaledb.enable_columnstore, timescaledb.segmentby = %L, timescaledb.orderby = %L, timescaledb.sparse_index = %L'
        WHEN version >= '{2,18}' THEN 'timescaledb.enable_columnstore, timescaledb.segmentby = %L, timescaledb.orderby = %L'
        ELSE 'timescaledb.compress, timescaledb.compress_segmentby = %L, timescaledb.compress_orderby = %L'
    END;
    FOR way IN
        SELECT *
        FROM (
            VALUES
            ('readings', 'store_id', 'sensor_id, received_at, ts', 'bloom(device_id), minmax(kind)'),
            ('rejected_readings', 'store_id', 'received_at', 'minmax(reason)'),
            ('visits', 'store_id, is_final', 'entered_at, left_at, updated_at', 'bloom(visit_id), bloom(device_id)'),
            ('stays', 'store_id', 'started_at, ended_at', 'bloom(visit_id)'),
            ('shelf_visits', 'store_id', 'ts', 'bloom(visit_id)'),
            ('payments', 'store_id', 'ts', 'bloom(visit_id)'),
            ('payment_items', 'store_id', 'ts', 'bloom(reading_id)'),
            ('signals', 'store_id', 'at, updated_at', 'bloom(signal_id), bloom(visit_id)')
        ) AS ways (table_name, segments, ordering, indexes)
    LOOP
        EXECUTE format('ALTER TABLE instore.%I SET (' || options || ')', way.table_name, way.segments, way.ordering, way.indexes);
    END LOOP;
END
$$;

-- function: apply_table_settings --

CREATE FUNCTION instore.apply_table_settings() RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    home text := instore.timescale_schema();
    one record;
    has_new_names boolean;
    has_job boolean;
BEGIN
    SELECT result.table_name INTO one
    FROM instore.table_settings AS result, instore.table_settings AS reading
    WHERE
        reading.table_name = 'readings'
        AND result.table_name NOT IN ('readings', 'rejected_readings')
        AND result.keep IS NOT NULL
        AND coalesce(reading.keep > result.keep, true)
    ORDER BY 1;
    IF FOUND THEN
        RAISE EXCEPTION 'readings would be kept longer than %, which are told from them: keep readings as long or shorter', one.table_name
        USING ERRCODE = 'check_violation';
    END IF;
    IF home IS NULL THEN
        RETURN;
    END IF;

    -- The names since 2.18, and those before.
    has_new_names := EXISTS (SELECT FROM pg_proc WHERE pronamespace = home::regnamespace AND proname = 'add_columnstore_policy');
    FOR one IN SELECT * FROM instore.table_settings ORDER BY table_name LOOP
        EXECUTE format('SELECT %I.set_chunk_time_interval(%L::regclass, $1)', home, 'instore.' || one.table_name) USING one.chunk_interval;
        CONTINUE WHEN current_setting('timescaledb.license', true) IS DISTINCT FROM 'timescale';
        EXECUTE format(
            CASE WHEN has_new_names THEN 'CALL %I.remove_columnstore_policy(%L::regclass, if_exists => true)'
            ELSE 'SELECT %I.remove_compression_policy(%L::regclass, if_exists => true)' END,
            home, 'instore.' || one.table_name
        );
        IF one.compress_after IS NOT NULL THEN
            EXECUTE format(
                CASE WHEN has_new_names THEN 'CALL %I.add_columnstore_policy(%L::regclass, after => %L::interval)'
                ELSE 'SELECT %I.add_compression_policy(%L::regclass, compress_after => %L::interval)' END,
                home, 'instore.' || one.table_name, one.compress_after
            );
        END IF;
    END LOOP;

    EXECUTE 'SELECT EXISTS (SELECT FROM timescaledb_information.jobs WHERE proc_schema = ''instore'' AND proc_name = ''retain_all'')' INTO has_job;
    IF NOT has_job AND current_setting('timescaledb.license', true) = 'timescale' THEN
        EXECUTE format('SELECT %I.add_job(%L::regproc, interval ''10 minutes'')', home, 'instore.retain_all');
    END IF;
END
$$;

COMMENT ON FUNCTION instore.apply_table_settings IS 'Have TimescaleDB cut and compress as table_settings says. To be called after a change of it, by the owner of the tables.';

-- function: retain --

CREATE FUNCTION instore.delete_before(one instore.table_settings, until timestamptz, at_most integer) RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
    home text := instore.timescale_schema();
    done bigint;
BEGIN
    IF home IS NOT NULL THEN
        EXECUTE
            'SELECT max(range_end) FROM (SELECT range_end FROM timescaledb_information.chunks'
            ' WHERE hypertable_schema = ''instore'' AND hypertable_name = $1 AND range_end <= $2 ORDER BY range_end LIMIT 20) AS oldest'
            INTO until USING one.table_name, until;
        IF until IS NULL THEN
            RETURN 0;
        END IF;
        EXECUTE format('SELECT count(*) FROM %I.drop_chunks(%L::regclass, older_than => $1)', home, 'instore.' || one.table_name)
            INTO done USING until;
        RETURN done;
    END IF;
    -- Store by store, as the indexes are; of a rejected reading nobody may know the store.
    EXECUTE format(
        CASE one.table_name
            WHEN 'rejected_readings' THEN
                'WITH old AS (SELECT ctid AS place FROM instore.%1$I WHERE %2$I < $1 LIMIT $2)'
                ' DELETE FROM instore.%1$I WHERE ctid = ANY (ARRAY(SELECT place FROM old))'
            ELSE
                'WITH old AS (SELECT part.place FROM instore.stores AS store CROSS JOIN LATERAL ('
                'SELECT ctid AS place FROM instore.%1$I AS row WHERE row.store_id = store.store_id AND row.%2$I < $1 LIMIT $2) AS part LIMIT $2)'
                ' DELETE FROM instore.%1$I WHERE ctid = ANY (ARRAY(SELECT place FROM old))'
        END,
        one.table_name, one.time_column
    ) USING until, at_most;
    GET DIAGNOSTICS done = ROW_COUNT;
    RETURN done;
END
$$;

COMMENT ON FUNCTION instore.delete_before IS 'Delete up to so many rows of a table that are older than a time; on TimescaleDB drop up to 20 chunks of such rows only.';

CREATE FUNCTION instore.retain_after(patience interval, at_most integer) RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
    -- What is kept since a moment can be told and counted from what lies before it too: readings of a visit that began then, a visit that ended since.
    margin constant interval := greatest(interval '2 days', (SELECT max(longest_visit) + interval '1 day' FROM instore.stores));
    first_open constant timestamptz := (SELECT min(entered_at) FROM instore.visits WHERE NOT is_final);
    one instore.table_settings;
    done bigint := 0;
BEGIN
    -- Figures that wait to be computed from rows: wait for them, unless they cannot be (keep_or_postpone). One call at a time is enough.
    IF
        EXISTS (SELECT FROM instore_kept.stale WHERE bucket < now() - interval '2 days' AND marked_at <= now())
        OR NOT pg_try_advisory_xact_lock(hashtextextended('instore.retain', 0))
    THEN
        RETURN 0;
    END IF;

    FOR one IN SELECT * FROM instore.table_settings WHERE announced_at <= now() - patience ORDER BY table_name LOOP
        done := done + instore.delete_before(one, least(one.kept_since, first_open) - margin, at_most);
    END LOOP;

    IF done = 0 THEN
        UPDATE instore.table_settings AS setting
        SET kept_since = wanted.since, announced_at = now()
        FROM (
            SELECT
                table_name,
                CASE WHEN table_name = 'rejected_readings' THEN now() - keep ELSE least(now() - keep, first_open - margin) END AS since
            FROM instore.table_settings
            WHERE keep IS NOT NULL
        ) AS wanted
        WHERE
            setting.table_name = wanted.table_name
            AND wanted.since > coalesce(setting.kept_since, '-infinity')
            AND coalesce(setting.announced_at, '-infinity') <= now() - patience;
    END IF;
    RETURN done;
END
$$;

COMMENT ON FUNCTION instore.retain_after IS 'Delete up to so many rows of each table (TimescaleDB: 20 chunks) that are older than it is kept, and returns how many. Moves kept_since first, and deletes when it was moved so long ago (patience). Call it again until it returns 0.';

-- With the rights of the tables' owner: the worker may not delete readings, and anybody may have deleted what is to be deleted.
CREATE FUNCTION instore.retain(at_most integer DEFAULT 10000) RETURNS bigint
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
RETURN instore.retain_after(interval '10 minutes', at_most);

COMMENT ON FUNCTION instore.retain IS 'The same, ten minutes after kept_since was moved: by then every worker knows of it.';

CREATE PROCEDURE instore.retain_all(job_id integer DEFAULT NULL, config jsonb DEFAULT NULL)
LANGUAGE plpgsql
AS $$
BEGIN
    WHILE instore.retain() > 0 LOOP
        COMMIT;
    END LOOP;
END
$$;

COMMENT ON PROCEDURE instore.retain_all IS 'Call retain until nothing is left to delete, a transaction each. TimescaleDB does so every 10 minutes; on plain PostgreSQL the worker calls retain.';

SELECT instore.apply_table_settings();

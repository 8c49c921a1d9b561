-- Where a benchmark keeps the days that it copies from, and what it has filled the database with.

CREATE SCHEMA instore_bench;

COMMENT ON SCHEMA instore_bench IS 'Made by `instore bench`: what its database was filled with. DROP it with everything in instore to begin anew.';

CREATE TABLE instore_bench.filled (
    wanted jsonb NOT NULL,
    newest timestamptz NOT NULL,
    days integer NOT NULL,
    seconds double precision NOT NULL
);

-- Every table that has days, and what the rollups keep of them: its time, and in which order its rows arrive.
CREATE TABLE instore_bench.parts (
    schema text NOT NULL,
    part text PRIMARY KEY,
    at_column text NOT NULL,
    arrival text NOT NULL
);

INSERT INTO instore_bench.parts (schema, part, at_column, arrival)
VALUES
('instore', 'ingest_counts', 'hour', 'hour'),
('instore', 'readings', 'ts', 'received_at'),
('instore', 'rejected_readings', 'received_at', 'received_at'),
('instore', 'visits', 'entered_at', 'left_at'),
('instore', 'stays', 'started_at', 'ended_at'),
('instore', 'shelf_visits', 'ts', 'ts'),
('instore', 'payments', 'ts', 'received_at'),
('instore', 'payment_items', 'ts', 'ts'),
('instore', 'signals', 'at', 'at');

INSERT INTO instore_bench.parts (schema, part, at_column, arrival)
SELECT 'instore_kept', concat(name, '_', level), 'bucket', 'bucket'
FROM instore_kept.rollups
CROSS JOIN unnest(ARRAY['5m', 'hour', 'day']) AS level;

DO $$
DECLARE
    one record;
BEGIN
    FOR one IN SELECT * FROM instore_bench.parts LOOP
        EXECUTE format('CREATE UNLOGGED TABLE instore_bench.%I (LIKE %I.%1$I)', one.part, one.schema);
    END LOOP;
END
$$;

-- Who carries it on another day: a tag another of its holders, a passer-by a phone that is never met again. Bands and badges stay.
CREATE FUNCTION instore_bench.other_device(device_id text, tag text, number integer) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN device_id LIKE 'tag-%' THEN 'tag-' || lpad(((substr(device_id, 5)::integer + number * 37) % 3000)::text, 5, '0')
    WHEN device_id LIKE '%:%' THEN substr(regexp_replace(md5(device_id || tag), '(..)', '\1:', 'g'), 1, 17)
    ELSE device_id
END;

-- One day of some stores becomes another day of others. Times move, ids become others of the same length, all else stays. Rows come in
-- the order in which they would have arrived, all stores together, so that they lie in the table as real ones do.
CREATE FUNCTION instore_bench.copy_day(
    part text,
    since timestamptz,
    until timestamptz,
    shift interval,
    sources text[],
    targets text[],
    old_tags text[],
    new_tags text[],
    number integer
) RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
    shape instore_bench.parts;
    names text;
    expressions text;
    copied bigint;
BEGIN
    SELECT parts.* INTO shape FROM instore_bench.parts AS parts WHERE parts.part = copy_day.part;
    SELECT
        string_agg(format('%I', column_name), ', ' ORDER BY ordinal_position),
        string_agg(
            CASE
                WHEN column_name = 'store_id' THEN 'store.target'
                WHEN column_name IN ('id', 'reading_id') THEN format('replace(old.%I, store.old_tag, store.new_tag)', column_name)
                WHEN column_name = 'device_id' THEN 'instore_bench.other_device(old.device_id, store.new_tag, $8)'
                WHEN column_name IN ('visit_id', 'signal_id')
                    THEN format('md5(old.%I::text || store.target || store.new_tag)::uuid', column_name)
                -- A worker writes four times a second, and all that it writes at once has one time.
                WHEN column_name = 'stored_at'
                    THEN 'date_bin(interval ''250 ms'', old.received_at + $1, timestamptz ''2000-01-01 00:00:00+00'') + interval ''263 ms'''
                WHEN column_name = 'updated_at' AND shape.part = 'visits' THEN 'old.left_at + $1 + interval ''181 s'''
                WHEN column_name = 'updated_at' THEN format('old.%I + $1 + interval ''263 ms''', shape.at_column)
                WHEN data_type = 'timestamp with time zone' THEN format('old.%I + $1', column_name)
                ELSE format('old.%I', column_name)
            END,
            ', ' ORDER BY ordinal_position
        )
    INTO names, expressions
    FROM information_schema.columns
    WHERE table_schema = shape.schema AND table_name = shape.part;

    EXECUTE format(
        'INSERT INTO %I.%I (%s) SELECT %s FROM instore_bench.%I AS old'
        ' INNER JOIN unnest($4, $5, $6, $7) AS store (source, target, old_tag, new_tag) ON store.source = old.store_id'
        ' WHERE old.%I >= $2 AND old.%I < $3 ORDER BY old.%I',
        shape.schema, shape.part, names, expressions, shape.part, shape.at_column, shape.at_column, shape.arrival
    )
    USING shift, since, until, sources, targets, old_tags, new_tags, number;
    GET DIAGNOSTICS copied = ROW_COUNT;
    RETURN copied;
END
$$;

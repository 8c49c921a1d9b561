-- Rollups: figures by 5 minutes, local hour and local day, which are true at every moment, also when data comes late.
--
-- How: whoever changes a row that a figure is made of, leaves a mark on the 5 minutes, the hour and the day of that store in the same
-- transaction (`instore_kept.mark`). A rollup's view takes what was computed before from its table in `instore_kept`, where nothing is
-- marked, and computes what is marked from the rows themselves. `instore.refresh`, which the worker calls now and then, computes and keeps
-- what is marked and takes the marks away. So a rollup equals the plain GROUP BY at every commit; how far the refresh has come is a
-- matter of speed only; and what a late reading or a rebuild touched, and nothing else, is computed anew.
--
-- Why not TimescaleDB's continuous aggregates: what arrives behind their watermark does not show until a refresh; they know stretches of
-- time, not stores, so that a late reading of one store computes a stretch of all stores anew; their buckets are in one time zone; and
-- plain PostgreSQL has none. docs/rollups.md has the measurements.

-- What is in this schema can be computed anew from `instore`, and views of `instore` are the way to read it.
DROP SCHEMA IF EXISTS instore_kept CASCADE;
CREATE SCHEMA instore_kept;

COMMENT ON SCHEMA instore_kept IS 'What the rollups of instore keep: read the views of the same names in instore.';

-- table: stale --

CREATE TABLE instore_kept.stale (
    source text NOT NULL,
    per text NOT NULL,
    store_id text NOT NULL,
    bucket timestamptz NOT NULL,
    marked_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (source, per, store_id, bucket)
);

COMMENT ON TABLE instore_kept.stale IS 'The marks: stretches of a store''s time whose kept figures no longer count, because rows changed.';
COMMENT ON COLUMN instore_kept.stale.source IS 'What changed: visits, payments, signals or readings.';
COMMENT ON COLUMN instore_kept.stale.per IS '5m, hour or day.';
COMMENT ON COLUMN instore_kept.stale.store_id IS 'The store; empty for rejected readings that named none.';
COMMENT ON COLUMN instore_kept.stale.bucket IS 'Where the stretch begins.';
COMMENT ON COLUMN instore_kept.stale.marked_at IS 'Since when.';

-- table: rollups --

CREATE TABLE instore_kept.rollups (
    name text PRIMARY KEY,
    source text NOT NULL,
    told_5m text NOT NULL,
    told_hour text NOT NULL,
    told_day text NOT NULL
);

COMMENT ON TABLE instore_kept.rollups IS 'The rollups: a row is three tables here and the three views of their names in instore.';
COMMENT ON COLUMN instore_kept.rollups.name IS 'Its name, before _5m, _hour and _day.';
COMMENT ON COLUMN instore_kept.rollups.source IS 'Which marks count for it.';
COMMENT ON COLUMN instore_kept.rollups.told_5m IS 'The query that computes the 5 minutes of `mark` from the rows.';
COMMENT ON COLUMN instore_kept.rollups.told_hour IS 'The query that computes the hour of `mark` from 5 minutes.';
COMMENT ON COLUMN instore_kept.rollups.told_day IS 'The query that computes the day of `mark` from hours.';

-- function: where a time falls --

CREATE FUNCTION instore_kept.bucket_5m(at timestamptz) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN date_bin(interval '5 minutes', at, timestamptz '1970-01-01 00:00:00+00');

COMMENT ON FUNCTION instore_kept.bucket_5m IS 'The beginning of the 5 minutes in which a time falls; every time zone''s hours begin with one.';

-- function: mark --

CREATE FUNCTION instore_kept.number_of(store_id text) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN hashtext(store_id) & 255;

COMMENT ON FUNCTION instore_kept.number_of IS 'By which a store is locked that has no row yet; some share one.';

-- The transaction holds on to how its stores' time is cut: by their rows, or, where a store is not known yet, by a number for its name (few,
-- so that any number of wild names fits into the table of locks). A mark that is there is locked too: if it is just being taken away,
-- the transaction waits and then leaves another. Marks are taken in the order of their key. In plpgsql each statement sees what was
-- committed before it, so that the last knows a store for which the one before had to wait.
CREATE FUNCTION instore_kept.mark(changed text, store_ids text[], times timestamptz[]) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM FROM instore.stores WHERE store_id = ANY (store_ids) ORDER BY store_id FOR KEY SHARE;
    PERFORM pg_advisory_xact_lock_shared(hashtext('instore_kept.mark'), number)
    FROM (
        SELECT DISTINCT instore_kept.number_of(wanted.store_id) AS number
        FROM unnest(store_ids) AS wanted (store_id)
        WHERE NOT EXISTS (SELECT FROM instore.stores AS store WHERE store.store_id = wanted.store_id)
        ORDER BY 1
    ) AS unknown;

    WITH touched AS MATERIALIZED (
        SELECT DISTINCT
            time.store_id,
            coalesce(store.timezone, 'UTC') AS timezone,
            instore_kept.bucket_5m(time.at) AS bucket
        FROM unnest(store_ids, times) AS time (store_id, at)
        LEFT JOIN instore.stores AS store ON store.store_id = time.store_id
        WHERE time.at IS NOT NULL
    )

    INSERT INTO instore_kept.stale AS old (source, per, store_id, bucket)
    SELECT changed, per, store_id, bucket
    FROM (
        SELECT '5m' AS per, store_id, bucket FROM touched
        UNION
        SELECT 'hour', store_id, date_trunc('hour', bucket, timezone) FROM touched
        UNION
        SELECT 'day', store_id, date_trunc('day', bucket, timezone) FROM touched
    ) AS levels
    ORDER BY per, store_id, bucket
    ON CONFLICT (source, per, store_id, bucket) DO UPDATE SET marked_at = old.marked_at WHERE false;
END
$$;

COMMENT ON FUNCTION instore_kept.mark IS 'Mark the 5 minutes, hours and days of these times of these stores, because rows of that source changed.';

-- function: histograms of durations --

CREATE FUNCTION instore.duration_edges() RETURNS double precision[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ARRAY[
    1, 2, 3, 5, 7, 10, 15, 20, 25, 30, 40, 50, 60, 75, 90, 105, 120, 150, 180, 210, 240, 300, 360, 420, 480, 540, 600, 720, 840, 960, 1080,
    1200, 1500, 1800, 2100, 2400, 2700, 3000, 3600, 4500, 5400, 7200, 9000, 10800, 14400, 21600, 28800, 43200
]::double precision[];

COMMENT ON FUNCTION instore.duration_edges IS 'The seconds at which a histogram''s bins meet: the first bin ends at the first, the last begins at the last.';

CREATE FUNCTION instore_kept.count_in(bins bigint[], seconds double precision) RETURNS bigint[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    bin constant integer := width_bucket(seconds, instore.duration_edges()) + 1;
BEGIN
    IF bin IS NOT NULL THEN
        bins[bin] := bins[bin] + 1;
    END IF;
    RETURN bins;
END
$$;

COMMENT ON FUNCTION instore_kept.count_in IS 'The histogram with one duration more; null adds nothing.';

CREATE FUNCTION instore_kept.add_bins(one bigint[], other bigint[]) RETURNS bigint[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
BEGIN
    FOR bin IN 1 .. cardinality(other) LOOP
        IF other[bin] <> 0 THEN
            one[bin] := one[bin] + other[bin];
        END IF;
    END LOOP;
    RETURN one;
END
$$;

COMMENT ON FUNCTION instore_kept.add_bins IS 'The sum of two histograms, bin by bin.';

CREATE AGGREGATE instore.histogram (double precision) (
    SFUNC = instore_kept.count_in,
    STYPE = bigint[],
    COMBINEFUNC = instore_kept.add_bins,
    INITCOND = '{0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0}',
    PARALLEL = SAFE
);

COMMENT ON AGGREGATE instore.histogram (double precision) IS 'How many durations (seconds) fall between the edges of duration_edges.';

CREATE AGGREGATE instore.sum (bigint[]) (SFUNC = instore_kept.add_bins, STYPE = bigint[], COMBINEFUNC = instore_kept.add_bins, PARALLEL = SAFE);

COMMENT ON AGGREGATE instore.sum (bigint[]) IS 'The sum of histograms, bin by bin.';

CREATE FUNCTION instore.percentile(histogram bigint[], fraction double precision) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    edges constant double precision[] := instore.duration_edges();
    wanted constant double precision := fraction * (SELECT sum(n) FROM unnest(histogram) AS n);
    before bigint := 0;
    low double precision := 0;
BEGIN
    FOR bin IN 1 .. cardinality(histogram) LOOP
        IF histogram[bin] > 0 AND wanted <= before + histogram[bin] THEN
            RETURN low + (coalesce(edges[bin], low) - low) * (wanted - before) / histogram[bin];
        END IF;
        before := before + histogram[bin];
        low := coalesce(edges[bin], low);
    END LOOP;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION instore.percentile IS 'The duration in seconds that this fraction (0.5: the median) of a histogram stays below, straight between edges; null for an empty one.';

-- function: define --

-- Columns come as {name, role, comment}. The role is `dimension`; or what the figure is, by which an hour's comes from its parts: `count`,
-- `amount`, `least`, `greatest`, `histogram`; or `= ` and an expression over the others, which only the views have.
CREATE FUNCTION instore_kept.define(name text, source text, about text, told text, columns text[]) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    of_role constant jsonb := '{"count": "sum(%1$I)::bigint", "amount": "sum(%1$I)", "least": "min(%1$I)", "greatest": "max(%1$I)", "histogram": "instore.sum(%1$I)"}';
    dimensions text := '';
    figures text := '';
    rates text := '';
    sums text := '';
    level text;
    finer text;
    texts text[] := '{}';
    kept text;
BEGIN
    FOR at IN 1 .. array_length(columns, 1) LOOP
        IF columns[at][2] = 'dimension' THEN
            dimensions := dimensions || format(', %I', columns[at][1]);
        ELSIF columns[at][2] LIKE '= %' THEN
            rates := rates || format(', %s AS %I', substr(columns[at][2], 3), columns[at][1]);
        ELSE
            figures := figures || format(', %I', columns[at][1]);
            sums := sums || format(', ' || (of_role ->> columns[at][2]) || ' AS %1$I', columns[at][1]);
        END IF;
    END LOOP;

    FOREACH level IN ARRAY ARRAY['5m', 'hour', 'day'] LOOP
        kept := name || '_' || level;
        IF level <> '5m' THEN
            told := format(
                'SELECT %s FROM instore.%I AS part WHERE part.store_id = mark.store_id AND part.bucket >= mark.bucket AND part.bucket < mark.bucket + interval %L'
                ' AND date_trunc(%L, part.bucket,'
                ' coalesce((SELECT timezone FROM instore.stores WHERE store_id = mark.store_id), ''UTC'')) = mark.bucket%s HAVING count(*) > 0',
                substr(dimensions || sums, 3), name || '_' || finer, CASE level WHEN 'hour' THEN '2 hours' ELSE '2 days' END,
                level, coalesce(' GROUP BY ' || nullif(substr(dimensions, 3), ''), '')
            );
        END IF;
        EXECUTE format(
            'CREATE TABLE instore_kept.%I AS SELECT mark.store_id, mark.bucket, told.*'
            ' FROM instore_kept.stale AS mark CROSS JOIN LATERAL (%s) AS told WITH NO DATA', kept, told
        );
        EXECUTE format('ALTER TABLE instore_kept.%I ALTER store_id SET NOT NULL, ALTER bucket SET NOT NULL', kept);
        EXECUTE format('CREATE INDEX ON instore_kept.%I (store_id, bucket)', kept);
        EXECUTE format('CREATE INDEX ON instore_kept.%I (bucket)', kept);
        EXECUTE format(
            'CREATE VIEW instore.%1$I AS SELECT store_id, bucket%2$s%3$s%4$s FROM ('
            'SELECT kept.store_id, kept.bucket%2$s%3$s FROM instore_kept.%1$I AS kept WHERE NOT EXISTS ('
            'SELECT FROM instore_kept.stale AS mark WHERE mark.source = %5$L AND mark.per = %6$L'
            ' AND mark.store_id = kept.store_id AND mark.bucket = kept.bucket)'
            ' UNION ALL SELECT mark.store_id, mark.bucket%2$s%3$s FROM instore_kept.stale AS mark CROSS JOIN LATERAL (%7$s) AS told'
            ' WHERE mark.source = %5$L AND mark.per = %6$L) AS figures',
            kept, dimensions, figures, rates, source, level, told
        );
        PERFORM instore_kept.comment(kept, about, columns);
        texts := texts || told;
        finer := level;
    END LOOP;
    INSERT INTO instore_kept.rollups VALUES (name, source, texts[1], texts[2], texts[3]);
END
$$;

COMMENT ON FUNCTION instore_kept.define IS 'Make a rollup: its tables here, its views in instore.';

-- A later migration that has a rollup count something else (its told queries are copied, so editing one place is not enough): drop what is
-- made of its views (accounting and sensor_skew: of accounting and traffic; occupancy: of footfall and zone), then `undefine`, `define`,
-- `mark_all` its source, and make again what was dropped. What is kept of rows that were deleted since is lost with it.
CREATE FUNCTION instore_kept.undefine(which text) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    level text;
BEGIN
    FOREACH level IN ARRAY ARRAY['day', 'hour', '5m'] LOOP
        EXECUTE format('DROP VIEW instore.%I', which || '_' || level);
        EXECUTE format('DROP TABLE instore_kept.%I', which || '_' || level);
    END LOOP;
    DELETE FROM instore_kept.rollups WHERE name = which;
END
$$;

COMMENT ON FUNCTION instore_kept.undefine IS 'Take a rollup away: its views, what they keep, and its queries.';

CREATE FUNCTION instore_kept.comment(kept text, about text, columns text[]) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    stretch constant text := CASE substring(kept FROM '[^_]+$') WHEN '5m' THEN '5 minutes' WHEN 'hour' THEN 'hour, in the store''s time zone' ELSE 'day, in the store''s time zone' END;
    what text[];
BEGIN
    EXECUTE format('COMMENT ON VIEW instore.%I IS %L', kept, format('%s By %s.', about, stretch));
    EXECUTE format('COMMENT ON TABLE instore_kept.%I IS %L', kept, 'What the view of this name in instore keeps.');
    columns := ARRAY[['store_id', '', 'The store.'], ['bucket', '', format('Beginning of the %s.', CASE WHEN kept LIKE '%\_5m' THEN '5 minutes, hour or day' ELSE stretch END)]] || columns;
    FOREACH what SLICE 1 IN ARRAY columns LOOP
        EXECUTE format('COMMENT ON COLUMN instore.%I.%I IS %L', kept, what[1], what[3]);
        IF what[2] NOT LIKE '= %' THEN
            EXECUTE format('COMMENT ON COLUMN instore_kept.%I.%I IS %L', kept, what[1], what[3]);
        END IF;
    END LOOP;
END
$$;

COMMENT ON FUNCTION instore_kept.comment IS 'Say what a rollup of one level and its columns are.';

-- function: refresh --

CREATE FUNCTION instore_kept.keep(source_name text, level text, store_ids text[], buckets timestamptz[]) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    first constant timestamptz := (SELECT min(bucket) FROM unnest(buckets) AS bucket);
    last constant timestamptz := (SELECT max(bucket) FROM unnest(buckets) AS bucket);
    after constant timestamptz := last + CASE level WHEN '5m' THEN interval '5 minutes' ELSE ('2 ' || level)::interval END;
    since constant timestamptz
        := first - coalesce((SELECT max(longest_visit) FROM instore.stores WHERE store_id = ANY (store_ids)), interval '0 seconds');
    finer constant text := CASE level WHEN 'hour' THEN '5m' WHEN 'day' THEN 'hour' END;
    place text := 'instore';
    rollup record;
BEGIN
    -- Without a mark on a part, its table will do, which is planned faster than its view. None can come: its writer wants our marks too.
    IF NOT EXISTS (
        SELECT FROM instore_kept.stale
        WHERE source = source_name AND per = finer AND store_id = ANY (store_ids) AND bucket >= first AND bucket < after
    ) THEN
        place := 'instore_kept';
    END IF;

    FOR rollup IN
        SELECT name || '_' || level AS kept, CASE level WHEN '5m' THEN told_5m WHEN 'hour' THEN told_hour ELSE told_day END AS told
        FROM instore_kept.rollups
        WHERE source = source_name
    LOOP
        EXECUTE format(
            'DELETE FROM instore_kept.%I AS kept USING unnest($1, $2) AS mark (store_id, bucket)'
            ' WHERE kept.store_id = mark.store_id AND kept.bucket = mark.bucket AND kept.bucket BETWEEN $3 AND $4',
            rollup.kept
        ) USING store_ids, buckets, first, last;
        -- Where TimescaleDB has cut a table, each mark has all its chunks looked through, unless the query itself says when.
        EXECUTE format(
            'INSERT INTO instore_kept.%I SELECT mark.store_id, mark.bucket, told.*'
            ' FROM unnest($1, $2) AS mark (store_id, bucket) CROSS JOIN LATERAL (%s) AS told',
            rollup.kept,
            regexp_replace(
                regexp_replace(rollup.told, '/\* within (\S+) \*/', 'AND \1 >= $3 AND \1 < $4', 'g'),
                'FROM instore\.(\S+) AS part', format('FROM %I.\1 AS part', place)
            )
        ) USING store_ids, buckets, since, after;
    END LOOP;

    DELETE FROM instore_kept.stale AS old
    USING unnest(store_ids, buckets) AS mark (store_id, bucket)
    WHERE old.source = source_name AND old.per = level AND old.store_id = mark.store_id AND old.bucket = mark.bucket;
END
$$;

COMMENT ON FUNCTION instore_kept.keep IS 'Compute these marks, which the caller has locked, keep what comes of it, and take them away.';

CREATE FUNCTION instore_kept.keep_or_postpone(source_name text, level text, store_ids text[], buckets timestamptz[]) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM instore_kept.keep(source_name, level, store_ids, buckets);
EXCEPTION WHEN data_exception OR program_limit_exceeded THEN
    RAISE WARNING 'figures of store % from % on cannot be computed, and are tried again in an hour: %', store_ids[1], buckets[1], SQLERRM;
    UPDATE instore_kept.stale
    SET marked_at = clock_timestamp() + interval '1 hour'
    WHERE source = source_name AND per = level AND store_id = store_ids[1] AND bucket = buckets[1];
END
$$;

COMMENT ON FUNCTION instore_kept.keep_or_postpone IS 'The same for one mark; a row that cannot be counted must not hold up all others.';

-- An hour waits until none of its 5 minutes is marked, and a day for its hours: so each is made of what is kept.
CREATE FUNCTION instore_kept.refresh_level(
    source_name text, level text, finer text, width interval, settled interval, at_most integer
) RETURNS integer
LANGUAGE plpgsql
AS $$
DECLARE
    store_ids text[];
    buckets timestamptz[];
BEGIN
    -- What is still going on changes every moment: it is left to the views. A mark that a writer holds is left for the next time. Those
    -- of one time are taken together, the newest first, as they are looked at most.
    SELECT array_agg(store_id), array_agg(bucket) INTO store_ids, buckets
    FROM (
        SELECT store_id, bucket
        FROM instore_kept.stale AS mark
        WHERE
            source = source_name
            AND per = level
            AND marked_at <= clock_timestamp() - settled
            AND bucket <= clock_timestamp() - settled - width
            AND NOT EXISTS (
                SELECT FROM instore_kept.stale AS part
                WHERE
                    part.source = source_name
                    AND part.per = finer
                    AND part.store_id = mark.store_id
                    AND part.bucket >= mark.bucket
                    AND part.bucket < mark.bucket + width
            )
        ORDER BY bucket DESC, store_id
        LIMIT at_most
        FOR UPDATE OF mark SKIP LOCKED
    ) AS taken;
    IF store_ids IS NULL THEN
        RETURN 0;
    END IF;

    BEGIN
        PERFORM instore_kept.keep(source_name, level, store_ids, buckets);
    EXCEPTION WHEN data_exception OR program_limit_exceeded THEN
        FOR one IN 1 .. cardinality(store_ids) LOOP
            PERFORM instore_kept.keep_or_postpone(source_name, level, store_ids[one:one], buckets[one:one]);
        END LOOP;
    END;
    RETURN cardinality(store_ids);
END
$$;

COMMENT ON FUNCTION instore_kept.refresh_level IS 'Compute what is marked of one source and level, keep it, and take the marks away; returns how many.';

CREATE FUNCTION instore.refresh(settled interval DEFAULT interval '0 seconds', at_most integer DEFAULT 200) RETURNS integer
LANGUAGE plpgsql
AS $$
DECLARE
    source_name text;
    done integer := 0;
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'instore.refresh() must see what others commit meanwhile: call it in a transaction that is READ COMMITTED';
    END IF;
    FOR source_name IN SELECT DISTINCT source FROM instore_kept.rollups ORDER BY source LOOP
        done := done
            + instore_kept.refresh_level(source_name, '5m', NULL, interval '5 minutes', settled, at_most)
            + instore_kept.refresh_level(source_name, 'hour', '5m', interval '1 hour', settled, at_most)
            + instore_kept.refresh_level(source_name, 'day', 'hour', interval '1 day', settled, at_most);
    END LOOP;
    RETURN done;
END
$$;

COMMENT ON FUNCTION instore.refresh IS 'Keep up to this many of the rollups'' figures at each level that changed so long ago, and are of the past; returns how many it kept. Call it until it returns 0. The views are right without it, and faster with it.';

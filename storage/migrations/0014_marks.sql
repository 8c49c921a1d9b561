-- Marks for what changes beside the rows: how a store's time is cut, which zones are tills', and everything when a rollup is new.

-- function: mark_all --

CREATE FUNCTION instore_kept.mark_all(changed text) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    store_ids text[];
    times timestamptz[];
BEGIN
    SELECT array_agg(store_id), array_agg(bucket) INTO store_ids, times
    FROM (
        SELECT store_id, instore_kept.bucket_5m(entered_at) AS bucket FROM instore.visits WHERE changed = 'visits'
        UNION
        SELECT store_id, instore_kept.bucket_5m(left_at) FROM instore.visits WHERE changed = 'visits'
        UNION
        SELECT store_id, instore_kept.bucket_5m(started_at) FROM instore.stays WHERE changed = 'visits'
        UNION
        SELECT store_id, instore_kept.bucket_5m(ended_at) FROM instore.stays WHERE changed = 'visits'
        UNION
        SELECT store_id, instore_kept.bucket_5m(ts) FROM instore.shelf_visits WHERE changed = 'visits'
        UNION
        SELECT store_id, instore_kept.bucket_5m(ts) FROM instore.payments WHERE changed = 'payments'
        UNION
        SELECT store_id, instore_kept.bucket_5m(at) FROM instore.signals WHERE changed = 'signals'
        UNION
        SELECT store_id, instore_kept.bucket_5m(received_at) FROM instore.readings WHERE changed = 'readings'
        UNION
        SELECT coalesce(store_id, ''), instore_kept.bucket_5m(received_at) FROM instore.rejected_readings WHERE changed = 'readings'
    ) AS seen;
    PERFORM instore_kept.mark(changed, store_ids, times);
END
$$;

COMMENT ON FUNCTION instore_kept.mark_all IS 'Mark all that rows of a source are in.';

-- Everything that was stored before there were rollups.
SELECT instore_kept.mark_all(source) FROM (SELECT DISTINCT source FROM instore_kept.rollups) AS sources;

-- trigger: a store's time zone --

CREATE FUNCTION instore_kept.cut_anew() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    rollup record;
BEGIN
    -- Wait for those who have marked by the old time zone, also for those who did not know the store yet.
    PERFORM FROM instore.stores WHERE store_id = NEW.store_id FOR UPDATE;
    PERFORM pg_advisory_xact_lock(hashtext('instore_kept.mark'), instore_kept.number_of(NEW.store_id));
    DELETE FROM instore_kept.stale WHERE store_id = NEW.store_id AND per <> '5m';
    -- The 5 minutes stay as they are: each is kept or marked, so they tell of which hours there is something.
    FOR rollup IN SELECT name, source FROM instore_kept.rollups LOOP
        EXECUTE format('DELETE FROM instore_kept.%I WHERE store_id = $1', rollup.name || '_hour') USING NEW.store_id;
        EXECUTE format('DELETE FROM instore_kept.%I WHERE store_id = $1', rollup.name || '_day') USING NEW.store_id;
        EXECUTE format(
            'INSERT INTO instore_kept.stale (source, per, store_id, bucket)'
            ' SELECT DISTINCT $2, level, $1, date_trunc(level, bucket, $3) FROM ('
            'SELECT bucket FROM instore_kept.%I WHERE store_id = $1'
            ' UNION SELECT bucket FROM instore_kept.stale WHERE source = $2 AND per = ''5m'' AND store_id = $1'
            ') AS parts, unnest(ARRAY[''hour'', ''day'']) AS level ON CONFLICT DO NOTHING',
            rollup.name || '_5m'
        ) USING NEW.store_id, rollup.source, NEW.timezone;
    END LOOP;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION instore_kept.cut_anew IS 'A store has another time zone: its hours and days are others.';

CREATE TRIGGER stores_cut_anew AFTER UPDATE OF timezone ON instore.stores
FOR EACH ROW WHEN (OLD.timezone <> NEW.timezone) EXECUTE FUNCTION instore_kept.cut_anew();

-- A name that PostgreSQL does not know must fail here, where a layout is loaded, and not later in every flush.
ALTER TABLE instore.stores ADD CONSTRAINT stores_timezone_known CHECK (timestamptz '2000-01-01 00:00:00+00' AT TIME ZONE timezone IS NOT NULL);

-- trigger: which zones are tills' --

CREATE FUNCTION instore_kept.queues_anew() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    -- As in cut_anew: nobody marks and commits, and nobody else keeps it by the old type, between our look and our commit.
    PERFORM FROM instore.stores WHERE store_id = coalesce(NEW.store_id, OLD.store_id) FOR UPDATE;
    PERFORM instore_kept.mark('visits', array_agg(stay.store_id), array_agg(stay.bucket))
    FROM (
        SELECT DISTINCT store_id, instore_kept.bucket_5m(started_at) AS bucket
        FROM instore.stays
        WHERE store_id = coalesce(NEW.store_id, OLD.store_id) AND zone_id = coalesce(NEW.zone_id, OLD.zone_id)
    ) AS stay;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION instore_kept.queues_anew IS 'A zone has become one of tills, or is none any more: its queues are others.';

CREATE TRIGGER zones_added AFTER INSERT ON instore.zones
FOR EACH ROW WHEN (NEW.type = 'checkout') EXECUTE FUNCTION instore_kept.queues_anew();

CREATE TRIGGER zones_changed AFTER UPDATE OF type ON instore.zones
FOR EACH ROW WHEN (OLD.type <> NEW.type AND 'checkout' IN (OLD.type, NEW.type)) EXECUTE FUNCTION instore_kept.queues_anew();

CREATE TRIGGER zones_removed AFTER DELETE ON instore.zones
FOR EACH ROW WHEN (OLD.type = 'checkout') EXECUTE FUNCTION instore_kept.queues_anew();

-- function: occupancy --

CREATE FUNCTION instore.occupancy(of_store text, since timestamptz, until timestamptz)
RETURNS TABLE (bucket timestamptz, zone_id text, people bigint)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    WITH cut AS (
        SELECT
            instore_kept.bucket_5m(since) AS first,
            date_trunc('day', instore_kept.bucket_5m(since), coalesce((SELECT timezone FROM instore.stores WHERE store_id = of_store), 'UTC')) AS day
    ),

    moves AS (
        SELECT footfall_day.bucket, NULL::text AS zone_id, entered - exited AS net
        FROM instore.footfall_day, cut
        WHERE store_id = of_store AND footfall_day.bucket < cut.day
        UNION ALL
        SELECT footfall_5m.bucket, NULL, entered - exited
        FROM instore.footfall_5m, cut
        WHERE store_id = of_store AND footfall_5m.bucket >= cut.day AND footfall_5m.bucket < until
        UNION ALL
        SELECT zone_day.bucket, zone_day.zone_id, entered - exited
        FROM instore.zone_day, cut
        WHERE store_id = of_store AND zone_day.bucket < cut.day
        UNION ALL
        SELECT zone_5m.bucket, zone_5m.zone_id, entered - exited
        FROM instore.zone_5m, cut
        WHERE store_id = of_store AND zone_5m.bucket >= cut.day AND zone_5m.bucket < until
    ),

    -- What was before is one move in the first 5 minutes; where nobody moves, the number stays.
    net AS (
        SELECT greatest(moves.bucket, cut.first) AS bucket, moves.zone_id, sum(moves.net) AS net
        FROM moves, cut
        GROUP BY 1, 2
        UNION ALL
        SELECT step, places.zone_id, 0
        FROM (SELECT zone_id FROM moves UNION SELECT NULL) AS places, cut, generate_series(cut.first, until, interval '5 minutes') AS step
        WHERE step < until
    )

    SELECT net.bucket, net.zone_id, sum(sum(net.net)) OVER (PARTITION BY net.zone_id ORDER BY net.bucket)::bigint
    FROM net
    GROUP BY net.bucket, net.zone_id
    ORDER BY net.zone_id NULLS FIRST, net.bucket;
END;

COMMENT ON FUNCTION instore.occupancy IS 'How many customers were in the store (zone_id null) and in each zone at the end of each 5 minutes from since to until.';

-- How far each sensor's clock is off, as far as the times of receipt can tell.
--
-- The view asks for one day of each store. What was on time lies in the newest day of the store's time, which the index over store and
-- time finds; what was late may lie anywhere (a clock that is a month behind), and so has an index of its own, as have readings that were
-- refused because they came from the future. Both indexes are partial: they cost nothing for a reading that is on time.

CREATE INDEX readings_late ON instore.readings (store_id, received_at) WHERE is_late;

CREATE INDEX rejected_readings_future ON instore.rejected_readings (store_id, received_at) WHERE reason = 'future';

-- view: sensor_skew --

CREATE VIEW instore.sensor_skew AS
SELECT
    newest.store_id,
    heard.sensor_id,
    count(*) FILTER (WHERE NOT heard.is_rejected) AS readings,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY heard.skew_s) AS skew_median_s,
    min(heard.skew_s) AS skew_min_s,
    max(heard.skew_s) AS skew_max_s,
    avg(heard.is_late::int)::double precision AS late_share,
    count(*) FILTER (WHERE heard.is_rejected) AS rejected_future,
    max(heard.received_at) AS last_heard_at
FROM (
    SELECT
        store_id,
        max(hour) - interval '23 hours' AS since
    FROM instore.ingest_counts
    GROUP BY store_id
) AS newest
LEFT JOIN instore.store_clocks AS clock ON clock.store_id = newest.store_id
CROSS JOIN LATERAL (
    SELECT
        r.sensor_id,
        r.received_at,
        extract(EPOCH FROM r.received_at - r.ts)::double precision AS skew_s,
        r.is_late,
        FALSE AS is_rejected
    FROM instore.readings AS r
    WHERE
        r.store_id = newest.store_id
        AND r.ts > clock.store_time - interval '1 day'
        AND r.received_at >= newest.since
        AND NOT r.is_late
    UNION ALL
    SELECT
        r.sensor_id,
        r.received_at,
        extract(EPOCH FROM r.received_at - r.ts)::double precision,
        r.is_late,
        FALSE
    FROM instore.readings AS r
    WHERE r.store_id = newest.store_id AND r.received_at >= newest.since AND r.is_late
    UNION ALL
    SELECT
        coalesce(j.sensor_id, ''),
        j.received_at,
        NULL,
        NULL,
        TRUE
    FROM instore.rejected_readings AS j
    WHERE j.store_id = newest.store_id AND j.received_at >= newest.since AND j.reason = 'future'
) AS heard
GROUP BY newest.store_id, heard.sensor_id;

COMMENT ON VIEW instore.sensor_skew IS 'How far each sensor''s clock is off, from the newest day of its store: received_at - ts. Ask for one store at a time.';
COMMENT ON COLUMN instore.sensor_skew.store_id IS 'The store.';
COMMENT ON COLUMN instore.sensor_skew.sensor_id IS 'The sensor; empty where a rejected reading named none.';
COMMENT ON COLUMN instore.sensor_skew.readings IS 'How many of its readings were accepted, of those received in the 24 hours (UTC) that end with the last in which the store was heard.';
COMMENT ON COLUMN instore.sensor_skew.skew_median_s IS 'Median of received_at - ts in seconds: positive where its readings are old when they arrive, negative where its clock is ahead; null without readings.';
COMMENT ON COLUMN instore.sensor_skew.skew_min_s IS 'Smallest received_at - ts in seconds: the best guess at how far its clock is behind, as being under way only adds; null without readings.';
COMMENT ON COLUMN instore.sensor_skew.skew_max_s IS 'Largest received_at - ts in seconds: the longest delay, or what came after an outage; null without readings.';
COMMENT ON COLUMN instore.sensor_skew.late_share IS 'Share of these readings that were late, from 0 to 1; null without readings.';
COMMENT ON COLUMN instore.sensor_skew.rejected_future IS 'How many more were rejected as future: their clock was more than 5 minutes ahead.';
COMMENT ON COLUMN instore.sensor_skew.last_heard_at IS 'When something of it was last received, rejected as future or not.';

-- What came from the sensors, by the time of its receipt: for the accounting, for freshness, and for sensors that are late.

-- Rows arrive nearly in this order, so that a few pages hold any 5 minutes. Each mark reads the whole index and then its ranges: at smaller
-- ranges the one costs more, at larger ones the other.
DROP INDEX instore.readings_hour;
CREATE INDEX readings_received ON instore.readings USING brin (received_at) WITH (autosummarize = on, pages_per_range = 64);
DROP INDEX instore.rejected_readings_hour;

-- `store_id || ''` below: an index over stores has all of a store's history, and the planner would read that too.
SELECT instore_kept.define(
    'traffic', 'readings', 'What came from each sensor, by the time of its receipt.',
    $told$
    SELECT
        sensor_id,
        kind,
        sum(stored)::bigint AS stored,
        sum(late)::bigint AS late,
        sum(rejected)::bigint AS rejected,
        coalesce(sum(delay_s), 0) AS delay_s,
        min(delay_s) AS min_delay_s,
        max(delay_s) AS max_delay_s,
        max(received_at) AS last_received_at
    FROM (
        SELECT
            reading.sensor_id,
            reading.kind,
            1 AS stored,
            reading.is_late::integer AS late,
            0 AS rejected,
            extract(EPOCH FROM reading.received_at - reading.ts) AS delay_s,
            reading.received_at
        FROM instore.readings AS reading
        WHERE
            reading.store_id || '' = mark.store_id
            AND reading.received_at >= mark.bucket AND reading.received_at < mark.bucket + interval '5 minutes'
        UNION ALL
        SELECT refused.sensor_id, refused.kind, 0, 0, 1, NULL, refused.received_at
        FROM instore.rejected_readings AS refused
        WHERE
            coalesce(refused.store_id, '') = mark.store_id
            AND refused.received_at >= mark.bucket AND refused.received_at < mark.bucket + interval '5 minutes'
    ) AS came
    GROUP BY sensor_id, kind
    $told$,
    ARRAY[
        ['sensor_id', 'dimension', 'The sensor; null where a rejected reading named none.'],
        ['kind', 'dimension', 'entry, dwell, shelf, payment or status; null where a rejected reading named none.'],
        ['stored', 'count', 'Rows in readings.'],
        ['late', 'count', 'Rows of stored that came further behind their store''s time than its lateness_s.'],
        ['rejected', 'count', 'Rows in rejected_readings.'],
        ['delay_s', 'amount', 'Seconds from ts to received_at of the rows of stored, together.'],
        ['min_delay_s', 'least', 'The shortest of these delays in seconds, negative where a clock is ahead; null without a stored row.'],
        ['max_delay_s', 'greatest', 'The longest of these delays in seconds; null without a stored row.'],
        ['last_received_at', 'greatest', 'When the last of them was received: how fresh the sensor is.'],
        ['mean_delay_s', '= (delay_s / nullif(stored, 0))::double precision', 'Mean seconds from ts to received_at; null without a stored row.']
    ]
);

SELECT instore_kept.define(
    'accounting', 'readings', 'How many rows there are of what was received: the half of the view accounting that is counted from rows.',
    $told$
    SELECT sum(came.stored)::bigint AS stored, sum(came.rejected)::bigint AS rejected
    FROM (
        SELECT 1 AS stored, 0 AS rejected
        FROM instore.readings AS reading
        WHERE
            reading.store_id || '' = mark.store_id
            AND reading.received_at >= mark.bucket AND reading.received_at < mark.bucket + interval '5 minutes'
        UNION ALL
        SELECT 0, 1
        FROM instore.rejected_readings AS refused
        WHERE
            coalesce(refused.store_id, '') = mark.store_id
            AND refused.received_at >= mark.bucket AND refused.received_at < mark.bucket + interval '5 minutes'
    ) AS came
    HAVING count(*) > 0
    $told$,
    ARRAY[
        ['stored', 'count', 'Rows in readings.'],
        ['rejected', 'count', 'Rows in rejected_readings.']
    ]
);

-- view: accounting --

CREATE INDEX accounting_5m_hour ON instore_kept.accounting_5m (date_bin(interval '1 hour', bucket, timestamptz '1970-01-01 00:00:00+00'));

-- Received and duplicate are sums that the worker kept; stored and rejected are counted from the rows themselves.
CREATE OR REPLACE VIEW instore.accounting AS
SELECT
    store_id,
    hour,
    sum(received)::bigint AS received,
    sum(stored)::bigint AS stored,
    sum(duplicate)::bigint AS duplicate,
    sum(rejected)::bigint AS rejected,
    (sum(received) - sum(stored) - sum(duplicate) - sum(rejected))::bigint AS difference
FROM (
    SELECT
        store_id,
        hour,
        received,
        0 AS stored,
        duplicate,
        0 AS rejected
    FROM instore.ingest_counts
    UNION ALL
    SELECT
        store_id,
        date_bin(interval '1 hour', bucket, timestamptz '1970-01-01 00:00:00+00'),
        0,
        stored,
        0,
        rejected
    FROM instore.accounting_5m
) AS counts
GROUP BY store_id, hour;

-- view: sensor_skew --

-- From what is kept, as a busy store's day of readings is too much to look at each time; so a mean where there was a median.
DROP VIEW instore.sensor_skew;
CREATE VIEW instore.sensor_skew AS
SELECT
    newest.store_id,
    heard.sensor_id,
    sum(heard.stored)::bigint AS readings,
    (sum(heard.delay_s) / nullif(sum(heard.stored), 0))::double precision AS skew_mean_s,
    min(heard.min_delay_s)::double precision AS skew_min_s,
    max(heard.max_delay_s)::double precision AS skew_max_s,
    (sum(heard.late) / nullif(sum(heard.stored), 0))::double precision AS late_share,
    sum(heard.future)::bigint AS rejected_future,
    max(heard.last_received_at) AS last_heard_at
FROM (
    SELECT
        store_id,
        max(hour) - interval '23 hours' AS since
    FROM instore.ingest_counts
    GROUP BY store_id
) AS newest
CROSS JOIN LATERAL (
    SELECT
        came.sensor_id,
        came.stored,
        came.late,
        came.delay_s,
        came.min_delay_s,
        came.max_delay_s,
        0 AS future,
        came.last_received_at
    FROM instore.traffic_5m AS came
    WHERE came.store_id = newest.store_id AND came.bucket >= newest.since AND came.stored > 0
    UNION ALL
    SELECT
        coalesce(refused.sensor_id, ''),
        0,
        0,
        0,
        NULL,
        NULL,
        1,
        refused.received_at
    FROM instore.rejected_readings AS refused
    WHERE refused.store_id = newest.store_id AND refused.received_at >= newest.since AND refused.reason = 'future'
) AS heard
GROUP BY newest.store_id, heard.sensor_id;

COMMENT ON VIEW instore.sensor_skew IS 'How far each sensor''s clock is off, from the newest day of its store: received_at - ts.';
COMMENT ON COLUMN instore.sensor_skew.store_id IS 'The store.';
COMMENT ON COLUMN instore.sensor_skew.sensor_id IS 'The sensor; empty where a rejected reading named none.';
COMMENT ON COLUMN instore.sensor_skew.readings IS 'How many of its readings were accepted, of those received in the 24 hours (UTC) that end with the last in which the store was heard.';
COMMENT ON COLUMN instore.sensor_skew.skew_mean_s IS 'Mean of received_at - ts in seconds: positive where its readings are old when they arrive, negative where its clock is ahead; null without readings.';
COMMENT ON COLUMN instore.sensor_skew.skew_min_s IS 'Smallest received_at - ts in seconds: the best guess at how far its clock is behind, as being under way only adds; null without readings.';
COMMENT ON COLUMN instore.sensor_skew.skew_max_s IS 'Largest received_at - ts in seconds: the longest delay, or what came after an outage; null without readings.';
COMMENT ON COLUMN instore.sensor_skew.late_share IS 'Share of these readings that were late, from 0 to 1; null without readings.';
COMMENT ON COLUMN instore.sensor_skew.rejected_future IS 'How many more were rejected as future: their clock was more than 5 minutes ahead.';
COMMENT ON COLUMN instore.sensor_skew.last_heard_at IS 'When something of it was last received, rejected as future or not.';

-- Nothing else asks for these.
DROP INDEX instore.readings_late;

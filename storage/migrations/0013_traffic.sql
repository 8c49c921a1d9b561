-- What came from the sensors, by the time of its receipt: for the accounting, for freshness, and for sensors that are late.

-- Rows arrive nearly in this order, so that a few pages hold any 5 minutes; small ranges, as each mark looks at its own.
DROP INDEX instore.readings_hour;
CREATE INDEX readings_received ON instore.readings USING brin (received_at) WITH (autosummarize = on, pages_per_range = 16);
DROP INDEX instore.rejected_readings_hour;

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
            reading.store_id = mark.store_id
            AND reading.received_at >= mark.bucket AND reading.received_at < mark.bucket + interval '5 minutes'
            -- more than 5 minutes ahead of its receipt no reading is accepted
            AND reading.ts <= mark.bucket + interval '10 minutes'
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
            reading.store_id = mark.store_id
            AND reading.received_at >= mark.bucket AND reading.received_at < mark.bucket + interval '5 minutes'
            AND reading.ts <= mark.bucket + interval '10 minutes'
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

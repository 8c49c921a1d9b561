-- Each sensor that was heard in the time range, or stands in a layout, and what is wrong with it. A clock is off by the shortest delay
-- at least (docs/operations.md); who is closed is not silent. Where nothing was received of a whole store, that is said, not of each sensor.
heard AS (
    SELECT
        store_id,
        sensor_id,
        sum(stored) AS stored,
        sum(late) AS late,
        sum(rejected) AS rejected,
        min(min_delay_s)::double precision AS skew_s,
        max(least(last_received_at, $__timeTo()::timestamptz)) AS last_at
    FROM instore.traffic_hour
    WHERE
        bucket > $__timeFrom()::timestamptz - interval '1 hour'
        AND bucket <= $__timeTo()::timestamptz
        AND sensor_id IS NOT NULL
        AND sensor_id <> 'replay'
    GROUP BY store_id, sensor_id
),

sensors AS (
    SELECT
        asked.store_id,
        asked.store_name,
        coalesce(heard.sensor_id, planned.sensor_id) AS sensor_id,
        heard.stored,
        heard.late,
        heard.rejected,
        heard.skew_s,
        heard.last_at AS heard_at,
        extract(EPOCH FROM $__timeTo()::timestamptz - heard.last_at)::double precision AS silent_s,
        CASE
            WHEN count(heard.sensor_id) OVER (PARTITION BY asked.store_id) = 0 THEN 'nothing received'
            WHEN heard.sensor_id IS NULL THEN 'never heard'
            WHEN
                hours.is_open
                AND coalesce(
                    asked.rules ->> ('sensor_silent_s.' || heard.sensor_id), asked.rules ->> 'sensor_silent_s', '1800'
                )::double precision BETWEEN 1 AND extract(EPOCH FROM $__timeTo()::timestamptz - heard.last_at)
                THEN 'silent'
            WHEN abs(heard.skew_s) > 10 THEN 'clock is off'
            WHEN heard.late > 0.05 * heard.stored THEN 'late'
            WHEN heard.rejected > 0.01 * heard.stored THEN 'rejected'
            ELSE 'fine'
        END AS is_so
    FROM heard
    FULL JOIN instore.sensors AS planned ON planned.store_id = heard.store_id AND planned.sensor_id = heard.sensor_id
    INNER JOIN asked ON asked.store_id = coalesce(heard.store_id, planned.store_id)
    INNER JOIN hours ON hours.store_id = asked.store_id
)

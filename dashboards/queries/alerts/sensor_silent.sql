-- Seconds since a sensor was heard, of those that signals of the last day called silent and that were not heard since.
WITH
-- include parts/all_stores

SELECT
    silent.store_id AS store,
    asked.store_name,
    silent.sensor_id AS sensor,
    asked.page,
    extract(EPOCH FROM $__timeTo()::timestamptz - min(coalesce(silent.since, silent.at)))::double precision AS value
FROM instore_analysis.signals AS silent
INNER JOIN asked ON asked.store_id = silent.store_id
WHERE
    silent.kind = 'sensor_silent'
    AND silent.sensor_id IS NOT NULL
    AND silent.at > $__timeTo()::timestamptz - interval '1 day'
    AND silent.at <= $__timeTo()::timestamptz
    AND NOT EXISTS (
        SELECT
        FROM instore.traffic_5m AS heard
        WHERE
            heard.store_id = silent.store_id
            AND heard.bucket > silent.at - interval '5 minutes'
            AND heard.bucket <= $__timeTo()::timestamptz
            AND heard.sensor_id = silent.sensor_id
            AND heard.last_received_at > silent.at
    )
GROUP BY silent.store_id, asked.store_name, silent.sensor_id, asked.page

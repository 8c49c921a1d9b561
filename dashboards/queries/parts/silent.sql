-- Sensors that a signal of the last 7 days called silent, and that were not heard since: it holds until then, however late it has become.
silent AS MATERIALIZED (
    SELECT
        said.store_id,
        said.sensor_id,
        said.at,
        said.since
    FROM (
        SELECT DISTINCT ON (signal.store_id, signal.sensor_id)
            signal.store_id,
            signal.sensor_id,
            signal.at,
            coalesce(signal.since, signal.at) AS since
        FROM asked
        INNER JOIN instore_analysis.signals AS signal ON signal.store_id = asked.store_id
        WHERE
            signal.kind = 'sensor_silent'
            AND signal.sensor_id IS NOT NULL
            AND signal.at > $__timeTo()::timestamptz - interval '7 days'
            AND signal.at <= $__timeTo()::timestamptz
        ORDER BY signal.store_id, signal.sensor_id, signal.at DESC
    ) AS said
    WHERE NOT EXISTS (
        SELECT
        FROM instore.traffic_hour AS heard
        WHERE
            heard.store_id = said.store_id
            AND heard.bucket > said.at - interval '1 hour'
            AND heard.bucket > $__timeTo()::timestamptz - interval '7 days 1 hour'
            AND heard.bucket <= $__timeTo()::timestamptz
            AND heard.sensor_id = said.sensor_id
            AND heard.last_received_at > said.at
    )
)

-- Signals of the last hour for people (priority_changed is for machines), and whether what raised them still holds: a zone until it
-- is cleared, a queue until it is short, a stay until it ends, a sensor until it is heard again. Nobody takes an abandoned basket back.
-- What is raised again counts once.
needs AS (
    SELECT
        signal.at,
        signal.kind,
        signal.zone_id,
        signal.visit_id,
        signal.sensor_id,
        signal.message,
        CASE signal.kind
            WHEN 'zone_congested' THEN NOT EXISTS (
                SELECT
                FROM instore_analysis.signals AS cleared
                WHERE
                    cleared.store_id = signal.store_id
                    AND cleared.at > signal.at
                    AND cleared.at <= $__timeTo()::timestamptz
                    AND cleared.kind = 'zone_cleared'
                    AND cleared.zone_id = signal.zone_id
            )
            WHEN 'queue_long' THEN EXISTS (
                SELECT
                FROM queues
                WHERE
                    queues.zone_id = signal.zone_id
                    AND (
                        (queues.long_wait_s > 0 AND queues.wait_s > queues.cleared_share * queues.long_wait_s)
                        OR (queues.long_people > 0 AND queues.people > queues.cleared_share * queues.long_people)
                    )
            )
            WHEN 'long_dwell' THEN EXISTS (
                SELECT FROM present
                WHERE present.zone_id = signal.zone_id AND present.visit_id = signal.visit_id
            )
            WHEN 'sensor_silent' THEN NOT EXISTS (
                SELECT
                FROM instore.traffic_5m AS heard
                WHERE
                    heard.store_id = signal.store_id
                    AND heard.bucket >= signal.at - interval '5 minutes'
                    AND heard.bucket <= $__timeTo()::timestamptz
                    AND heard.sensor_id = signal.sensor_id
                    AND heard.last_received_at > signal.at
            )
            ELSE TRUE
        END
        AND signal.at = max(signal.at) OVER (PARTITION BY signal.kind, signal.zone_id, signal.sensor_id, signal.visit_id) AS still
    FROM instore_analysis.signals AS signal
    WHERE
        signal.store_id = ${store:sqlstring}
        AND signal.at > $__timeTo()::timestamptz - interval '1 hour'
        AND signal.at <= $__timeTo()::timestamptz
        AND signal.kind NOT IN ('priority_changed', 'zone_cleared')
)

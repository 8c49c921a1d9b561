-- Signals for people (priority_changed is for machines), and whether what raised them still holds: a zone until it is cleared, or its
-- day ends at 4 in the morning by the winter's clock; a queue until it is short, a stay until it ends, a sensor until it is heard again.
-- Nobody takes an abandoned basket back: it counts for an hour. What is over is listed for an hour too; what is raised again counts once.
needs AS (
    SELECT told.*
    FROM (
        SELECT
            signal.at,
            coalesce(signal.since, signal.at) AS since,
            signal.kind,
            signal.zone_id,
            signal.visit_id,
            signal.sensor_id,
            signal.message,
            CASE signal.kind
                WHEN 'zone_congested'
                    THEN signal.at >= day.began_at AND NOT EXISTS (
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
                    WHERE present.zone_id = signal.zone_id AND present.visit_id = signal.visit_id AND present.started_at < signal.at
                )
                WHEN 'sensor_silent' THEN EXISTS (
                    SELECT FROM silent
                    WHERE silent.sensor_id = signal.sensor_id
                )
                ELSE signal.at > $__timeTo()::timestamptz - interval '1 hour'
            END
            AND signal.at = max(signal.at) OVER (PARTITION BY signal.kind, signal.zone_id, signal.sensor_id, signal.visit_id) AS still
        FROM asked
        INNER JOIN instore_analysis.signals AS signal ON signal.store_id = asked.store_id
        CROSS JOIN LATERAL (
            SELECT date_trunc('year', $__timeTo()::timestamptz, 'UTC') AS new_year
        ) AS year
        CROSS JOIN LATERAL (
            SELECT
                date_bin(
                    interval '1 day',
                    $__timeTo()::timestamptz,
                    timestamptz '2000-01-01 04:00:00+00' - least(
                        (new_year AT TIME ZONE asked.timezone) - (new_year AT TIME ZONE 'UTC'),
                        ((new_year + interval '180 days') AT TIME ZONE asked.timezone) - ((new_year + interval '180 days') AT TIME ZONE 'UTC')
                    )
                ) AS began_at
        ) AS day
        WHERE
            signal.store_id = ${store:sqlstring}
            AND signal.at > $__timeTo()::timestamptz - interval '7 days'
            AND signal.at <= $__timeTo()::timestamptz
            AND (signal.at > $__timeTo()::timestamptz - interval '1 day' OR signal.kind = 'sensor_silent')
            AND signal.kind NOT IN ('priority_changed', 'zone_cleared')
    ) AS told
    WHERE told.still OR told.at > $__timeTo()::timestamptz - interval '1 hour'
)

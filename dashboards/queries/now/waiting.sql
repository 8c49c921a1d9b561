WITH
-- include parts/one_store
,
-- include parts/present
,
-- include parts/queues
,
-- include parts/silent
,
-- include parts/needs
,
-- include parts/till_states
,
-- include parts/link_times

SELECT
    coalesce(nullif(zone.name, ''), present.zone_id) AS "Where",
    extract(EPOCH FROM $__timeTo()::timestamptz - present.started_at)::double precision AS "For",
    CASE
        WHEN EXISTS (
            SELECT FROM needs
            WHERE needs.still AND needs.kind = 'long_dwell' AND needs.zone_id = present.zone_id AND needs.visit_id = present.visit_id
        ) THEN 'offer help'
        WHEN till_states.todo = 'fine' THEN 'fine: waits'
        ELSE coalesce(till_states.todo, 'watch')
    END AS "What to do",
    present.visit_id::text AS visit_id,
    link_times.from_ms,
    link_times.to_ms
FROM present
INNER JOIN asked ON asked.store_id = present.store_id
INNER JOIN link_times ON link_times.visit_id = present.visit_id
LEFT JOIN till_states ON till_states.zone_id = present.zone_id
LEFT JOIN instore.zones AS zone ON zone.store_id = present.store_id AND zone.zone_id = present.zone_id
CROSS JOIN LATERAL (
    SELECT
        CASE
            WHEN zone.type = 'checkout'
                THEN coalesce(asked.rules ->> ('queue_long_wait_s.' || zone.zone_id), asked.rules ->> 'queue_long_wait_s', '300')
            ELSE coalesce(asked.rules ->> ('long_dwell_s.' || present.zone_id), asked.rules ->> 'long_dwell_s', '900')
        END::double precision AS after_s
) AS long
WHERE
    coalesce(zone.type, 'general') NOT IN ('outside', 'staff')
    AND long.after_s > 0
    AND present.started_at <= $__timeTo()::timestamptz - long.after_s * interval '1 second'
ORDER BY ($__timeTo()::timestamptz - present.started_at) / long.after_s DESC, present.started_at
LIMIT 20

-- What waits least comes first: queues and full zones, then sensors, then visitors; of a kind, what has lasted longest.
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
-- include parts/link_times
,

lines AS (
    SELECT
        CASE WHEN still THEN 'now' ELSE 'over' END AS is_so,
        CASE
            WHEN NOT still THEN 0
            ELSE coalesce(array_position(ARRAY['queue_long', 'zone_congested', 'sensor_silent'], kind), 4)
        END AS place,
        message,
        at,
        since,
        CASE WHEN still THEN extract(EPOCH FROM $__timeTo()::timestamptz - since)::double precision END AS lasts_s,
        visit_id
    FROM needs
    UNION ALL
    SELECT
        'fine',
        0,
        'nobody needs you now',
        NULL,
        NULL,
        NULL,
        NULL
    WHERE NOT EXISTS (SELECT FROM needs WHERE still)
)

SELECT
    lines.is_so AS "Is",
    lines.message AS "What happens, and what to do",
    CASE
        WHEN lines.at IS NULL THEN ''
        WHEN lines.since > $__timeTo()::timestamptz - interval '20 hours' THEN to_char(lines.since AT TIME ZONE asked.timezone, 'HH24:MI')
        ELSE to_char(lines.since AT TIME ZONE asked.timezone, 'Dy HH24:MI')
    END AS "Since",
    lines.lasts_s AS "For",
    CASE WHEN link_times.visit_id IS NULL THEN '' ELSE 'look' END AS "Visit",
    coalesce(link_times.visit_id::text, '') AS visit_id,
    coalesce(link_times.from_ms, '') AS from_ms,
    coalesce(link_times.to_ms, '') AS to_ms,
    coalesce(lines.at, $__timeTo()::timestamptz) AS at
FROM lines
CROSS JOIN asked
LEFT JOIN link_times ON link_times.visit_id = lines.visit_id
ORDER BY lines.is_so, lines.place, lines.lasts_s DESC, lines.at DESC
LIMIT 30

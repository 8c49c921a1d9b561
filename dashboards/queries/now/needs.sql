WITH
-- include parts/one_store
,

-- include parts/present
,

-- include parts/queues
,

-- include parts/needs

SELECT
    CASE WHEN needs.still THEN 'now' ELSE 'over' END AS "Is",
    needs.message AS "What happens, and what to do",
    to_char(needs.at AT TIME ZONE asked.timezone, 'HH24:MI') AS "Since",
    CASE WHEN needs.visit_id IS NULL THEN '' ELSE 'look' END AS "Visit",
    coalesce(needs.visit_id::text, '') AS visit_id,
    (extract(EPOCH FROM $__timeTo()::timestamptz - interval '12 hours') * 1000)::bigint::text AS from_ms,
    (extract(EPOCH FROM $__timeTo()::timestamptz + interval '1 hour') * 1000)::bigint::text AS to_ms,
    needs.at
FROM needs
CROSS JOIN asked
UNION ALL
SELECT
    'fine',
    'nobody needs you now',
    '',
    '',
    '',
    (extract(EPOCH FROM $__timeTo()::timestamptz - interval '12 hours') * 1000)::bigint::text,
    (extract(EPOCH FROM $__timeTo()::timestamptz + interval '1 hour') * 1000)::bigint::text,
    $__timeTo()::timestamptz
WHERE NOT EXISTS (SELECT FROM needs WHERE still)
ORDER BY 1, at DESC
LIMIT 30
